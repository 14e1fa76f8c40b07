package verify_test

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/oracle"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// hearing is what the oracle is asked of one release, with the answers that are expected.
type hearing struct {
	name string
	oracle.Case
	want []bool
	what []string
}

// someHost stands for a host whose address is not known.
var someHost = netip.MustParseAddr("93.184.216.34")

// TestTheOracleAgrees asks an independent matcher for every needed flow and
// every pair that a proof calls denied, with the planned policies in force.
func TestTheOracleAgrees(t *testing.T) {
	all := releases(t)
	var hearings []*hearing
	var cases []oracle.Case
	for _, name := range slices.Sorted(maps.Keys(all)) {
		h := hear(planFor(t, all[name]))
		h.name = name
		hearings = append(hearings, h)
		cases = append(cases, h.Case)
	}
	results, err := oracle.Ask(t.Context(), cases)
	if err != nil {
		t.Fatal(err)
	}
	needed, denied := 0, 0
	for i, h := range hearings {
		if results[i].Error != "" {
			t.Errorf("%s: the oracle refuses the policies: %s", h.name, results[i].Error)
			continue
		}
		for q, answer := range results[i].Answers {
			if answer.Allowed() != h.want[q] {
				t.Errorf("%s: %s is allowed: %v, wanted %v", h.name, h.what[q], answer.Allowed(), h.want[q])
			}
			if h.want[q] {
				needed++
			} else {
				denied++
			}
		}
	}
	t.Logf("%d needed and %d denied connections of %d releases", needed, denied, len(hearings))
	if needed < 10*len(hearings) || denied < 10*len(hearings) {
		t.Errorf("asked for only %d needed and %d denied connections", needed, denied)
	}
}

func hear(p planned) *hearing {
	h := &hearing{}
	after := p.network.Only(nil)
	h.Cluster = after.Cluster
	h.Cluster.Pods = slices.Clone(after.Pods)
	for i := range h.Cluster.Pods {
		h.Cluster.Pods[i].Addresses = []netip.Addr{netip.AddrFrom4([4]byte{10, 42, 1, byte(i + 1)})}
	}
	for _, policy := range p.plan.Policies {
		h.Cluster.Policies = append(h.Cluster.Policies, netpol.Policy{Ref: policy.Ref(), Spec: policy.Spec})
	}
	proof := verify.Network(p.network.Only(nil), p.flows, p.plan)
	open := map[string]bool{}
	for _, pair := range proof.StillOpen {
		open[name(pair.From, pair.To, pair.Port)] = true
	}
	for _, f := range p.flows {
		if opened(p.plan, f) {
			h.flow(f, open)
		}
	}
	for i, from := range h.Cluster.Pods {
		for j, to := range h.Cluster.Pods {
			for _, port := range to.Ports {
				if i != j && from.Workload != to.Workload && !open[name(from.Workload, to.Workload, port.Port)] {
					h.ask(oracle.End{Pod: i}, oracle.End{Pod: j}, port.Port, false, name(from.Workload, to.Workload, port.Port))
				}
			}
		}
	}
	return h
}

// opened leaves out what the plan closes on purpose, and what comes from a
// source that only the policies in force name: no address or pod stands for it.
func opened(plan harden.NetworkPlan, f airflow.Flow) bool {
	same := func(o harden.Open) bool { return o.Flow.ID == f.ID && o.Flow.To.Name == f.To.Name }
	unseen := f.From.Place == airflow.EntryPoint || f.From.Place == airflow.Scraper
	return !slices.ContainsFunc(plan.Closed, same) && (!unseen || slices.ContainsFunc(plan.Open, same))
}

func name(from, to *airflow.Workload, port airflow.Port) string {
	return fmt.Sprintf("%s → %s:%s", workloadName(from), workloadName(to), port)
}

func workloadName(w *airflow.Workload) string {
	if w == nil {
		return "a stranger"
	}
	return w.Ref.String() + w.PodPath
}

func (h *hearing) ask(from, to oracle.End, port airflow.Port, want bool, what string) {
	h.Questions = append(h.Questions, oracle.Question{From: from, To: to, Port: port})
	h.want, h.what = append(h.want, want), append(h.what, what)
}

// flow asks for each pair of the ends' pods, and notes that it is needed.
func (h *hearing) flow(f airflow.Flow, needed map[string]bool) {
	ports := f.Ports
	if len(ports) == 0 {
		ports = []airflow.Port{{Number: 443, Protocol: corev1.ProtocolTCP}}
	}
	for _, port := range ports {
		needed[name(f.From.Workload, f.To.Workload, port)] = true
		for _, from := range h.ends(f.From) {
			for _, to := range h.ends(f.To) {
				h.ask(from, to, port, true, f.ID+" "+f.From.Name+" → "+f.To.Name+":"+port.String())
			}
		}
	}
}

// ends are the pods of an end, or a pod or an address that stands for it.
func (h *hearing) ends(e airflow.End) []oracle.End {
	switch {
	case e.Workload != nil:
		var out []oracle.End
		for i, pod := range h.Cluster.Pods {
			if pod.Workload == e.Workload {
				out = append(out, oracle.End{Pod: i})
			}
		}
		return out
	case e.Place == airflow.Pods:
		return []oracle.End{{Pod: h.outsider(e)}}
	case len(e.Addresses) > 0:
		return []oracle.End{{Address: e.Addresses[0].Addr()}}
	}
	return []oracle.End{{Address: someHost}}
}

// outsider adds a pod that an end's selectors take.
func (h *hearing) outsider(e airflow.End) int {
	pod := airflow.Pod{Namespace: "airflow", Name: e.Name, Addresses: []netip.Addr{netip.AddrFrom4([4]byte{10, 43, 0, byte(len(h.Cluster.Pods))})}}
	if e.Namespaces != nil {
		pod.Namespace = cmp.Or(e.Namespaces.MatchLabels["kubernetes.io/metadata.name"], "elsewhere")
	}
	if e.Labels != nil {
		pod.Labels = e.Labels.MatchLabels
	}
	if i := slices.IndexFunc(h.Cluster.Pods, func(p airflow.Pod) bool { return p.Name == pod.Name && p.Namespace == pod.Namespace }); i >= 0 {
		return i
	}
	h.Cluster.Pods = append(h.Cluster.Pods, pod)
	return len(h.Cluster.Pods) - 1
}
