package rules

import (
	"fmt"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// The evidence of rules about connections. Where NetworkPolicies are in force
// is what such a rule cannot do without; without a cluster those of the
// manifests are the ones in force.
var (
	policyNeeds = slices.Concat(snapshot.Workloads, []snapshot.Kind{snapshot.NetworkPolicy})
	flowNeeds   = slices.Concat(policyNeeds, []snapshot.Kind{snapshot.Service}) // Services say which pods an address means
	flowUses    = slices.Concat(rule.FlowKinds, rule.PolicyKinds)
)

// generate is how all policies come at once, proven together.
const generate = "kubectl airflowsec generate patches --only networkpolicy"

// podGroup is a workload with its pods, live or to come, as indices into the network.
type podGroup struct {
	workload *airflow.Workload
	pods     []int
}

// podGroups are the release's workloads in the network's order, none where the
// policies were not read, and notes what keeps them from being known.
func podGroups(p *rule.Pass) []podGroup {
	n := p.Network()
	if !p.Read(snapshot.NetworkPolicy) {
		return nil // what is open may be closed by a policy that was not read: the rule's needs say so
	}
	for _, o := range n.Malformed {
		p.Unknown(fmt.Sprintf("%s could not be read as a NetworkPolicy: what it allows is not known", o.Ref))
	}
	for _, err := range n.Evaluator.Broken() {
		p.Unknown(err.Error())
	}
	var out []podGroup
	at := map[*airflow.Workload]int{}
	for i := range n.Pods {
		w := n.Pods[i].Workload
		if w == nil {
			continue
		}
		if _, known := at[w]; !known {
			at[w] = len(out)
			out = append(out, podGroup{workload: w})
		}
		out[at[w]].pods = append(out[at[w]].pods, i)
	}
	return out
}

// onHost says that a group's pods share their node's network, where no policy holds.
func (g podGroup) onHost(n *netpol.Network) bool {
	return slices.ContainsFunc(g.pods, func(i int) bool { return n.Pods[i].HostNetwork })
}

// open says whether some pod of a group is selected by no policy in a direction.
func (g podGroup) open(n *netpol.Network, d netpol.Direction) bool {
	return slices.ContainsFunc(g.pods, func(i int) bool { return len(n.Evaluator.Isolating(i, d)) == 0 })
}

// isolating are the policies that select the group's pods, each once, in the network's order.
func (g podGroup) isolating(n *netpol.Network, d netpol.Direction) []int {
	var out []int
	for _, i := range g.pods {
		out = append(out, n.Evaluator.Isolating(i, d)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// policyFixes put the planned policies for a group in force, where that closes
// the finding; else there are only words, which other says.
func policyFixes(p *rule.Pass, g podGroup, closes func(*netpol.Network) bool, other string) []rule.Fix {
	if g.onHost(p.Network()) {
		return []rule.Fix{{Kind: rule.Manual, Summary: hostNetworkFix}}
	}
	planned := p.Planned(g.workload)
	if len(planned.Policies) == 0 || !closes(planned.Network) {
		return []rule.Fix{{Kind: rule.Manual, Summary: other}}
	}
	fix := rule.Fix{Kind: rule.Patch}
	fix.Changes = slices.Clone(planned.Puts)
	fix.Summary = fmt.Sprintf("apply the planned policy %s: %s", planned.Policies[0].Name, generate)
	return []rule.Fix{fix}
}

const hostNetworkFix = "take hostNetwork off the pods: NetworkPolicy does not hold for pods on their node's network"

// labelsPath is where a workload's pods get the labels by which policies select them.
func labelsPath(w *airflow.Workload) string { return w.PodPath + "/metadata/labels" }
