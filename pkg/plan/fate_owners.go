package plan

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// helm is the manager's name that both Helms give.
const helm = "helm"

// owned are the names of what a manager owns at some places and below. whole
// says that it owns more: a value that has one owner, which the places lead into.
func owned(kind string, fields map[string]any, places []place) (below map[string]any, whole, found bool) {
	field := ""
	for _, p := range places {
		inList := p.field == "" && !slices.Contains(joined, field) && applyKeys(kind, field) == nil
		if len(fields) == 0 && (inList || slices.Contains(wholeMaps, field)) {
			return nil, true, true
		}
		if fields, found = child(fields, p); !found {
			return nil, false, false
		}
		field = p.field
	}
	return fields, false, true
}

// child goes one step down in the names of managed fields: "f:name" is a field,
// `k:{"name":"x"}` a list's entry.
func child(fields map[string]any, p place) (map[string]any, bool) {
	if p.field != "" {
		below, found := fields["f:"+p.field].(map[string]any)
		return below, found
	}
	for name, below := range fields {
		if found, ok := below.(map[string]any); ok && p.entry != nil && isEntry(name, p.entry) {
			return found, true
		}
	}
	return nil, false
}

// isEntry says that a name of managed fields is that of an entry with some keys.
func isEntry(name string, keys map[string]any) bool {
	has := entryKeys(name)
	for key, want := range keys {
		if value, found := has[key]; !found || !equal(value, want) {
			return false
		}
	}
	return has != nil
}

// entryKeys are the keys of an entry that a name of managed fields stands for; nil for other names.
func entryKeys(name string) map[string]any {
	text, isEntry := strings.CutPrefix(name, "k:")
	var keys map[string]any
	if !isEntry || json.Unmarshal([]byte(text), &keys) != nil {
		return nil
	}
	return keys
}

// names collects the managers that pass a test, sorted; nil where none does.
func names(managers []snapshot.Manager, pass func(snapshot.Manager) bool) []string {
	var out []string
	for _, m := range managers {
		if pass(m) {
			out = with(out, m.Name)
		}
	}
	return out
}

// ownersOf are the managers that own something of what stands at some places:
// of an object that is put, of what value sets.
func ownersOf(kind string, managers []snapshot.Manager, places []place, value any) []string {
	return names(managers, func(m snapshot.Manager) bool {
		below, _, found := owned(kind, m.Fields, places)
		return found && (len(places) > 0 || shares(kind, "", below, value))
	})
}

// contestedBy are the managers, but the plan's own, that own what a new value would change.
func contestedBy(kind string, managers []snapshot.Manager, places []place, live, value any) []string {
	return names(managers, func(m snapshot.Manager) bool {
		if m.Name == snapshot.PlanManager && m.Operation == "Apply" {
			return false
		}
		below, whole, found := owned(kind, m.Fields, places)
		return found && (whole && !equal(live, value) || !whole && contests(kind, lastField(places), below, live, value))
	})
}

// shares says that a manager owns something of what a value sets.
func shares(kind, field string, fields map[string]any, value any) bool {
	shared := false
	eachPart(kind, field, value, func(p place, value any) {
		if below, found := child(fields, p); found {
			shared = shared || isWhole(kind, p.field, value) || shares(kind, p.field, below, value)
		}
	})
	return shared
}

// contests says that a manager owns a field that a value would change.
func contests(kind, field string, fields map[string]any, live, value any) bool {
	if isWhole(kind, field, value) {
		return !equal(live, value)
	}
	found := isEmpty(value) && live == nil // who owns an empty field owns the field itself
	eachPart(kind, field, value, func(p place, value any) {
		if below, owns := child(fields, p); owns {
			at, _ := down(live, p)
			found = found || contests(kind, p.field, below, at, value)
		}
	})
	return found
}

// eachPart are the fields of a value, or the entries of a keyed list.
func eachPart(kind, field string, value any, part func(place, any)) {
	switch at := value.(type) {
	case map[string]any:
		for key, below := range at {
			part(place{field: key}, below)
		}
	case []any:
		for _, entry := range at {
			if named := keysOf(entry, applyKeys(kind, field)); len(named) > 0 {
				part(place{entry: named}, entry)
			}
		}
	}
}

// setBy is what a manager has set of an object, as far as the names of its
// fields tell: a stand-in for a manifest that cannot be read.
func setBy(fields map[string]any, live any) any {
	switch at := live.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, below := range fields {
			key, isField := strings.CutPrefix(name, "f:")
			if value, found := at[key]; isField && found {
				out[key] = setBelow(below, value)
			}
		}
		return out
	case []any:
		var out []any
		for _, name := range slices.Sorted(maps.Keys(fields)) {
			keys := entryKeys(name)
			if i := entryWith(at, keys); keys != nil && i >= 0 {
				entry, _ := setBelow(fields[name], at[i]).(map[string]any)
				maps.Copy(entry, keys)
				out = append(out, entry)
			}
		}
		return out
	}
	return live
}

func setBelow(fields, value any) any {
	below, _ := fields.(map[string]any)
	if len(below) == 0 {
		return value
	}
	return setBy(below, value)
}
