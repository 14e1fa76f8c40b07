package harden

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// group is the workloads that one policy selects.
type group struct {
	name      string
	component airflow.Component
	namespace string
	workloads []*airflow.Workload
	selector  *metav1.LabelSelector
	compiled  labels.Selector // of selector; nil before the first question after a change
	needsAPI  bool

	ingress, egress side
}

func (g *group) holds(w *airflow.Workload) bool { return slices.Contains(g.workloads, w) }

// groupsOf puts the release's workloads together by component and namespace,
// and gives each group a selector that takes its pods and no others.
func groupsOf(m *airflow.Model) []*group {
	pods := m.Pods()
	var out []*group
	for _, w := range workloadsOf(pods) {
		if selector := m.Selector(w); w.Component != airflow.Other && len(selector) > 0 {
			out = join(out, w, selector)
		}
	}
	nameGroups(out, m.Release)
	for _, g := range out {
		g.keepOff(out, pods)
	}
	return mergeIndistinct(out, pods)
}

func workloadsOf(pods []airflow.Pod) []*airflow.Workload {
	var out []*airflow.Workload
	for _, p := range pods {
		if p.Workload != nil && !slices.Contains(out, p.Workload) {
			out = append(out, p.Workload)
		}
	}
	slices.SortStableFunc(out, func(a, b *airflow.Workload) int {
		return cmp.Or(cmp.Compare(a.Component, b.Component), a.Ref.Compare(b.Ref))
	})
	return out
}

// join adds a workload to the group of its component whose selector it fits,
// perhaps with a list of values for one label, or makes a new group.
func join(groups []*group, w *airflow.Workload, selector map[string]string) []*group {
	for _, g := range groups {
		if g.component != w.Component || g.namespace != w.Namespace() {
			continue
		}
		if merged := oneSelector(g.selector, selector); merged != nil {
			g.selector = merged
			g.workloads = append(g.workloads, w)
			return groups
		}
	}
	return append(groups, &group{
		component: w.Component, namespace: w.Namespace(), workloads: []*airflow.Workload{w},
		selector: &metav1.LabelSelector{MatchLabels: maps.Clone(selector)},
	})
}

// oneSelector takes in labels that differ from a selector's in at most one value; nil where they do not.
func oneSelector(s *metav1.LabelSelector, add map[string]string) *metav1.LabelSelector {
	listed := ""
	if len(s.MatchExpressions) > 0 {
		listed = s.MatchExpressions[0].Key
	}
	if len(s.MatchLabels)+len(s.MatchExpressions) != len(add) {
		return nil
	}
	differs := ""
	for key, value := range add {
		have, known := s.MatchLabels[key]
		switch {
		case key == listed || known && have == value:
		case !known || differs != "" || listed != "":
			return nil
		default:
			differs = key
		}
	}
	out := s.DeepCopy()
	switch {
	case listed != "":
		out.MatchExpressions[0].Values = inOrder(append(out.MatchExpressions[0].Values, add[listed]))
	case differs != "":
		values := inOrder([]string{s.MatchLabels[differs], add[differs]})
		delete(out.MatchLabels, differs)
		out.MatchExpressions = []metav1.LabelSelectorRequirement{{Key: differs, Operator: metav1.LabelSelectorOpIn, Values: values}}
	}
	return out
}

func inOrder(values []string) []string {
	slices.Sort(values)
	return slices.Compact(values)
}

// nameGroups names each group after its component. Where a component has
// several, as Celery's worker sets, the first workload's name tells them apart.
func nameGroups(groups []*group, release string) {
	count := map[airflow.Component]int{}
	for _, g := range groups {
		count[g.component]++
	}
	for _, g := range groups {
		g.name = string(g.component)
		if count[g.component] > 1 {
			g.name = nameApart(g, release)
		}
	}
}

func nameApart(g *group, release string) string {
	own := strings.TrimPrefix(strings.ToLower(g.workloads[0].Ref.Name), release+"-")
	if own == g.name || strings.HasPrefix(own, g.name+"-") {
		return own
	}
	return g.name + "-" + own
}

func (g *group) matches(p airflow.Pod) bool {
	if g.compiled == nil {
		g.compiled = labels.Nothing()
		if s, err := metav1.LabelSelectorAsSelector(g.selector); err == nil {
			g.compiled = s
		}
	}
	return p.Namespace == g.namespace && g.compiled.Matches(labels.Set(p.Labels))
}

// keepOff keeps a group's selector from taking pods of another group, by a
// label that the other's selector asks for and no pod of this one carries: the
// official chart gives task pods all labels of its workers.
func (g *group) keepOff(all []*group, pods []airflow.Pod) {
	for _, other := range all {
		if other == g || !g.takesFrom(other, pods) {
			continue
		}
		for _, key := range slices.Sorted(maps.Keys(other.selector.MatchLabels)) {
			if _, asked := g.selector.MatchLabels[key]; !asked && !g.anyCarries(key, pods) {
				g.selector.MatchExpressions = append(g.selector.MatchExpressions, metav1.LabelSelectorRequirement{Key: key, Operator: metav1.LabelSelectorOpDoesNotExist})
				g.compiled = nil
				break
			}
		}
	}
}

func (g *group) takesFrom(other *group, pods []airflow.Pod) bool {
	return slices.ContainsFunc(pods, func(p airflow.Pod) bool { return other.holds(p.Workload) && g.matches(p) })
}

func (g *group) anyCarries(key string, pods []airflow.Pod) bool {
	return slices.ContainsFunc(pods, func(p airflow.Pod) bool {
		_, carried := p.Labels[key]
		return carried && g.holds(p.Workload)
	})
}

// mergeIndistinct puts groups together whose pods no label tells apart.
func mergeIndistinct(groups []*group, pods []airflow.Pod) []*group {
	var out []*group
	for _, g := range groups {
		i := slices.IndexFunc(out, func(o *group) bool {
			return o.namespace == g.namespace && (o.takesFrom(g, pods) || g.takesFrom(o, pods))
		})
		if i < 0 {
			out = append(out, g)
			continue
		}
		o := out[i]
		if g.takesFrom(o, pods) {
			o.selector, o.compiled = g.selector, g.compiled
		}
		o.workloads = append(o.workloads, g.workloads...)
	}
	return out
}
