// Package verify proves what a plan does before anything is printed: it replays
// the plan and asks the same evaluator that judges a release.
package verify

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
)

// NetworkProof is what a plan's policies, together with those in force, do to a release.
type NetworkProof struct {
	// Flows are the needed flows; Kept of them pass whole.
	Flows, Kept int
	// Cuts are the flows that do not pass, required and declared ones first;
	// Unclear those that pass in part; Unread those whose far end was not read:
	// the plan opens the usual ports for them.
	Cuts, Unclear, Unread []Judged
	// Pairs are the other connections between two workloads of the release, one
	// for each port the far end listens on; Denied of them do not pass.
	Pairs, Denied int
	// StillOpen are the pairs that pass and need not, with the policy that lets them.
	StillOpen []Pair
	// Open and Closed are the plan's own reservations.
	Open, Closed []harden.Open
	// Left are workloads that no policy of the plan selects.
	Left []*airflow.Workload
	// Beside are pods of others that the plan isolates.
	Beside []Beside
}

// Judged is one flow and what becomes of it.
type Judged struct {
	Flow    airflow.Flow
	Verdict netpol.Verdict
}

// Pair is one connection between workloads that nothing needs.
type Pair struct {
	From, To *airflow.Workload
	Port     airflow.Port
	// Policy is the name of the policy that lets it into To; empty where none isolates To or the network does not hold policies.
	Policy string
}

// Holds says whether every flow passes whole that was read and that the plan does not close on purpose.
func (p NetworkProof) Holds() bool { return len(p.Cuts)+len(p.Unclear) == 0 }

// Network proves a plan, twice: the flows must pass with the plan's policies
// together with those in force, and also with the plan's alone, because the
// next upgrade may take the others away. The other pairs count with both.
// Optional flows that the plan leaves closed on purpose do not count.
func Network(before *netpol.Network, flows []airflow.Flow, plan harden.NetworkPlan) NetworkProof {
	flows = slices.DeleteFunc(slices.Clone(flows), func(f airflow.Flow) bool { return isClosed(plan, f) })
	proof := Judge(before.With(policies(plan)), flows)
	if len(before.Policies) > 0 {
		proof.alsoAlone(before.Only(policies(plan)), flows)
	}
	proof.Open, proof.Closed, proof.Left = plan.Open, plan.Closed, plan.Left
	proof.Beside = beside(before, plan)
	return proof
}

// alsoAlone adds what the plan's policies alone would cut.
func (p *NetworkProof) alsoAlone(n *netpol.Network, flows []airflow.Flow) {
	for _, f := range flows {
		known := slices.ContainsFunc(slices.Concat(p.Cuts, p.Unclear, p.Unread), func(j Judged) bool { return sameFlow(j.Flow, f) })
		if v := n.Judge(strict(f)); v.State != netpol.Kept && !known {
			p.Kept--
			p.add(Judged{f, v})
		}
	}
	p.sort()
}

func isClosed(plan harden.NetworkPlan, f airflow.Flow) bool {
	return slices.ContainsFunc(plan.Closed, func(o harden.Open) bool { return sameFlow(o.Flow, f) })
}

func sameFlow(a, b airflow.Flow) bool {
	return a.ID == b.ID && a.From.Workload == b.From.Workload && a.To.Workload == b.To.Workload &&
		a.From.Name == b.From.Name && a.To.Name == b.To.Name && slices.Equal(a.Ports, b.Ports)
}

func policies(plan harden.NetworkPlan) []netpol.Policy {
	var out []netpol.Policy
	for _, p := range plan.Policies {
		out = append(out, p.Policy())
	}
	return out
}

// Judge says what a network does to flows, and to all other pairs of the release.
func Judge(n *netpol.Network, flows []airflow.Flow) NetworkProof {
	proof := NetworkProof{Flows: len(flows)}
	for _, f := range flows {
		if v := n.Judge(strict(f)); v.State == netpol.Kept {
			proof.Kept++
		} else {
			proof.add(Judged{f, v})
		}
	}
	proof.sort()
	proof.pairs(n, flows)
	return proof
}

// strict asks of what DAG code talks to for a port that nothing uses: the way
// there must be open because of that flow, not of another one's port.
func strict(f airflow.Flow) airflow.Flow {
	if f.To.Place == airflow.Anywhere && len(f.Ports) == 0 {
		f.Ports = []airflow.Port{{Number: 1, Protocol: corev1.ProtocolTCP}}
	}
	return f
}

func (p *NetworkProof) add(j Judged) {
	switch {
	case j.Verdict.State == netpol.Cut:
		p.Cuts = append(p.Cuts, j)
	case j.Verdict.Unread:
		p.Unread = append(p.Unread, j)
	default:
		p.Unclear = append(p.Unclear, j)
	}
}

func (p *NetworkProof) sort() {
	slices.SortStableFunc(p.Cuts, func(a, b Judged) int { return cmp.Compare(rank(a), rank(b)) })
}

func rank(j Judged) int {
	if j.Flow.Demand == airflow.Optional {
		return 1
	}
	return 0
}
