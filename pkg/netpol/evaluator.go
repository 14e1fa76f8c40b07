package netpol

import (
	"net/netip"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// Evaluator answers questions about one cluster. It never changes, and any
// number of goroutines may ask it.
//
// An ipBlock holds for pods too, at each address that is known of them: a pod
// whose address is not known matches none. A pod on the host's network is its
// node's address to a rule: selectors and named ports do not match it.
type Evaluator struct {
	cluster Cluster
	classes classes
	// selecting are, by direction and class, the policies that select its pods, in order.
	selecting [2][][]int
	// rules are what is allowed, by direction and policy.
	rules [2][][]rule
	// edges are where, going up through all addresses, some ipBlock begins or ends to hold.
	edges  []netip.Addr
	broken []error
}

// New prepares a cluster for questions. What the API server would refuse
// matches nothing, and Broken tells of it.
func New(c Cluster) *Evaluator {
	e := &Evaluator{cluster: c}
	b := newBuilder(c)
	e.classes = b.classes
	for side := range directions {
		e.selecting[side] = make([][]int, len(e.classes.list))
		e.rules[side] = make([][]rule, len(c.Policies))
	}
	for i := range c.Policies {
		b.add(e, i)
	}
	e.broken = b.broken
	e.edges = e.allEdges()
	return e
}

// Broken are the parts of policies that the API server would refuse, by policy
// and field, in order.
func (e *Evaluator) Broken() []error { return e.broken }

// Ask says whether a connection is allowed, and by which rules.
func (e *Evaluator) Ask(from, to Peer, port airflow.Port) Answer {
	if from.pod >= 0 && from.pod == to.pod {
		same := func(d Direction) Decision {
			return Decision{Direction: d, Allowed: true, Policy: -1, Rule: -1, Note: SamePod}
		}
		return Answer{Allowed: true, Egress: same(Egress), Ingress: same(Ingress)}
	}
	a := Answer{
		Egress:  e.decide(outward, from, to, to, port),
		Ingress: e.decide(inward, to, from, to, port),
	}
	a.Allowed = a.Egress.Allowed && a.Ingress.Allowed
	return a
}

// decide is one direction: what the policies that select the subject say of
// the far end. The target is the end that has the port.
func (e *Evaluator) decide(side int, subject, far, target Peer, port airflow.Port) Decision {
	d := Decision{Direction: directions[side], Allowed: true, Policy: -1, Rule: -1}
	if subject.pod < 0 {
		return d
	}
	if e.cluster.Pods[subject.pod].HostNetwork {
		d.Note = HostNetwork
		return d
	}
	policies := e.selecting[side][e.classes.of[subject.pod]]
	if len(policies) == 0 {
		return d
	}
	d.Isolated = true
	for _, p := range policies {
		rules := e.rules[side][p]
		for r := range rules {
			if rules[r].matchesPort(e, target, port) && rules[r].admits(e, far) {
				d.Policy, d.Rule = p, r
				return d
			}
		}
	}
	d.Allowed = false
	return d
}

// Isolating are the policies that select a pod in one direction, in order; none
// for a pod on the host's network. The slice must not be changed.
func (e *Evaluator) Isolating(pod int, d Direction) []int {
	return e.selecting[sideOf(d)][e.classes.of[pod]]
}

// pod is the pod that a peer is, or nil for an address.
func (e *Evaluator) pod(p Peer) *airflow.Pod {
	if p.pod >= 0 {
		return &e.cluster.Pods[p.pod]
	}
	return p.outside
}

func (e *Evaluator) allEdges() []netip.Addr {
	var all []netip.Addr
	for _, policies := range e.rules {
		for _, rules := range policies {
			for r := range rules {
				for i := range rules[r].blocks {
					all = append(all, rules[r].blocks[i].edges()...)
				}
			}
		}
	}
	all = slices.DeleteFunc(all, func(a netip.Addr) bool { return !a.IsValid() })
	slices.SortFunc(all, netip.Addr.Compare)
	return slices.Compact(all)
}
