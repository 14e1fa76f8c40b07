package harden

import (
	"net/netip"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
)

// namedSources are the outside sources that policies in force already let
// reach all ports of a flow: whoever wrote them knew where users or Prometheus
// come from, which no object of the release tells. None where a policy lets
// everyone in, or where none holds. Policies of an older plan do not count.
func (p *networkPlanner) namedSources(f airflow.Flow, to *group) []peer {
	if f.From.Place != airflow.EntryPoint && f.From.Place != airflow.Scraper || to == nil {
		return nil
	}
	var out []peer
	for i, pod := range p.network.Pods {
		if !to.holds(pod.Workload) {
			continue
		}
		for _, port := range f.Ports {
			named := p.namedAt(i, port)
			if len(named) == 0 {
				return nil
			}
			out = append(out, named...)
		}
	}
	return out
}

func (p *networkPlanner) namedAt(pod int, port airflow.Port) []peer {
	var out []peer
	for _, o := range p.network.Admits(pod, port).Openings {
		policy := p.network.Policies[o.Policy]
		switch {
		case policy.Object != nil && policy.Object.Labels()[p.label.Key] == p.label.Value:
		case o.Who == netpol.Everyone:
			return nil
		default:
			out = append(out, asPeer(policy.Spec.Ingress[o.Rule].From[o.Peer])...)
		}
	}
	return out
}

// asPeer takes over a peer of a policy in force; none where it names all pods of its namespace or no range.
func asPeer(from networkingv1.NetworkPolicyPeer) []peer {
	if from.IPBlock == nil {
		if from.NamespaceSelector == nil && (from.PodSelector == nil || len(from.PodSelector.MatchLabels)+len(from.PodSelector.MatchExpressions) == 0) {
			return nil
		}
		return []peer{podPeer(from.NamespaceSelector, from.PodSelector)}
	}
	prefix, err := netip.ParsePrefix(from.IPBlock.CIDR)
	if err != nil {
		return nil
	}
	b := block{prefix: prefix}
	for _, text := range from.IPBlock.Except {
		if hole, err := netip.ParsePrefix(text); err == nil {
			b.except = append(b.except, hole)
		}
	}
	return []peer{blockPeer(b)}
}
