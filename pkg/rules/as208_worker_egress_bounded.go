package rules

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

var workerEgressBounded = &rule.Rule{
	ID:       "AS208",
	Slug:     "worker-egress-bounded",
	Title:    "Pods that run DAG code reach neither the cloud metadata service nor, without need, the Kubernetes API",
	Why:      "The metadata service hands the node's cloud identity to whoever asks, and the Kubernetes API answers whoever has a token. A DAG author, or an attacker in a task, takes the node's rights in the cloud and goes on from there.",
	Fix:      "Isolate the pods for egress, leave the metadata addresses out of every rule, and the API server's out of all but those of pods that need it.",
	Severity: rule.High,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Patch, rule.Manual},
	Topics:   []string{"Work"},
	Refs: []rule.Ref{
		cis("5.3.2"), nsa("Network separation: Protecting sensitive cloud infrastructure"), owasp("K08"), owasp("K05"),
		mitre("T1552.005"), mitre("T1528"),
	},
	Needs: policyNeeds,
	Uses:  flowUses,
	Check: checkWorkerEgress,
}

// runsDagCode says whether DAG authors' code runs in a workload's pods: with a
// Local executor the scheduler runs the tasks.
func runsDagCode(p *rule.Pass, w *airflow.Workload) bool {
	return w.Component.RunsDagCode() || w.Component == airflow.Scheduler && p.Airflow().Local()
}

// checkWorkerEgress judges each workload by what any of its pods reaches.
//
// Where the API server is stands in no file. There it counts as reached only
// where a rule lets the pods reach every address on one of its usual ports:
// a narrower rule may or may not hold its address, and to call that unknown
// would make every file unknown for what only a cluster can tell.
func checkWorkerEgress(p *rule.Pass) {
	flows, api := p.Flows(), findAPIServer(p)
	for _, g := range podGroups(p) {
		if !runsDagCode(p, g.workload) {
			continue
		}
		p.Subjects++
		needed, _ := p.NeedsAPI(g.workload)
		reached := func(n *netpol.Network) []string {
			out := metadataInWords(metadataReached(n, g, flows))
			if !needed && slices.ContainsFunc(g.pods, func(pod int) bool { return api.reachedBy(n, pod) }) {
				out = append(out, "the Kubernetes API, which they do not need")
			}
			return out
		}
		if list := reached(p.Network()); len(list) > 0 {
			reportEgress(p, g, list, func(n *netpol.Network) bool { return len(reached(n)) == 0 })
		}
	}
}

// metadataInWords names the first address, which most clouds share, for all.
func metadataInWords(reached []string) []string {
	if len(reached) < len(metadataServices) {
		return reached
	}
	return []string{fmt.Sprintf("every cloud metadata service (%s and %d more addresses)", metadataServices[0].address, len(reached)-1)}
}

// metadataReached names the metadata services that some pod of a group gets to.
func metadataReached(n *netpol.Network, g podGroup, flows []airflow.Flow) []string {
	var out []string
	for _, m := range metadataServices {
		if m.neededBy(g.workload, flows) {
			continue
		}
		reached := slices.ContainsFunc(g.pods, func(pod int) bool {
			return slices.ContainsFunc(m.ports, func(port int32) bool {
				return n.Reaches(pod, m.at(), airflow.Port{Number: port, Protocol: corev1.ProtocolTCP}).Allowed
			})
		})
		if reached {
			out = append(out, fmt.Sprintf("%s (%s)", m.name, m.address))
		}
	}
	return out
}

func reportEgress(p *rule.Pass, g podGroup, list []string, closes func(*netpol.Network) bool) {
	n, w := p.Network(), g.workload
	because := "no policy for egress holds for them"
	var names []string
	for _, i := range g.isolating(n, netpol.Egress) {
		names = append(names, n.Policies[i].Ref.Name)
	}
	if !g.onHost(n) && !g.open(n, netpol.Egress) {
		because = "policy " + andList(shortened(names)) + " allows it"
	}
	p.Report(rule.Finding{
		Target: w.Ref, Component: string(w.Component), Path: labelsPath(w),
		Message: fmt.Sprintf("code of DAG authors in %s reaches %s: %s", subject(g), andList(list), because),
		Fixes: policyFixes(p, g, closes,
			"leave these addresses out of the rules for egress, with except in each ipBlock; what tasks need belongs into the profile's egress, by address range"),
	})
}
