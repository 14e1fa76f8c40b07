package netpol

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Network is a release's pods and the policies over them, ready for questions.
type Network struct {
	Cluster
	// Evaluator answers questions about pairs of pods and addresses.
	Evaluator *Evaluator
	// Malformed are NetworkPolicies that cannot be read: what they allow is not known.
	Malformed []*snapshot.Object
	home      string // the release's namespace
}

// Of is the network of a release as it was read: its pods, the other pods of
// the namespace that are known, and all policies of the snapshot.
func Of(m *airflow.Model) *Network { return newNetwork(m.Snapshot, m.Pods()) }

// With is the same network with more policies; one of the same namespace and name is replaced.
func (n *Network) With(policies []Policy) *Network { return n.replaced(policies) }

// Only is the same network with these policies and no others.
func (n *Network) Only(policies []Policy) *Network {
	bare := *n
	bare.Policies = nil
	return bare.replaced(policies)
}

// State is the verdict on a flow.
type State string

// Kept: every pod of the one end reaches every pod and port of the other. Cut:
// some do not. Unclear: the far end is not known well enough to tell, as a
// host name where policies allow some addresses only.
const (
	Kept    State = "kept"
	Cut     State = "cut"
	Unclear State = "unclear"
)

// Verdict is what the policies do to one flow.
type Verdict struct {
	State State
	// Losses are the connections that are cut, one for each pair of workloads or places, port and direction, in order.
	Losses []Loss
	// By are the rules that allow the flow, without doubles, as egress and ingress decisions; empty where nothing isolates.
	By []Decision
	// Reason says why the verdict is unclear; else empty.
	Reason string
	// Unread says that the verdict is unclear only because the far end's address was not read.
	Unread bool
}

// Loss is one connection of a flow that is cut.
type Loss struct {
	From, To string // names of pods or places
	Port     airflow.Port
	// Direction is the side that refuses; Policies are indices of those that isolate the pod there, in order.
	Direction Direction
	Policies  []int
}

// Judge says what the policies do to a flow.
func (n *Network) Judge(f airflow.Flow) Verdict { return n.judge(f) }
