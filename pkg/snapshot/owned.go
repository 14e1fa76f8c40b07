package snapshot

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// PlanManager is the field manager that hardening patches are applied as.
const PlanManager = "airflowsec"

// Manages says whether a field manager owns what stands at a JSON pointer of a
// live object, or a part of it. A part of the pointer may be a list entry's
// place, or "name=x" for its name.
func (o *Object) Manages(manager, pointer string) bool {
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i := range parts {
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(parts[i], "~1", "/"), "~0", "~")
	}
	return slices.ContainsFunc(o.Managers, func(m Manager) bool {
		return m.Name == manager && m.Fields != nil && owns(m.Fields, o.Content, parts)
	})
}

// owns walks names of fields and content side by side. Fields without further
// names own all below. Source: structured-merge-diff's format of fieldsV1.
func owns(fields map[string]any, content any, parts []string) bool {
	if len(fields) == 0 || len(parts) == 0 {
		return true
	}
	switch at := content.(type) {
	case map[string]any:
		below, found := fields["f:"+parts[0]].(map[string]any)
		return found && owns(below, at[parts[0]], parts[1:])
	case []any:
		entry := entryAt(at, parts[0])
		for name, below := range fields {
			if next, ok := below.(map[string]any); ok && isEntry(name, entry) && owns(next, entry, parts[1:]) {
				return true
			}
		}
	}
	return false
}

func entryAt(list []any, part string) map[string]any {
	if field, value, keyed := strings.Cut(part, "="); keyed {
		for _, entry := range list {
			if m, ok := entry.(map[string]any); ok && m[field] == value {
				return m
			}
		}
		return nil
	}
	if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(list) {
		m, _ := list[i].(map[string]any)
		return m
	}
	return nil
}

// isEntry says whether a name such as k:{"name":"x"} is that of a list's entry.
func isEntry(name string, entry map[string]any) bool {
	text, found := strings.CutPrefix(name, "k:")
	var keys map[string]any
	if !found || entry == nil || json.Unmarshal([]byte(text), &keys) != nil {
		return false
	}
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		have, _ := json.Marshal(entry[key])
		want, _ := json.Marshal(keys[key])
		if string(have) != string(want) && (key != "protocol" || entry[key] != nil) { // the protocol's default is TCP
			return false
		}
	}
	return len(keys) > 0
}
