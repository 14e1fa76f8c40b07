package airflow

import (
	"fmt"
	"slices"
	"strings"
)

// ContextKey is a values key whose map becomes the security context of a
// container or of a pod. Charts take the map whole: nothing is merged but the
// values themselves.
type ContextKey struct {
	// Path are the key's parts from the top of the release's values.
	Path []string
	// Old marks a key that the chart still reads, but that nobody should begin to use.
	Old bool
	// Listed says that the key stands in a list of the user's values, which an overlay would replace whole.
	Listed bool
	// Hinted says that nothing but the chart's own values can tell whether it has the key.
	Hinted bool
	// Elsewhere are fields that the chart leaves out of the map, each with the key that sets it.
	Elsewhere map[string][]string
}

// Key is the path as Helm's --set takes it.
func (k ContextKey) Key() string { return strings.Join(k.Path, ".") }

// ContextKeys are the keys that may set the security context of a container
// (or, with container empty, of the pod), the narrowest first: the first that
// holds something counts. There is none where no key reaches it.
func (m *Model) ContextKeys(w *Workload, container string) []ContextKey {
	field, role := PodSecurityContext, Main
	if container != "" {
		c, found := w.container(container)
		if !found || c.Role == Extra || c.Role == Injected {
			return nil
		}
		field, role = ContainerSecurityContext, c.Role
	}
	table := valueTables[m.Dialect]
	if w.Owner != nil || len(table.roots[w.Component]) == 0 {
		return nil
	}
	for _, row := range table.rows {
		if row.fits(w.Component, role, field) && (row.unless == nil || !row.unless(m)) {
			return slices.DeleteFunc(m.chain(row, table.roots[w.Component], w.Set), func(k ContextKey) bool { return m.known(k.Key()) == "" })
		}
	}
	return nil
}

// chain are the keys of a row, the narrowest first.
func (m *Model) chain(row valueRow, roots []string, set string) []ContextKey {
	var out []ContextKey
	add := func(key string, old, hinted bool) {
		if key != "" {
			out = append(out, ContextKey{Path: m.valuesPath(key), Old: old, Hinted: hinted, Elsewhere: m.elsewhere(row)})
		}
	}
	suffix, relative := strings.CutPrefix(row.key, "%")
	if !relative {
		add(row.key, false, false)
		for _, old := range row.old {
			add(old, true, false)
		}
		return out
	}
	if i, entry := m.workerSet(set); entry != nil && dig(entry, strings.Split(strings.TrimPrefix(suffix, "."), ".")) != nil {
		out = append(out, ContextKey{Path: m.valuesPath(fmt.Sprintf("workers.celery.sets[%d]%s", i, suffix)), Listed: true})
	}
	for i, root := range roots {
		add(root+suffix, false, i < len(roots)-1)
		for _, old := range row.old {
			add(root+old, true, i < len(roots)-1)
		}
	}
	add(row.shared, false, false)
	add(row.sharedOld, true, false)
	return out
}

// valuesPath is a key's parts, below the chart's name where it is a part of another chart.
func (m *Model) valuesPath(key string) []string { return strings.Split(m.prefix+key, ".") }

func (m *Model) elsewhere(row valueRow) map[string][]string {
	out := map[string][]string{}
	for field, key := range row.elsewhere {
		out[field] = m.valuesPath(key)
	}
	return out
}

// UserValue is what the user's own values hold at a path, or else a line that
// somebody wrote into the chart's own; nil where neither. Whole files there are the chart's.
func (m *Model) UserValue(path []string) any {
	release := &m.Snapshot.Release
	if release.Gives(path) {
		return dig(release.Values, path)
	}
	if text, isText := release.Written(path).(string); isText && !strings.Contains(text, "\n") {
		return text
	}
	return nil
}
