package rules

import (
	"fmt"

	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// reaches says who gets through where nothing isolates.
var reaches = map[netpol.Direction]string{
	netpol.Ingress: "whatever reaches their addresses may connect to them",
	netpol.Egress:  "they may connect to whatever they reach",
}

// checkIsolated reports each workload with a pod that no policy selects in a
// direction. Where another engine's policies were seen the finding stays, and
// says that it does not know them: they are not evaluated, so they are no
// proof of isolation, and AS213 tells of them on its own.
func checkIsolated(p *rule.Pass, d netpol.Direction) {
	n := p.Network()
	engines := ""
	if len(p.Objects(snapshot.PolicyEngines)) > 0 {
		engines = " (policies of another engine, such as Cilium or Calico, were seen and are not evaluated)"
	}
	for _, g := range podGroups(p) {
		p.Subjects++
		w := g.workload
		f := rule.Finding{Target: w.Ref, Component: string(w.Component)}
		closed := func(n *netpol.Network) bool { return !g.open(n, d) }
		switch {
		case g.onHost(n):
			f.Path = w.SpecPath() + "/hostNetwork"
			f.Message = fmt.Sprintf("the pods use their node's network, where no policy for %s holds: %s", d, reaches[d])
		case closed(n):
			continue
		default:
			f.Path = labelsPath(w)
			f.Message = fmt.Sprintf("no policy selects %s for %s: %s%s", subject(g), d, reaches[d], engines)
		}
		f.Fixes = policyFixes(p, g, closed, "write a policy for "+string(d)+" that selects these pods: what they need is not known, so none is planned")
		p.Report(f)
	}
}

// subject are a group's pods in words: those that no object describes are named.
func subject(g podGroup) string {
	switch {
	case !g.workload.Future:
		return "the pods"
	case len(g.workload.Spec.Containers) == 0:
		return "the " + string(g.workload.Component) + "s that tasks will start"
	}
	return "the task pods that the executor makes"
}
