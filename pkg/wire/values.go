package wire

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// path is a key's parts in this chart; nil where the chart has no such key.
func (b *builder) path(key string) []string {
	reachable := b.m.Reachable(key)
	if reachable == "" {
		return nil
	}
	return strings.Split(reachable, ".")
}

// known says that the chart at hand has a key. Of a subchart that is not at hand the tables tell.
func (b *builder) known(key string) bool {
	path := b.path(key)
	return path != nil && (b.keys == nil || b.keys.Knows(path) || b.keys.Absent(path))
}

// absent says that a key belongs to a subchart that is not at hand.
func (b *builder) absent(key string) bool {
	path := b.path(key)
	return path != nil && b.keys != nil && b.keys.Absent(path)
}

// set writes a key that the chart has; what it has not is left.
func (b *builder) set(key string, value any, why string, rules ...string) {
	if !b.known(key) {
		b.leave(key, "this chart has no such key, so it cannot be wired ("+why+")")
		return
	}
	b.setAny(key, value, why, rules...)
}

// setIn writes below a map that the chart leaves to the user, such as annotations.
func (b *builder) setIn(key string, below []string, value any, why string, rules ...string) {
	if !b.known(key) {
		b.leave(key, "this chart has no such key, so it cannot be wired ("+why+")")
		return
	}
	b.put(append(slices.Clone(b.path(key)), below...), value, why, rules)
}

// setAny writes a key, known or not: what somebody wrote can be emptied.
func (b *builder) setAny(key string, value any, why string, rules ...string) {
	if path := b.path(key); path != nil {
		b.put(path, value, why, rules)
	}
}

func (b *builder) put(path []string, value any, why string, rules []string) {
	for i := range b.Changes {
		if slices.Equal(b.Changes[i].Path, path) {
			b.Changes[i].Value = value
			return
		}
	}
	b.Changes = append(b.Changes, harden.ValuesChange{Path: path, Value: value, Why: why, Rules: slices.Clone(rules)})
}

func (b *builder) leave(key, reason string) {
	if l := (Left{key, reason}); !slices.Contains(b.Left, l) {
		b.Left = append(b.Left, l)
	}
}

// userHas says that the user's own values hold something under a key.
func (b *builder) userHas(key string) bool { return b.userValue(key) != nil }

func (b *builder) userValue(key string) any {
	path := b.path(key)
	if path == nil {
		return nil
	}
	return b.m.UserValue(path)
}

// value is the user's, or else the chart's own.
func (b *builder) value(key string) any {
	if v := b.userValue(key); v != nil {
		return v
	}
	if path := b.path(key); path != nil && b.keys != nil {
		return b.keys.Default(path)
	}
	return nil
}

// holds says that any of the keys holds a text that is not empty.
func (b *builder) holds(keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool {
		text, isText := b.value(key).(string)
		if m, masked := snapshot.ParseMasked(text); masked {
			return m.Size > 0
		}
		return isText && text != ""
	})
}

// valuesList is a list of the values that the wiring changes: Helm takes lists whole.
type valuesList struct {
	key     string
	why     string
	entries []any
	changed bool
}

// listAt is the list under a key, as it is now and as it was changed so far.
func (b *builder) listAt(key, why string) *valuesList {
	for _, l := range b.lists {
		if l.key == key {
			return l
		}
	}
	entries, _ := b.value(key).([]any)
	l := &valuesList{key: key, why: why, entries: slices.Clone(entries)}
	b.lists = append(b.lists, l)
	return l
}

func (l *valuesList) add(entry map[string]any, by string) {
	same := func(e any) bool { m, ok := e.(map[string]any); return ok && m[by] == entry[by] }
	if i := slices.IndexFunc(l.entries, same); i >= 0 {
		l.entries[i] = entry
	} else {
		l.entries = append(l.entries, entry)
	}
	l.changed = true
}

// finish writes the lists and puts everything in order.
func (b *builder) finish() {
	for _, l := range b.lists {
		if !l.changed {
			continue
		}
		if holdsMasked(l.entries) {
			b.leave(l.key, "it holds texts that this tool may not see, so it cannot be written again: add to it by hand what README says")
			continue
		}
		if l.entries == nil {
			l.entries = []any{}
		}
		b.set(l.key, l.entries, l.why+"; Helm takes the list whole, so it repeats what is there", "AS402")
	}
	b.leftovers()
	slices.SortStableFunc(b.Changes, func(a, c harden.ValuesChange) int { return slices.Compare(a.Path, c.Path) })
	slices.SortStableFunc(b.Left, func(a, c Left) int { return strings.Compare(a.Key, c.Key) })
}

func holdsMasked(node any) bool {
	switch node := node.(type) {
	case map[string]any:
		for _, v := range node {
			if holdsMasked(v) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(node, holdsMasked)
	case string:
		return len(snapshot.MaskedIn(node)) > 0
	}
	return false
}
