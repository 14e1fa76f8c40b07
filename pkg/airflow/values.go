package airflow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Field is something of a workload that a chart's values can set.
type Field string

// The fields rules offer to fix.
const (
	PodSecurityContext       Field = "pod security context"
	ContainerSecurityContext Field = "container security context"
	Resources                Field = "resources"
	Image                    Field = "image"
	ServiceAccountToken      Field = "service account token"
	ServiceAccountName       Field = "service account"
	ServiceType              Field = "service type"
	IngressTLS               Field = "ingress tls"
	PolicySources            Field = "network policy sources"
)

// valueRow says which values key sets a field. The first row that fits counts.
type valueRow struct {
	field      Field
	role       Role        // empty fits every container, and the pod
	components []Component // empty fits every component of the chart
	// key is the values path; "%" stands for the component's root. Empty means that no key reaches the field.
	key string
	// shared is the key that does the same for many components at once. It is
	// offered where the release's values are known and set neither key nor the old keys, which win over it.
	shared string
	old    []string
	// sharedOld is what the chart falls back to after shared, for the sake of old values.
	sharedOld string
	// elsewhere are fields that the chart leaves out of the map at key, each with the key that sets it.
	elsewhere map[string]string
	// unless names a trap under which the chart ignores the key: the row then does not count.
	unless func(*Model) bool
}

func (r valueRow) fits(component Component, role Role, field Field) bool {
	return r.field == field && (r.role == "" || r.role == role) &&
		(len(r.components) == 0 || slices.Contains(r.components, component))
}

// valueTable is what one dialect's values reach.
type valueTable struct {
	// roots are the components' own keys, and a component without one is none of the chart's; where there are several, the first
	// that the user has set wins over the later, and the last always works.
	roots map[Component][]string
	rows  []valueRow
}

// ValuesKey is the values path of this release's chart that sets a field of
// one container (or, with container empty, of the pod); empty where no key reaches it.
func (m *Model) ValuesKey(w *Workload, container string, field Field) string {
	if w.Owner != nil { // an injected container: no chart made it
		return ""
	}
	role := Main
	if c, found := w.container(container); found {
		role = c.Role
		if role == Extra {
			return m.extraKey(w, c)
		}
	}
	return m.valuesKey(w.Component, w.Set, role, field)
}

// ComponentKey is ValuesKey for a component's main container, its pod, its
// Service or its Ingress, without a workload at hand.
func (m *Model) ComponentKey(component Component, field Field) string {
	return m.valuesKey(component, "", Main, field)
}

func (m *Model) valuesKey(component Component, set string, role Role, field Field) string {
	table := valueTables[m.Dialect]
	if len(table.roots[component]) == 0 { // not a part of this chart
		return ""
	}
	for _, row := range table.rows {
		if !row.fits(component, role, field) || row.unless != nil && row.unless(m) {
			continue
		}
		suffix, relative := strings.CutPrefix(row.key, "%")
		if !relative {
			return m.known(row.key)
		}
		if row.shared != "" && m.leavesToShared(table.roots[component], set, append([]string{suffix}, row.old...)) {
			return m.known(row.shared)
		}
		return m.known(m.root(table.roots[component], set, suffix) + suffix)
	}
	return ""
}

// leavesToShared says that the user's values are known and set none of a component's own keys.
func (m *Model) leavesToShared(roots []string, set string, suffixes []string) bool {
	if record := m.Snapshot.Release.Record; record != snapshot.Stored && record != snapshot.FromChart {
		return false
	}
	_, entry := m.workerSet(set)
	for _, suffix := range suffixes {
		path := strings.Split(strings.TrimPrefix(suffix, "."), ".")
		if dig(entry, path) != nil {
			return false
		}
		for _, root := range roots {
			if value, _ := m.value(append(strings.Split(root, "."), path...)...).(map[string]any); len(value) > 0 {
				return false
			}
		}
	}
	return true
}

// root picks the component's key below which the user's own value would win.
func (m *Model) root(roots []string, set, suffix string) string {
	path := strings.Split(strings.TrimPrefix(suffix, "."), ".")
	if i, entry := m.workerSet(set); entry != nil && dig(entry, path) != nil {
		return fmt.Sprintf("workers.celery.sets[%d]", i)
	}
	for _, root := range roots {
		if m.value(append(strings.Split(root, "."), path...)...) != nil {
			return root
		}
	}
	return roots[len(roots)-1]
}

// workerSet is the user's entry for a Celery worker set.
func (m *Model) workerSet(name string) (int, map[string]any) {
	sets, _ := m.value("workers", "celery", "sets").([]any)
	for i, entry := range sets {
		if set, ok := entry.(map[string]any); ok && name != "" && set["name"] == name {
			return i, set
		}
	}
	return -1, nil
}

// known drops a key whose first part this chart's values.yaml does not have,
// as in forks without a component, and puts a parent chart's name before it.
func (m *Model) known(key string) string {
	top, _, _ := strings.Cut(key, ".")
	switch keys := m.Own.ValueKeys; {
	case top == "":
		return ""
	case len(keys) > 0 && !slices.Contains(keys, top):
		return ""
	}
	return m.prefix + key
}

// extraKey is the list in the user's values that a container was written into; empty for a fork's own sidecars.
func (m *Model) extraKey(w *Workload, c Container) string {
	list := ".extraContainers"
	if c.Kind == Init {
		list = ".extraInitContainers"
	}
	for _, root := range slices.Concat(valueTables[m.Dialect].roots[w.Component], extraRoots[m.Dialect]) {
		if entries, _ := m.value(strings.Split(root+list, ".")...).([]any); len(entries) > 0 {
			return m.known(root + list)
		}
	}
	return ""
}

// extraRoots hold lists of containers for all components at once.
var extraRoots = map[Dialect][]string{Community: {"airflow"}}

var valueTables = map[Dialect]valueTable{Official: officialValues, Community: communityValues}
