package diff

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
)

// bare is a map or list of which nothing is shown.
type bare struct{}

// inner is a text that is YAML, of which a part is shown.
type inner struct{ of any }

// noted is a value with what is said about it.
type noted struct {
	of   any
	note string
}

// branch is a place in an object with the places below it that are shown. A
// branch without any is shown whole.
type branch struct {
	below map[string]*branch // by part of a change's path
	note  string
}

// add makes a path visible. One that stands below a path that is shown whole changes nothing.
func (b *branch) add(parts []string, note string) {
	if len(parts) == 0 {
		b.below, b.note = nil, note
		return
	}
	next := b.below[parts[0]]
	if next == nil {
		next = &branch{below: map[string]*branch{}}
		b.below[parts[0]] = next
	}
	if next.below != nil {
		next.add(parts[1:], note)
	}
}

// pick is a value with nothing but what the branch shows.
func (b *branch) pick(value any) any {
	if b.below == nil {
		if b.note != "" {
			return noted{value, b.note}
		}
		return value
	}
	switch v := value.(type) {
	case map[string]any:
		return b.pickFields(v)
	case []any:
		return b.pickEntries(v)
	}
	return value
}

func (b *branch) pickFields(of map[string]any) any {
	out := map[string]any{}
	for part, next := range b.below {
		value, found := change.Lookup(of, "/"+change.Escape(part))
		if !found {
			continue
		}
		key, text := strings.CutSuffix(part, "#")
		if out[key] = next.pick(value); text {
			out[key] = inner{out[key]}
		}
	}
	if len(out) == 0 {
		return bare{}
	}
	return out
}

// pickEntries shows of each entry its key, and what else is to be shown of it.
func (b *branch) pickEntries(list []any) any {
	out := []any{}
	for i, entry := range list {
		for _, part := range slices.Sorted(maps.Keys(b.below)) {
			if names(part, i, entry) {
				out = append(out, withKey(part, b.below[part].pick(entry)))
			}
		}
	}
	if len(out) == 0 {
		return bare{}
	}
	return out
}

// names says that a part of a path means an entry.
func names(part string, i int, entry any) bool {
	field, value, keyed := change.Keyed(part)
	if !keyed {
		return part == strconv.Itoa(i)
	}
	content, _ := entry.(map[string]any)
	return content[field] == value
}

// withKey adds to what is shown of an entry the key that names it.
func withKey(part string, shown any) any {
	field, value, keyed := change.Keyed(part)
	if !keyed {
		return shown
	}
	switch s := shown.(type) {
	case bare:
		return map[string]any{field: value}
	case map[string]any:
		s = maps.Clone(s)
		s[field] = value
		return s
	}
	return shown
}

// steady is a path by names where its entries have any, and else the path of
// the list that holds them: an entry's number says nothing to a reader.
func steady(path string, objects ...map[string]any) []string {
	parts := change.Split(path)
	for i, part := range parts {
		number, err := strconv.Atoi(part)
		if err != nil {
			continue
		}
		name, isList := nameAt(number, parts[:i], objects)
		switch {
		case name != "":
			parts[i] = "name=" + name
		case isList:
			return parts[:i]
		}
	}
	return parts
}

// nameAt is the name of an entry of the list at a path.
func nameAt(number int, parts []string, objects []map[string]any) (name string, isList bool) {
	for _, o := range objects {
		at, _ := change.Lookup(o, pointer(parts))
		list, ok := at.([]any)
		isList = isList || ok
		if number < len(list) {
			entry, _ := list[number].(map[string]any)
			if name, _ := entry["name"].(string); name != "" {
				return name, true
			}
		}
	}
	return "", isList
}

func pointer(parts []string) string {
	out := ""
	for _, part := range parts {
		out += "/" + change.Escape(part)
	}
	return out
}
