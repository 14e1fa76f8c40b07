package harden

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// ValuesChange sets one key of a chart's values.
type ValuesChange struct {
	// Path are the key's parts from the top: a label's key may hold dots.
	Path  []string
	Value any // plain data, as decoded JSON
	// Rules are those that ask for it, and Why says what it does.
	Rules []string
	Why   string
	// Fingerprints are those of the findings that it helps to close; empty where it was not made for any.
	Fingerprints []string
}

// Key is the path as Helm's --set takes it.
func (c ValuesChange) Key() string { return strings.Join(c.Path, ".") }

// Toggle is what switches NetworkPolicies of a chart on.
type Toggle struct {
	// Key names it: networkPolicies.enabled.
	Key     string
	Changes []ValuesChange
	// Subchart says that the policies come from a subchart's templates, of which Helm keeps no copy.
	Subchart bool
}

// Off is the change that switches it off.
func (t Toggle) Off() ValuesChange {
	i := slices.IndexFunc(t.Changes, func(c ValuesChange) bool { return c.Key() == t.Key })
	off := t.Changes[i]
	off.Value = false
	return off
}

// NetworkToggles are the switches for NetworkPolicies that the release's chart
// has and that have something to protect: the chart's own and those of its database and broker.
func NetworkToggles(m *airflow.Model, flows []airflow.Flow) []Toggle {
	v := valuesOf(m)
	var out []Toggle
	if m.Dialect == airflow.Official && v.hasOwnToggle() {
		out = append(out, Toggle{Key: v.key("networkPolicies", "enabled"), Changes: []ValuesChange{{
			Path: v.path("networkPolicies", "enabled"), Value: true, Rules: []string{"AS201", "AS204", "AS205"},
			Why: "the chart's own policies for incoming connections",
		}}})
	}
	for _, store := range storeToggles {
		if store.dialect != m.Dialect || !m.Has(store.component) || !inSubchart(m, store) {
			continue
		}
		if changes := store.changes(v, store, clientsOf(store.component, flows)); len(changes) > 0 {
			out = append(out, Toggle{Key: v.key(store.root, "networkPolicy", "enabled"), Changes: changes, Subchart: true})
		}
	}
	return out
}

// chartValues knows where the Airflow chart's values stand.
type chartValues struct {
	model  *airflow.Model
	prefix []string // where the chart is a subchart of a company's own
}

func valuesOf(m *airflow.Model) chartValues {
	v := chartValues{model: m}
	key := m.ComponentKey(airflow.Scheduler, airflow.Resources)
	if above, found := strings.CutSuffix(key, ".scheduler.resources"); found { // else it is scheduler.resources
		v.prefix = strings.Split(above, ".")
	}
	return v
}

func (v chartValues) path(parts ...string) []string { return append(slices.Clone(v.prefix), parts...) }

func (v chartValues) key(parts ...string) string { return strings.Join(v.path(parts...), ".") }

// root is the key below which a component's values stand; empty where the chart has none.
func (v chartValues) root(c airflow.Component) []string {
	root, found := strings.CutSuffix(v.model.ComponentKey(c, airflow.Resources), ".resources")
	if !found {
		return nil
	}
	return strings.Split(root, ".")
}

// hasOwnToggle asks the chart's own values.yaml; below another chart it may not be seen, and rendering will tell.
func (v chartValues) hasOwnToggle() bool {
	keys := v.model.Own.ValueKeys
	return len(v.prefix) > 0 && len(keys) == 0 || slices.Contains(keys, "networkPolicies")
}

// storeToggle is how a subchart closes a store to strangers.
// Sources: the templates of postgresql 8.6.4 and redis 10.5.7 (community) and of postgresql 13.2.24 (official).
type storeToggle struct {
	dialect   airflow.Dialect
	component airflow.Component
	root      string
	label     string // the label and value by which the subchart's pods are known
	value     string
	suffix    string // of the store's StatefulSet after the subchart's full name
	changes   func(chartValues, storeToggle, []*airflow.Workload) []ValuesChange
}

