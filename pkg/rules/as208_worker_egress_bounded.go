package rules

import (
	"fmt"
	"net/netip"
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
		reached := func(e *egress) []string {
			out := metadataInWords(e.metadata(g, flows))
			if !needed && e.api(g, api) {
				out = append(out, "the Kubernetes API, which they do not need")
			}
			return out
		}
		e := &egress{Network: p.Network()}
		if list := reached(e); len(list) > 0 {
			reportEgress(p, g, list, e.because(), func(n *netpol.Network) bool { return len(reached(&egress{Network: n})) == 0 })
		}
	}
}

// egress asks where pods get to, and remembers which policies let them.
type egress struct {
	*netpol.Network
	by []string
}

func (e *egress) reaches(pod int, to netip.Addr, number int32) bool {
	a := e.Reaches(pod, to, airflow.Port{Number: number, Protocol: corev1.ProtocolTCP})
	if a.Allowed && a.Egress.Policy >= 0 {
		e.by = appendNew(e.by, e.Policies[a.Egress.Policy].Ref.Name)
	}
	return a.Allowed
}

// because says what lets the pods through.
func (e *egress) because() string {
	switch len(e.by) {
	case 0:
		return "no policy for egress holds for them"
	case 1:
		return "policy " + e.by[0] + " allows it"
	}
	return "policies " + andList(shortened(e.by)) + " allow it"
}

// metadataInWords names the first address, which most clouds share, for all.
func metadataInWords(reached []string) []string {
	if len(reached) < len(metadataServices) {
		return reached
	}
	return []string{fmt.Sprintf("every cloud metadata service (%s and %d more addresses)", metadataServices[0].address, len(reached)-1)}
}

// metadata names the metadata services that some pod of a group gets to.
func (e *egress) metadata(g podGroup, flows []airflow.Flow) []string {
	var out []string
	for _, m := range metadataServices {
		reached := func(pod int) bool {
			return slices.ContainsFunc(m.ports, func(port int32) bool { return e.reaches(pod, m.at(), port) })
		}
		if !m.neededBy(g.workload, flows) && slices.ContainsFunc(g.pods, reached) {
			out = append(out, fmt.Sprintf("%s (%s)", m.name, m.address))
		}
	}
	return out
}

// api says whether some pod of a group gets to the API server: at one of its
// addresses, or, where they are not known, at all addresses there are.
func (e *egress) api(g podGroup, s apiServer) bool {
	return slices.ContainsFunc(g.pods, func(pod int) bool {
		return slices.ContainsFunc(s.ports, func(port int32) bool {
			reached := func(a netip.Addr) bool { return e.reaches(pod, a, port) }
			if s.known {
				return slices.ContainsFunc(s.addresses, reached)
			}
			return !slices.ContainsFunc(s.addresses, func(a netip.Addr) bool { return !reached(a) })
		})
	})
}

func reportEgress(p *rule.Pass, g podGroup, list []string, because string, closes func(*netpol.Network) bool) {
	w := g.workload
	p.Report(rule.Finding{
		Target: w.Ref, Component: string(w.Component), Path: labelsPath(w),
		Message: fmt.Sprintf("code of DAG authors in %s reaches %s: %s", subject(g), andList(list), because),
		Fixes: policyFixes(p, g, closes,
			"leave these addresses out of the rules for egress, with except in each ipBlock; what tasks need belongs into the profile's egress, by address range"),
	})
}
