package verify

import (
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
)

// Beside is a pod that is not the release's and that a plan isolates all the
// same, because no label tells the two apart: task pods of two releases, for one.
type Beside struct {
	Pod airflow.Pod
	// Policies are names of the plan's policies that select it, in order.
	Policies []string
}

// beside are the pods of others that a plan isolates in a direction in which
// nothing else does. What they need was not asked.
func beside(inForce *netpol.Network, plan harden.NetworkPlan) []Beside {
	own := policies(plan)
	before := inForce.Only(slices.DeleteFunc(slices.Clone(inForce.Policies), func(p netpol.Policy) bool { // an older run's
		return slices.ContainsFunc(own, func(o netpol.Policy) bool { return o.Ref.Namespace == p.Ref.Namespace && o.Ref.Name == p.Ref.Name })
	}))
	after := before.With(own)
	var out []Beside
	for i, pod := range before.Pods {
		if pod.Workload != nil || pod.HostNetwork {
			continue
		}
		b := Beside{Pod: pod}
		for _, d := range []netpol.Direction{netpol.Ingress, netpol.Egress} {
			if len(before.Evaluator.Isolating(i, d)) > 0 {
				continue
			}
			for _, p := range after.Evaluator.Isolating(i, d) {
				b.Policies = append(b.Policies, after.Policies[p].Ref.Name)
			}
		}
		if len(b.Policies) > 0 {
			slices.Sort(b.Policies)
			b.Policies = slices.Compact(b.Policies)
			out = append(out, b)
		}
	}
	return out
}