var storeToggles = []storeToggle{
	{airflow.Official, airflow.Database, "postgresql", "app.kubernetes.io/name", "postgresql", "-primary", onlyFromLabels},
	{airflow.Community, airflow.Database, "postgresql", "app", "postgresql", "-master", onlyFromClients},
	{airflow.Community, airflow.Broker, "redis", "app", "redis", "-master", onlyFromClients},
}

func (t storeToggle) workload(m *airflow.Model) *airflow.Workload {
	for _, w := range m.Find(t.component) {
		if w.Meta.Labels[t.label] == t.value && w.Ref.Kind == string(snapshot.StatefulSet) {
			return w
		}
	}
	return nil
}

func inSubchart(m *airflow.Model, t storeToggle) bool { return t.workload(m) != nil }

// clientsOf are the workloads that need a component, in order.
func clientsOf(c airflow.Component, flows []airflow.Flow) []*airflow.Workload {
	var out []*airflow.Workload
	for _, f := range flows {
		if f.To.Component() == c && f.From.Workload != nil && f.From.Component() != c && !slices.Contains(out, f.From.Workload) {
			out = append(out, f.From.Workload)
		}
	}
	slices.SortStableFunc(out, func(a, b *airflow.Workload) int {
		return cmp.Or(cmp.Compare(a.Component, b.Component), a.Ref.Compare(b.Ref))
	})
	return out
}

// onlyFromLabels lets in what carries the labels that all clients share: the subchart takes one set.
func onlyFromLabels(v chartValues, t storeToggle, clients []*airflow.Workload) []ValuesChange {
	shared := sharedLabels(v.model, clients)
	if len(shared) == 0 {
		return nil
	}
	at := func(parts ...string) []string { return v.path(append([]string{t.root, "networkPolicy"}, parts...)...) }
	rules := []string{"AS204"}
	const only = "primaryAccessOnlyFrom"
	return []ValuesChange{
		{Path: at("enabled"), Value: true, Rules: rules, Why: "the " + string(t.component) + "'s own policy"},
		{Path: at("ingressRules", only, "enabled"), Value: true, Rules: rules, Why: "only pods with these labels reach it"},
		{Path: at("ingressRules", only, "podSelector"), Value: shared, Rules: rules, Why: "what all pods that need it have in common"},
	}
}

func sharedLabels(m *airflow.Model, list []*airflow.Workload) map[string]any {
	var shared map[string]string
	for i, w := range list {
		labels := m.Selector(w)
		if i == 0 {
			shared = maps.Clone(labels)
		}
		maps.DeleteFunc(shared, func(key, value string) bool { return labels[key] != value })
	}
	out := map[string]any{}
	for key, value := range shared {
		out[key] = value
	}
	return out
}

// onlyFromClients lets in what carries the subchart's own label for clients, and gives it to them.
func onlyFromClients(v chartValues, t storeToggle, clients []*airflow.Workload) []ValuesChange {
	rules := []string{"AS204"}
	out := []ValuesChange{
		{Path: v.path(t.root, "networkPolicy", "enabled"), Value: true, Rules: rules, Why: "the " + string(t.component) + "'s own policy"},
		{Path: v.path(t.root, "networkPolicy", "allowExternal"), Value: false, Rules: rules, Why: "only pods with the label of a client reach it"},
	}
	label := strings.TrimSuffix(t.workload(v.model).Ref.Name, t.suffix) + "-client"
	for _, w := range clients {
		root := v.root(w.Component)
		if root == nil || w.Component == t.component {
			continue
		}
		path := append(root, "podLabels", label)
		if !slices.ContainsFunc(out, func(c ValuesChange) bool { return slices.Equal(c.Path, path) }) {
			out = append(out, ValuesChange{Path: path, Value: "true", Rules: rules, Why: string(w.Component) + " needs the " + string(t.component) + "; its pods restart to get the label"})
		}
	}
	return out
}

// Overlay is changes as one tree of values; a later change of the same key wins.
func Overlay(changes []ValuesChange) map[string]any {
	out := map[string]any{}
	for _, c := range changes {
		at := out
		for _, part := range c.Path[:len(c.Path)-1] {
			below, isMap := at[part].(map[string]any)
			if !isMap {
				below = map[string]any{}
				at[part] = below
			}
			at = below
		}
		at[c.Path[len(c.Path)-1]] = c.Value
	}
	return out
}
