package reach

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
)

// classesOf gives for each pod the index of the first one that policies cannot
// tell from it: of a thousand task pods one need be asked.
func classesOf(c netpol.Cluster) []int {
	told := newTold(c.Policies)
	first := map[string]int{}
	out := make([]int, len(c.Pods))
	for i := range c.Pods {
		mark := told.mark(&c.Pods[i])
		if _, seen := first[mark]; !seen {
			first[mark] = i
		}
		out[i] = first[mark]
	}
	return out
}

// told is what policies ask of pods: the keys of labels, and address ranges.
type told struct {
	keys   []string
	ranges []netip.Prefix
}

func newTold(policies []netpol.Policy) told {
	keys, ranges := map[string]bool{}, map[netip.Prefix]bool{}
	selector := func(s *metav1.LabelSelector) {
		if s == nil {
			return
		}
		for key := range s.MatchLabels {
			keys[key] = true
		}
		for _, e := range s.MatchExpressions {
			keys[e.Key] = true
		}
	}
	eachPeer := func(peers []networkingv1.NetworkPolicyPeer) {
		for _, p := range peers {
			selector(p.PodSelector)
			if p.IPBlock == nil {
				continue
			}
			for _, text := range append([]string{p.IPBlock.CIDR}, p.IPBlock.Except...) {
				if prefix, err := netip.ParsePrefix(text); err == nil {
					ranges[prefix] = true
				}
			}
		}
	}
	for i := range policies {
		spec := &policies[i].Spec
		selector(&spec.PodSelector)
		for _, r := range spec.Ingress {
			eachPeer(r.From)
		}
		for _, r := range spec.Egress {
			eachPeer(r.To)
		}
	}
	byText := func(a, b netip.Prefix) int { return strings.Compare(a.String(), b.String()) }
	return told{slices.Sorted(maps.Keys(keys)), slices.SortedFunc(maps.Keys(ranges), byText)}
}

// mark is all that policies can see of a pod, as text. The workload belongs to it, so that answers can be told apart by it.
func (t told) mark(p *airflow.Pod) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%p %s %v", p.Workload, p.Namespace, p.HostNetwork)
	if p.Workload == nil {
		b.WriteString(p.Name)
	}
	for _, key := range t.keys {
		if value, found := p.Labels[key]; found {
			fmt.Fprintf(&b, " %q=%q", key, value)
		}
	}
	for _, port := range p.Ports {
		fmt.Fprintf(&b, " %s:%s", port.Name, port.Port)
	}
	for i, r := range t.ranges {
		for _, a := range p.Addresses {
			if r.Contains(a) {
				fmt.Fprintf(&b, " @%d", i)
			}
		}
	}
	return b.String()
}
