package netpol

import (
	"slices"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func newNetwork(s *snapshot.Snapshot, pods []airflow.Pod) *Network {
	policies, malformed := policiesOf(s)
	c := Cluster{Namespaces: namespacesOf(s), Pods: pods, Policies: policies}
	return &Network{Cluster: c, Evaluator: New(c), Malformed: malformed, home: s.Release.Namespace}
}

// policiesOf reads the snapshot's NetworkPolicies, in its order. One of another
// API group, or that does not decode, is malformed: what it does is not known.
func policiesOf(s *snapshot.Snapshot) (policies []Policy, malformed []*snapshot.Object) {
	for _, o := range s.OfKind(snapshot.NetworkPolicy) {
		var decoded networkingv1.NetworkPolicy
		if o.Group() != networkingv1.GroupName || airflow.Decode(o.Content, &decoded) != nil {
			malformed = append(malformed, o)
			continue
		}
		policies = append(policies, Policy{Ref: o.Ref, Spec: decoded.Spec, Object: o})
	}
	return policies, malformed
}

func namespacesOf(s *snapshot.Snapshot) map[string]map[string]string {
	out := map[string]map[string]string{s.Release.Namespace: nil}
	for _, o := range s.OfKind(snapshot.Namespace) {
		out[o.Name] = o.Labels()
	}
	return out
}

func (n *Network) replaced(policies []Policy) *Network {
	all := slices.Clone(n.Policies)
	for _, p := range policies {
		at := slices.IndexFunc(all, func(o Policy) bool {
			return o.Ref.Namespace == p.Ref.Namespace && o.Ref.Name == p.Ref.Name
		})
		if at < 0 {
			all = append(all, p)
		} else {
			all[at] = p
		}
	}
	out := *n
	out.Policies = all
	out.Evaluator = New(out.Cluster)
	return &out
}
