package reach

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Setting is what questions are asked of.
type Setting struct {
	Model   *airflow.Model
	Flows   []airflow.Flow
	Profile string
	// Proposed are policies that are not applied yet; one of the same namespace and name replaces what is.
	Proposed []netpol.Policy
}

// network is a setting made ready for questions.
type network struct {
	Setting
	*netpol.Network
	// twins answers what Network does, and knows a second pod for each: a
	// workload's template stands for several pods, and a pod's way to itself is
	// not its way to its neighbour.
	twins *netpol.Evaluator
	// classes are, for each pod, the first that no policy tells from it.
	classes  []int
	coverage snapshot.Coverage
	policies []Policy
	inside   []end
	outside  []end
	short    map[string]string // names of places by their full names
}

func newNetwork(s Setting) *network {
	read := netpol.Of(s.Model)
	n := &network{Setting: s, Network: read, coverage: s.Model.Snapshot.CoverageOf(snapshot.NetworkPolicy)}
	if len(read.Malformed) > 0 {
		n.coverage = snapshot.Coverage{Kind: snapshot.NetworkPolicy, State: snapshot.NotCollected, Reason: read.Malformed[0].String() + " does not fit Kubernetes' API"}
	}
	before := read.Policies
	if len(s.Proposed) > 0 {
		n.Network = read.With(s.Proposed)
	}
	for _, p := range n.Policies {
		n.policies = append(n.policies, Policy{
			Ref: p.Ref, Proposed: holds(s.Proposed, p.Ref), Replaces: holds(s.Proposed, p.Ref) && holds(before, p.Ref),
		})
	}
	with := n.Cluster
	with.Pods = append(slices.Clip(n.Pods), n.Pods...)
	n.twins = netpol.New(with)
	n.classes = classesOf(n.Cluster)
	n.short, n.inside = shortNames(s.Flows), n.insideEnds()
	n.outside = n.outsideEnds()
	return n
}

func holds(policies []netpol.Policy, ref snapshot.Ref) bool {
	return slices.ContainsFunc(policies, func(p netpol.Policy) bool { return p.Ref.Namespace == ref.Namespace && p.Ref.Name == ref.Name })
}

// report is an empty answer.
func (n *network) report() *Report {
	m := n.Model
	var problems []string
	for _, err := range n.Evaluator.Broken() {
		problems = append(problems, err.Error())
	}
	return &Report{
		APIVersion: APIVersion, Kind: "Reach",
		Release: Release{
			Name: m.Release, Namespace: m.Namespace, Revision: m.Snapshot.Release.Revision,
			AirflowVersion: m.Version, Executor: strings.Join(m.Executors, ","),
		},
		Profile: n.Profile, Coverage: n.coverage, Policies: orEmpty(n.policies), Problems: problems, Ends: []End{}, Questions: []Question{},
	}
}

func (r *Report) unread() bool { return r.Coverage.State != snapshot.Read }

// unread says in words that policies are not known; empty where they are.
func (n *network) unread() string {
	if n.coverage.State == snapshot.Read {
		return ""
	}
	return "NetworkPolicy objects were not read: " + cmp.Or(n.coverage.Reason, string(n.coverage.State))
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// PolicyOf is a NetworkPolicy that was read from a file, ready to be proposed.
func PolicyOf(o *snapshot.Object) (netpol.Policy, error) {
	var decoded networkingv1.NetworkPolicy
	if err := airflow.Decode(o.Content, &decoded); err != nil {
		return netpol.Policy{}, fmt.Errorf("%s does not fit Kubernetes' API", o.Ref)
	}
	return netpol.Policy{Ref: o.Ref, Spec: decoded.Spec, Object: o}, nil
}
