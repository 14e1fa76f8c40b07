package harden

import (
	"cmp"
	"encoding/json"
	"net/netip"
	"slices"

	networkingv1 "k8s.io/api/networking/v1"
	kjson "sigs.k8s.io/json"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// NetworkPlan is a set of NetworkPolicies that keeps a release's needed flows
// and closes the rest.
type NetworkPlan struct {
	// Policies are sorted by namespace and name; the default deny stands first.
	Policies []PlannedPolicy
	// Open are the connections that stay wider than needed, because one end cannot be named.
	Open []Open
	// Closed are optional connections that nothing opens, for the same reason.
	Closed []Open
	// Left are workloads that no policy selects, because what they need is not known.
	Left []*airflow.Workload
}

// PlannedPolicy is one policy with the flows it is there for.
type PlannedPolicy struct {
	networkingv1.NetworkPolicy
	// Component is empty for the default deny.
	Component airflow.Component
	Flows     []airflow.Flow
}

// Ref names the policy as the snapshot would.
func (p PlannedPolicy) Ref() snapshot.Ref {
	return snapshot.Ref{APIVersion: "networking.k8s.io/v1", Kind: string(snapshot.NetworkPolicy), Namespace: p.Namespace, Name: p.Name}
}

// Content is the policy as decoded JSON, as the snapshot holds objects.
func (p PlannedPolicy) Content() map[string]any {
	out := map[string]any{}
	text, err := json.Marshal(p.NetworkPolicy)
	if err != nil || kjson.UnmarshalCaseSensitivePreserveInts(text, &out) != nil {
		return out // a policy of plain fields always encodes
	}
	return out
}

// Policy is the policy as the evaluator takes it.
func (p PlannedPolicy) Policy() netpol.Policy { return netpol.Policy{Ref: p.Ref(), Spec: p.Spec} }

// Open is a flow that a policy cannot hold to its real ends.
type Open struct {
	Flow   airflow.Flow
	Policy string // empty where nothing opens it
	Reason string
	// Close says what the profile must declare.
	Close string
}

// Label marks the policies that a plan makes, so that they can be found and removed.
type Label struct{ Key, Value string }

// ReleaseLabel is the label that plans use where the user gives none.
func ReleaseLabel(release string) Label { return Label{"airflowsec.io/release", release} }

// Network plans the policies for a release: for each component one that lets
// exactly its flows pass, and beneath them a default deny in both directions.
// What policies in force say of sources that nothing else tells is kept.
func Network(m *airflow.Model, inForce *netpol.Network, flows []airflow.Flow, label Label) NetworkPlan {
	p := &networkPlanner{model: m, network: inForce, label: label, groups: groupsOf(m), apiAddresses: m.APIAddresses()}
	p.noteAPIUsers(flows)
	p.plan.Left = p.leftAlone()
	for _, f := range flows {
		p.place(f)
	}
	p.defaultDeny()
	for _, g := range p.groups {
		p.addPolicy(g)
	}
	return p.plan
}

// leftAlone are workloads that keep what they have: no chart knows them, so
// what they need is not known, or no label picks their pods out.
func (p *networkPlanner) leftAlone() []*airflow.Workload {
	return slices.DeleteFunc(workloadsOf(p.model.Pods()), func(w *airflow.Workload) bool {
		return slices.ContainsFunc(p.groups, func(g *group) bool { return g.holds(w) })
	})
}

// Stale are the policies of an older plan with the same label that this one does not hold.
func (p NetworkPlan) Stale(m *airflow.Model, label Label) []snapshot.Ref {
	var out []snapshot.Ref
	for _, o := range m.Snapshot.OfKind(snapshot.NetworkPolicy) {
		planned := slices.ContainsFunc(p.Policies, func(own PlannedPolicy) bool { return own.Namespace == o.Namespace && own.Name == o.Name })
		if o.Labels()[label.Key] == label.Value && !planned {
			out = append(out, o.Ref)
		}
	}
	return out
}

type networkPlanner struct {
	model   *airflow.Model
	network *netpol.Network // with the policies in force
	label   Label
	groups  []*group
	// apiAddresses are the API server's: only those who need it may reach them.
	apiAddresses []netip.Prefix
	plan         NetworkPlan
}

// noteAPIUsers marks the groups that need the API server: the others' wide ranges leave it out.
func (p *networkPlanner) noteAPIUsers(flows []airflow.Flow) {
	for _, f := range flows {
		if g := p.groupOf(f.From); g != nil && f.To.Place == airflow.Range && slices.ContainsFunc(f.To.Addresses, p.isAPI) {
			g.needsAPI = true
		}
	}
}

func (p *networkPlanner) isAPI(prefix netip.Prefix) bool {
	return slices.Contains(p.apiAddresses, prefix)
}

func (p *networkPlanner) groupOf(e airflow.End) *group {
	i := slices.IndexFunc(p.groups, func(g *group) bool { return g.holds(e.Workload) })
	if e.Workload == nil || i < 0 {
		return nil
	}
	return p.groups[i]
}

// place notes a flow with the groups of its two ends.
func (p *networkPlanner) place(f airflow.Flow) {
	from, to := p.groupOf(f.From), p.groupOf(f.To)
	if sources := p.namedSources(f, to); len(sources) > 0 {
		to.ingress.add(sources, f)
		return
	}
	reason, unnamed := cannotBeNamed(f)
	if unnamed && reason.closed {
		p.plan.Closed = append(p.plan.Closed, Open{Flow: f, Reason: reason.why, Close: reason.close})
		return
	}
	policy := ""
	if from != nil {
		from.egress.add(p.peersOf(f.To, to, from), f)
		policy = p.name(from)
	}
	if to != nil {
		to.ingress.add(p.peersOf(f.From, from, to), f)
		policy = cmp.Or(policy, p.name(to))
	}
	if unnamed && policy != "" {
		p.plan.Open = append(p.plan.Open, Open{Flow: f, Policy: policy, Reason: reason.why, Close: reason.close})
	}
}

func (p *networkPlanner) name(g *group) string {
	return policyName(p.model.Release, g.name)
}
