package rules

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// door is a port of a workload's pods that not everybody should reach.
type door struct {
	group podGroup
	port  airflow.Port
	path  string // where the port stands in the workload's object
}

// doorAt is a port with its place: the container's own entry for it, where there is one.
func doorAt(g podGroup, port airflow.Port) door {
	for _, c := range g.workload.Containers() {
		for i, p := range c.Ports {
			if p.ContainerPort == port.Number && (p.Protocol == port.Protocol || p.Protocol == "" && port.Protocol == corev1.ProtocolTCP) {
				return door{g, port, fmt.Sprintf("%s/ports/%d", c.Path, i)}
			}
		}
	}
	return door{g, port, fmt.Sprintf("%s#%s", g.workload.SpecPath(), strings.ToLower(port.String()))}
}

// visitors says in words who gets in through a door.
type visitors func(n *netpol.Network, d door) []string

const everybody = "the whole cluster"

// unneeded are all who reach a door without a needed connection there: other
// workloads of the release, and strangers that neither a flow nor the profile names.
func unneeded(p *rule.Pass, groups []podGroup) visitors {
	flows := p.Flows()
	return func(n *netpol.Network, d door) []string {
		if d.group.onHost(n) || d.group.open(n, netpol.Ingress) {
			return []string{everybody}
		}
		var out []string
		for _, g := range groups {
			if g.workload != d.group.workload && !d.neededBy(g, flows) && d.reachedBy(n, g) {
				out = appendNew(out, nameOf(airflow.End{Workload: g.workload, Name: g.workload.Ref.Name}))
			}
		}
		for _, o := range d.openings(n) {
			if !slices.ContainsFunc(flows, func(f airflow.Flow) bool { return d.leadsHere(f) && covers(f.From, peerOf(n, o), o, n) }) {
				out = appendNew(out, openingInWords(n, o))
			}
		}
		return out
	}
}

// unnamed are those strangers only whom no label and no address range tells from all others.
func unnamed(n *netpol.Network, d door) []string {
	if d.group.onHost(n) || d.group.open(n, netpol.Ingress) {
		return []string{everybody}
	}
	var out []string
	for _, o := range d.openings(n) {
		if !isNamed(peerOf(n, o), o) {
			out = appendNew(out, openingInWords(n, o))
		}
	}
	return out
}

func appendNew(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

func (d door) leadsHere(f airflow.Flow) bool {
	return f.To.Workload == d.group.workload && slices.Contains(f.Ports, d.port)
}

func (d door) neededBy(g podGroup, flows []airflow.Flow) bool {
	return slices.ContainsFunc(flows, func(f airflow.Flow) bool { return f.From.Workload == g.workload && d.leadsHere(f) })
}

func (d door) reachedBy(n *netpol.Network, g podGroup) bool {
	return slices.ContainsFunc(g.pods, func(from int) bool {
		return slices.ContainsFunc(d.group.pods, func(to int) bool {
			return n.Evaluator.Ask(netpol.At(from), netpol.At(to), d.port).Allowed
		})
	})
}

// openings are the peers of rules that let strangers in, at any of the door's
// pods. Labels that no pod carries let nobody in: charts name components that
// a release leaves out, and whoever may make pods may give them any label.
func (d door) openings(n *netpol.Network) []netpol.Opening {
	var out []netpol.Opening
	for _, pod := range d.group.pods {
		for _, o := range n.Admits(pod, d.port).Openings {
			if !slices.Contains(out, o) && (o.Who != netpol.SameNamespace || anybodyFits(n, o)) {
				out = append(out, o)
			}
		}
	}
	return out
}

// anybodyFits says whether a selector of pods matches one that is there and not of the release, or any pod at all.
func anybodyFits(n *netpol.Network, o netpol.Opening) bool {
	selector, err := metav1.LabelSelectorAsSelector(peerOf(n, o).PodSelector)
	if err != nil || peerOf(n, o).PodSelector == nil || selector.Matches(labels.Set{}) {
		return true
	}
	return slices.ContainsFunc(n.Pods, func(pod airflow.Pod) bool {
		return pod.Workload == nil && selector.Matches(labels.Set(pod.Labels))
	})
}

// peerOf is the peer of an opening; empty for a rule that names none.
func peerOf(n *netpol.Network, o netpol.Opening) networkingv1.NetworkPolicyPeer {
	if o.Peer < 0 {
		return networkingv1.NetworkPolicyPeer{}
	}
	return n.Policies[o.Policy].Spec.Ingress[o.Rule].From[o.Peer]
}

// isNamed says whether a peer picks its sources out, by a label or a part of the addresses.
func isNamed(peer networkingv1.NetworkPolicyPeer, o netpol.Opening) bool {
	if o.Who == netpol.Addresses {
		return o.Range.Bits() > 0
	}
	return len(demands(peer.PodSelector)) > 0 || len(demands(peer.NamespaceSelector)) > 0
}

// covers says whether all sources of a peer are among a flow's: it demands
// all labels that the flow's end has, or stays within its addresses.
func covers(end airflow.End, peer networkingv1.NetworkPolicyPeer, o netpol.Opening, n *netpol.Network) bool {
	if o.Who == netpol.Addresses {
		return slices.ContainsFunc(end.Addresses, func(known netip.Prefix) bool {
			return known.Bits() <= o.Range.Bits() && known.Contains(o.Range.Addr())
		})
	}
	if end.Place != airflow.Pods || o.Who == netpol.Everyone {
		return false
	}
	home := demands(&metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: n.Policies[o.Policy].Ref.Namespace}})
	namespaces, wanted := home, home
	if peer.NamespaceSelector != nil {
		namespaces = demands(peer.NamespaceSelector)
	}
	if end.Namespaces != nil {
		wanted = demands(end.Namespaces)
	}
	return containsAll(namespaces, wanted) && containsAll(demands(peer.PodSelector), demands(end.Labels))
}

// demands are what a selector asks for, each as text; none for a selector of all.
func demands(s *metav1.LabelSelector) []string {
	compiled, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return nil
	}
	requirements, _ := compiled.Requirements()
	var out []string
	for _, r := range requirements {
		out = append(out, r.String())
	}
	return out
}

func containsAll(list, of []string) bool {
	return !slices.ContainsFunc(of, func(text string) bool { return !slices.Contains(list, text) })
}

// openingInWords says who gets in through a peer, and by which policy.
func openingInWords(n *netpol.Network, o netpol.Opening) string {
	policy, peer := n.Policies[o.Policy].Ref.Name, peerOf(n, o)
	who := "everyone"
	switch o.Who {
	case netpol.Addresses:
		who = "addresses of " + o.Range.String()
	case netpol.OtherNamespaces:
		who = selected(peer.PodSelector) + " of namespaces " + withLabels(peer.NamespaceSelector)
	case netpol.SameNamespace:
		who = selected(peer.PodSelector) + " of the namespace"
	}
	return fmt.Sprintf("%s (policy %s)", who, policy)
}

func selected(s *metav1.LabelSelector) string {
	if len(demands(s)) == 0 {
		return "all pods"
	}
	return "pods " + withLabels(s)
}

func withLabels(s *metav1.LabelSelector) string {
	if list := demands(s); len(list) > 0 {
		return "with " + strings.Join(list, ",")
	}
	return "of any name"
}
