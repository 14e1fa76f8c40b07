package netpol

import (
	"net/netip"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// Stranger is a kind of source that is not a pod of the release.
type Stranger string

// Everyone: the rule names no peers. OtherNamespaces: a namespaceSelector that
// matches namespaces beside the policy's own. SameNamespace: pods of the
// policy's namespace by a selector that matches a pod without labels, a known
// pod outside the release, or no pod of the release. Addresses: an ipBlock.
const (
	Everyone        Stranger = "everyone"
	OtherNamespaces Stranger = "other-namespaces"
	SameNamespace   Stranger = "same-namespace"
	Addresses       Stranger = "addresses"
)

// Opening is a peer of a rule that lets strangers in.
type Opening struct {
	// Policy, Rule and Peer are indices into Cluster.Policies, the policy's
	// ingress rules and the rule's peers; Peer is -1 for Everyone.
	Policy, Rule, Peer int
	Who                Stranger
	// Range is what Addresses are of, exceptions not taken away; else not valid.
	Range netip.Prefix
}

// Sources are the strangers that reach a port of a pod.
type Sources struct {
	// Isolated is false where no policy holds for the pod's ingress: everyone gets in.
	Isolated bool
	// Openings are in the order of policies, rules and peers.
	Openings []Opening
}

// Any says whether some stranger gets in.
func (s Sources) Any() bool { return !s.Isolated || len(s.Openings) > 0 }

// Admits says who outside the release reaches a port of a pod, whatever policies hold for the source.
func (n *Network) Admits(pod int, port airflow.Port) Sources {
	return n.Evaluator.strangers(pod, port)
}

// Reaches says whether a pod gets to an address outside the cluster.
func (n *Network) Reaches(pod int, a netip.Addr, port airflow.Port) Answer {
	return n.Evaluator.Ask(At(pod), Address(a), port)
}

func (e *Evaluator) strangers(pod int, port airflow.Port) Sources {
	policies := e.Isolating(pod, Ingress)
	s := Sources{Isolated: len(policies) > 0}
	for _, p := range policies {
		for r := range e.rules[inward][p] {
			if rule := &e.rules[inward][p][r]; rule.matchesPort(e, At(pod), port) {
				for _, o := range e.openings(rule) {
					o.Policy, o.Rule = p, r
					s.Openings = append(s.Openings, o)
				}
			}
		}
	}
	return s
}

func (e *Evaluator) openings(r *rule) []Opening {
	if r.everyone {
		return []Opening{{Peer: -1, Who: Everyone}}
	}
	var out []Opening
	pods, blocks := r.peers, r.blocks
	for len(pods) > 0 || len(blocks) > 0 {
		if len(blocks) == 0 || len(pods) > 0 && pods[0].index < blocks[0].index {
			if who := e.stranger(&pods[0]); who != "" {
				out = append(out, Opening{Peer: pods[0].index, Who: who})
			}
			pods = pods[1:]
			continue
		}
		if blocks[0].any(func(netip.Addr) bool { return true }) {
			out = append(out, Opening{Peer: blocks[0].index, Who: Addresses, Range: blocks[0].prefix})
		}
		blocks = blocks[1:]
	}
	return out
}

// stranger is the kind of strangers that a peer's selectors match; empty for none.
func (e *Evaluator) stranger(p *podPeer) Stranger {
	if p.pods.impossible() {
		return ""
	}
	if p.namespaces.given() && p.namespaces.beside(p.home) {
		return OtherNamespaces
	}
	if !p.matchesNamespace(p.home, e.classes.labelsOf(p.home)) {
		return ""
	}
	known := p.found.meets(e.classes.theirs) || !p.found.meets(e.classes.ours)
	if known || p.matchesPod(nil) {
		return SameNamespace
	}
	return ""
}
