package harden

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// door is a key of the official chart that lets more peers in to a component.
// Source: its templates/*/…-networkpolicy.yaml of 1.15 to 1.22.
type door struct {
	component airflow.Component
	peers     []string
	// ports is the key of the ports that the peers may use; empty where the chart's own stand.
	ports []string
	rules []string
}

var doors = []door{
	{airflow.APIServer, []string{"apiServer", "networkPolicy", "ingress", "from"}, []string{"apiServer", "networkPolicy", "ingress", "ports"}, []string{"AS203"}},
	{airflow.Webserver, []string{"webserver", "networkPolicy", "ingress", "from"}, []string{"webserver", "networkPolicy", "ingress", "ports"}, []string{"AS203"}},
	{airflow.Flower, []string{"flower", "networkPolicy", "ingress", "from"}, []string{"flower", "networkPolicy", "ingress", "ports"}, []string{"AS203", "AS209"}},
	{airflow.PgBouncer, []string{"pgbouncer", "extraNetworkPolicies"}, nil, []string{"AS203"}},
	{airflow.Statsd, []string{"statsd", "extraNetworkPolicies"}, nil, []string{"AS203", "AS210"}},
	{airflow.OtelCollector, []string{"otelCollector", "extraNetworkPolicies"}, nil, []string{"AS203", "AS210"}},
}

// Admit are the values that let flows through which the chart's own policies
// cut, as far as it has keys for that. The model is that of the release with
// the policies; peers that a policy lets in already stay.
func Admit(m *airflow.Model, cut []airflow.Flow) []ValuesChange {
	if m.Dialect != airflow.Official {
		return nil
	}
	a := admission{values: valuesOf(m), planner: &networkPlanner{model: m, groups: groupsOf(m)}}
	var out []ValuesChange
	for _, d := range doors {
		flows := slices.DeleteFunc(slices.Clone(cut), func(f airflow.Flow) bool { return f.To.Component() != d.component })
		if len(flows) > 0 {
			out = append(out, a.through(d, flows)...)
		}
	}
	return out
}

type admission struct {
	values  chartValues
	planner *networkPlanner
}

// through opens a door for flows: for their peers, or, where those may pass already, for their ports.
func (a admission) through(d door, flows []airflow.Flow) []ValuesChange {
	rules := a.rulesFor(flows[0].To.Workload)
	var present []networkingv1.NetworkPolicyPeer
	var ports []networkingv1.NetworkPolicyPort
	for _, r := range rules {
		present, ports = append(present, r.From...), append(ports, r.Ports...)
	}
	var wanted []networkingv1.NetworkPolicyPeer
	var why []string
	for _, f := range flows {
		wanted = append(wanted, a.peers(f)...)
		ports = append(ports, portsOf(f)...)
		why = append(why, reason(f))
	}
	because := strings.Join(distinct(why), "; ")
	if more := fewest(wanted, present); len(more) > 0 {
		peers := plainList(append(present, more...))
		return []ValuesChange{{Path: a.values.path(d.peers...), Value: peers, Rules: d.rules, Why: because}}
	}
	if list := plainList(ports); d.ports != nil {
		return []ValuesChange{{Path: a.values.path(d.ports...), Value: list, Rules: d.rules, Why: because}}
	}
	return nil
}

// rulesFor are the rules of the chart's own policies that select a workload's pods.
func (a admission) rulesFor(w *airflow.Workload) []networkingv1.NetworkPolicyIngressRule {
	var out []networkingv1.NetworkPolicyIngressRule
	m := a.planner.model
	for _, o := range m.Snapshot.OfKind(snapshot.NetworkPolicy) {
		var policy networkingv1.NetworkPolicy
		if o.Source == "" || airflow.Decode(o.Content, &policy) != nil {
			continue
		}
		picks, err := metav1.LabelSelectorAsSelector(&policy.Spec.PodSelector)
		if err == nil && picks.Matches(labels.Set(w.Meta.Labels)) {
			out = append(out, policy.Spec.Ingress...)
		}
	}
	return out
}

