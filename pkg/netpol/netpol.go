// Package netpol says which connections a set of NetworkPolicies allows, and
// which policy and rule decided. It follows networking.k8s.io/v1 to the letter
// and knows nothing of network plugins.
package netpol

import (
	"maps"
	"net/netip"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Cluster is what questions are asked of. It is not changed.
type Cluster struct {
	// Namespaces are labels by namespace; kubernetes.io/metadata.name is added, and so are namespaces that only Pods name.
	Namespaces map[string]map[string]string
	Pods       []airflow.Pod
	Policies   []Policy
}

// Policy is one NetworkPolicy.
type Policy struct {
	Ref  snapshot.Ref
	Spec networkingv1.NetworkPolicySpec
	// Object is where it was read; nil for one that does not exist yet.
	Object *snapshot.Object
}

// Peer is one end of a question: a pod of the cluster, a pod outside it, or an address.
type Peer struct {
	pod     int // index into Cluster.Pods; -1 for the others
	address netip.Addr
	outside *airflow.Pod
	// namespace are the labels of the outside pod's namespace.
	namespace labels.Set
	// anyName says that the outside pod's ports have every name.
	anyName bool
}

// At is the pod with this index in Cluster.Pods.
func At(pod int) Peer { return Peer{pod: pod} }

// Address is an end that is not a pod of the cluster.
func Address(a netip.Addr) Peer { return Peer{pod: -1, address: a} }

// Outside is a pod that is not of the cluster: no policy selects it, and rules
// match it by its labels, those of its namespace, its addresses and ports.
func Outside(p airflow.Pod, namespace map[string]string) Peer {
	has := labels.Set{}
	maps.Copy(has, namespace)
	has[namespaceName] = p.Namespace
	return Peer{pod: -1, outside: &p, namespace: has}
}

// Direction is seen from the pod that a policy selects.
type Direction string

// The two directions.
const (
	Ingress Direction = "ingress"
	Egress  Direction = "egress"
)

// Decision is one direction's part of an answer.
type Decision struct {
	// Direction is the side that decided; its rules are those that Rule counts.
	Direction Direction
	Allowed   bool
	// Isolated says that some policy selects the pod in this direction, so that only what a rule allows passes.
	Isolated bool
	// Policy and Rule are the first, in the cluster's order, that allows the
	// connection: indices into Cluster.Policies and the policy's rules. Both are
	// -1 where none does: the pod is not isolated, or the connection is denied.
	Policy, Rule int
	// Note says why policies do not matter: same-pod or host-network; else empty.
	Note Note
}

// Note is a reason for which policies do not hold.
type Note string

// A pod always reaches itself. Policies do not hold for pods on the host's network.
const (
	SamePod     Note = "same-pod"
	HostNetwork Note = "host-network"
)

// Answer is allowed where both directions are.
type Answer struct {
	Allowed         bool
	Egress, Ingress Decision
}
