package wire

import (
	"slices"

	"sigs.k8s.io/yaml"
)

// entries are variables in a list. Where one of them moves, every other that
// cannot be written again moves, too.
func (b *builder) entries(key string) {
	list, _ := b.userValue(key).([]any)
	rewritten := slices.ContainsFunc(b.lists, func(l *valuesList) bool { return l.key == key && l.changed })
	if !rewritten && !slices.ContainsFunc(list, isSecretEntry) {
		return
	}
	l := b.listAt(key, "variables of Airflow's pods")
	var gone []string
	l.entries, gone = withoutMasked(l.entries)
	l.changed = l.changed || len(gone) > 0
	for _, name := range gone {
		b.moveVariable(name, false)
	}
}

// textEntries is a list of variables that the chart takes as a text.
func (b *builder) textEntries(key string) {
	text, _ := b.userValue(key).(string)
	var list []any
	if yaml.Unmarshal([]byte(text), &list) != nil || !slices.ContainsFunc(list, isSecretEntry) {
		return
	}
	kept, gone := withoutMasked(list)
	for _, name := range gone {
		b.moveVariable(name, false)
	}
	left := ""
	if len(kept) > 0 {
		left = yamlText(kept)
	}
	b.set(key, left, "without the variables that hold credentials; those come from elsewhere", "AS402", "AS403")
}

// isSecretEntry says that an entry of a list of variables holds a credential in clear.
func isSecretEntry(e any) bool {
	entry, _ := e.(map[string]any)
	name, _ := entry["name"].(string)
	text, _ := entry["value"].(string)
	return holdsMasked(text) && holdsSecret(name, text)
}

// withoutMasked is a list of variables without those whose values cannot be written again, and their names.
func withoutMasked(list []any) (kept []any, gone []string) {
	for _, e := range list {
		entry, _ := e.(map[string]any)
		if name, _ := entry["name"].(string); holdsMasked(entry["value"]) {
			gone = append(gone, name)
		} else {
			kept = append(kept, e)
		}
	}
	return kept, gone
}