// peers are those of a flow's source. The chart leaves a rule without peers
// out, so everybody must be written down.
func (a admission) peers(f airflow.Flow) []networkingv1.NetworkPolicyPeer {
	var out []networkingv1.NetworkPolicyPeer
	p := a.planner
	if w := f.From.Workload; w != nil && !w.Spec.HostNetwork && w.Namespace() == f.To.Workload.Namespace() {
		if selector := p.model.Selector(w); len(selector) > 0 {
			return []networkingv1.NetworkPolicyPeer{{PodSelector: &metav1.LabelSelector{MatchLabels: selector}}}
		}
	}
	for _, from := range reduced(p.peersOf(f.From, p.groupOf(f.From), p.groupOf(f.To))) {
		if from.everyone {
			return everybody()
		}
		out = append(out, from.api)
	}
	return out
}

// fewest are the peers that add something to those that are there and to each other.
func fewest(wanted, present []networkingv1.NetworkPolicyPeer) []networkingv1.NetworkPolicyPeer {
	var out []networkingv1.NetworkPolicyPeer
	for i, p := range wanted {
		same := func(o networkingv1.NetworkPolicyPeer) bool { return covers(o, p) }
		later := slices.ContainsFunc(wanted[i+1:], func(o networkingv1.NetworkPolicyPeer) bool { return covers(o, p) && !covers(p, o) })
		if !later && !slices.ContainsFunc(present, same) && !slices.ContainsFunc(out, same) {
			out = append(out, p)
		}
	}
	return out
}

// covers says that every pod or address that b lets in passes by a, too. It knows the forms that peers has.
func covers(a, b networkingv1.NetworkPolicyPeer) bool {
	switch {
	case reflect.DeepEqual(a, b):
		return true
	case a.IPBlock != nil || b.IPBlock != nil:
		return false
	case a.PodSelector == nil:
		return a.NamespaceSelector != nil && len(a.NamespaceSelector.MatchLabels)+len(a.NamespaceSelector.MatchExpressions) == 0
	case b.PodSelector == nil || len(a.PodSelector.MatchExpressions) > 0 || !reflect.DeepEqual(a.NamespaceSelector, b.NamespaceSelector):
		return false
	}
	for key, value := range a.PodSelector.MatchLabels {
		if b.PodSelector.MatchLabels[key] != value {
			return false
		}
	}
	return true
}

func everybody() []networkingv1.NetworkPolicyPeer {
	return []networkingv1.NetworkPolicyPeer{
		{NamespaceSelector: &metav1.LabelSelector{}},
		{IPBlock: &networkingv1.IPBlock{CIDR: "0.0.0.0/0"}}, {IPBlock: &networkingv1.IPBlock{CIDR: "::/0"}},
	}
}

func portsOf(f airflow.Flow) []networkingv1.NetworkPolicyPort {
	var out []networkingv1.NetworkPolicyPort
	for _, p := range f.Ports {
		out = append(out, apiPort(p))
	}
	return out
}

func reason(f airflow.Flow) string {
	text := f.From.Name + " → " + f.To.Name + ": without it " + f.Why
	if u, unnamed := cannotBeNamed(f); unnamed {
		text += " (" + u.why + "; to close: " + u.close + ")"
	}
	return text
}

// plainList is API types as plain data, each once.
func plainList[T any](list []T) []any {
	out := []any{}
	seen := map[string]bool{}
	for i := range list {
		entry, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&list[i])
		text, jsonErr := json.Marshal(entry)
		if err == nil && jsonErr == nil && !seen[string(text)] {
			seen[string(text)] = true
			out = append(out, entry)
		}
	}
	return out
}

func distinct(texts []string) []string {
	seen := map[string]bool{}
	for _, text := range texts {
		seen[text] = true
	}
	return slices.Sorted(maps.Keys(seen))
}
