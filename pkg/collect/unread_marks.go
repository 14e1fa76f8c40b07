package collect

import (
	"maps"
	"slices"
	"strconv"
	"strings"
)

// mark is a place in a chart's values, and what the templates read there.
type mark struct {
	below map[string]*mark
	seen  bool       // the value itself is looked at
	whole bool       // the value is used as a whole, with all that is below
	but   [][]string // the value is used as a whole, but for these keys; each entry is one use
}

// anyKey is the key below which marks stand for every key or index.
const anyKey = "*"

// symbolPrefix begins path steps that stand for "the key of that range".
const symbolPrefix = "\x00"

func isSymbol(step string) bool { return strings.HasPrefix(step, symbolPrefix) }

// at is the mark at a path, made where it is missing.
func (m *mark) at(path []string) *mark {
	for _, step := range path {
		if isSymbol(step) {
			step = anyKey
		}
		next := m.below[step]
		if next == nil {
			next = &mark{}
			if m.below == nil {
				m.below = map[string]*mark{}
			}
			m.below[step] = next
		}
		m = next
	}
	return m
}

// touch notes that a path itself is looked at. A test of "whatever is below"
// names no key, so it does not make one known.
func (m *mark) touch(path []string) {
	for len(path) > 0 && isSymbol(path[len(path)-1]) {
		path = path[:len(path)-1]
	}
	m.at(path).seen = true
}

// use notes that all that is below a path is used, but for some keys.
func (m *mark) use(path, but []string) {
	place := m.at(path)
	if len(but) == 0 {
		place.whole = true
		return
	}
	place.but = append(place.but, but)
}

// covers says that the value under a key is used because the whole map is.
func (m *mark) covers(key string) bool {
	if m.whole {
		return true
	}
	return slices.ContainsFunc(m.but, func(but []string) bool { return !slices.Contains(but, key) })
}

// unread collects the paths of a user's values that no mark reaches. A map that
// nothing knows is one path, whatever it holds.
func unread(value any, marks []*mark, path string, out []string) []string {
	if slices.ContainsFunc(marks, func(m *mark) bool { return m.whole }) {
		return out
	}
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			if slices.ContainsFunc(marks, func(m *mark) bool { return m.covers(key) }) {
				continue
			}
			next, here := step(marks, key), joinPath(path, key)
			if !known(marks, key, next, value[key]) {
				out = append(out, here)
				continue
			}
			out = unread(value[key], next, here, out)
		}
	case []any:
		next := step(marks, "")
		for i, entry := range value {
			if len(next) > 0 {
				out = unread(entry, next, path+"["+strconv.Itoa(i)+"]", out)
			}
		}
	}
	return out
}

// known says that a key is one the templates ask for. Where they only ask for
// what lies below any key, a single value is not what they look for.
func known(marks []*mark, key string, next []*mark, value any) bool {
	switch value.(type) {
	case nil, map[string]any, []any:
		return len(next) > 0
	}
	if slices.ContainsFunc(next, func(m *mark) bool { return m.seen || m.whole || len(m.but) > 0 }) {
		return true
	}
	return slices.ContainsFunc(marks, func(m *mark) bool { return m.below[key] != nil })
}

// step is the marks below some marks, under a key and under any key.
func step(marks []*mark, key string) []*mark {
	var out []*mark
	for _, m := range marks {
		for _, name := range []string{key, anyKey} {
			if next := m.below[name]; next != nil {
				out = append(out, next)
			}
		}
	}
	return out
}

func joinPath(path, key string) string {
	switch {
	case strings.ContainsAny(key, ".[] "):
		return path + "[" + strconv.Quote(key) + "]"
	case path == "":
		return key
	}
	return path + "." + key
}
