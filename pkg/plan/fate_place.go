package plan

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
)

// place is one step down into an object: a field, an entry that some of its
// fields name, or an entry by its number.
type place struct {
	field string
	entry map[string]any
	index int
}

// placesOf are the places of a path, with the entries of keyed lists by name,
// so that they can be found in another rendition of the object. A path into a
// text ends at the text.
func placesOf(kind, path string, content map[string]any) []place {
	var out []place
	var node any = content
	field := ""
	for _, part := range change.Split(path) {
		next := place{field: part}
		if entries, isList := node.([]any); isList {
			next = entryPlace(part, entries, applyKeys(kind, field))
		} else if name, value, ok := change.Keyed(part); ok {
			next = place{entry: map[string]any{name: value}}
		}
		text, inText := strings.CutSuffix(part, "#")
		if next.field = strings.TrimSuffix(next.field, "#"); next.field != "" {
			field = text
		}
		out = append(out, next)
		if inText {
			return out
		}
		node, _ = down(node, next)
	}
	return out
}

func entryPlace(part string, entries []any, keys []string) place {
	if name, value, ok := change.Keyed(part); ok {
		return place{entry: map[string]any{name: value}}
	}
	i, err := strconv.Atoi(part)
	if err != nil || i < 0 || i >= len(entries) {
		return place{index: -1}
	}
	if found := keysOf(entries[i], keys); found != nil && len(keys) > 0 {
		return place{entry: found}
	}
	return place{index: i}
}

// down goes one step down.
func down(node any, p place) (any, bool) {
	switch at := node.(type) {
	case map[string]any:
		value, found := at[p.field]
		return value, found && p.field != ""
	case []any:
		i := p.index
		if p.entry != nil {
			i = entryWith(at, p.entry)
		}
		if i >= 0 && i < len(at) && p.field == "" {
			return at[i], true
		}
	}
	return nil, false
}

// lookup is what stands at some places; found is false where nothing does.
func lookup(node any, places []place) (value any, found bool) {
	value = node
	for _, p := range places {
		if value, found = down(value, p); !found {
			return nil, false
		}
	}
	return value, true
}

// lastField is the name of the field that the places lead to or into.
func lastField(places []place) string {
	for i := len(places) - 1; i >= 0; i-- {
		if places[i].field != "" {
			return places[i].field
		}
	}
	return ""
}

// equal compares decoded JSON; a number is equal whatever Go type holds it.
func equal(a, b any) bool {
	switch x := a.(type) {
	case map[string]any:
		y, ok := b.(map[string]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for key := range x {
			other, found := y[key]
			if !found || !equal(x[key], other) {
				return false
			}
		}
		return true
	case []any:
		y, ok := b.([]any)
		if !ok || len(x) != len(y) {
			return false
		}
		for i := range x {
			if !equal(x[i], y[i]) {
				return false
			}
		}
		return true
	}
	x, isNumber := number(a)
	y, both := number(b)
	if isNumber || both {
		return isNumber && both && x == y
	}
	return a == b
}

func number(value any) (float64, bool) {
	switch n := value.(type) {
	case int:
		return float64(n), true
	case int32:
		return float64(n), true
	case int64:
		return float64(n), true
	case float64:
		return n, true
	case json.Number:
		f, err := n.Float64()
		return f, err == nil
	}
	return 0, false
}
