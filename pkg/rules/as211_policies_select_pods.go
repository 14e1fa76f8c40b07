package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var policiesSelectPods = &rule.Rule{
	ID:       "AS211",
	Slug:     "policies-select-pods",
	Title:    "Every policy of the release selects pods, and none counts on labels that task pods do not carry",
	Why:      "A policy that selects nothing protects nothing and looks as if it did: what it was written for stands open to any attacker with a pod in the cluster. One that counts on labels which task pods lack cuts them off, and is soon taken away as a whole.",
	Fix:      "Write selectors with labels that the pods really carry, and for task pods with those that the executor stamps on them.",
	Severity: rule.Medium,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Patch, rule.Values, rule.Manual},
	Topics:   []string{"K8s"},
	Refs:     []rule.Ref{cis("5.3.2"), nsa("Network separation: Network policies"), owasp("K05")},
	Needs:    policyNeeds,
	Uses:     flowUses,
	Check:    checkPoliciesSelect,
}

func checkPoliciesSelect(p *rule.Pass) {
	n := p.Network()
	groups := podGroups(p)
	allRead := !slices.ContainsFunc(snapshot.Workloads, func(kind snapshot.Kind) bool { return !p.Offline() && !p.Read(kind) })
	for _, policy := range n.Policies {
		if policy.Object == nil || !ofRelease(p, policy.Object) {
			continue
		}
		p.Subjects++
		if allRead && !selectsAny(n, policy) {
			p.Report(rule.Finding{
				Target: policy.Ref, Path: "/spec/podSelector",
				Message: fmt.Sprintf("it selects no pod of the namespace, live or to come: %s", withLabels(&policy.Spec.PodSelector)),
				Fixes:   []rule.Fix{{Kind: rule.Manual, Summary: "give the selector labels that the pods carry, or take the policy away"}},
			})
		}
	}
	for _, f := range p.Flows() {
		if f.Demand != airflow.Optional && f.From.Workload != nil && len(airflow.StampedLabels(f.From.Workload.Component)) > 0 {
			checkTaskLabels(p, f, groups)
		}
	}
}

// ofRelease says whether a policy was made for the release: by its chart, or by this tool.
func ofRelease(p *rule.Pass, o *snapshot.Object) bool {
	release := p.Airflow().Release
	return p.Offline() || charted(p, o) || o.Labels()["airflowsec.io/release"] == release ||
		o.Annotations()["meta.helm.sh/release-name"] == release
}

func selectsAny(n *netpol.Network, policy netpol.Policy) bool {
	selector, err := metav1.LabelSelectorAsSelector(&policy.Spec.PodSelector)
	if err != nil {
		return true // what cannot be read is told of as such
	}
	return slices.ContainsFunc(n.Pods, func(pod airflow.Pod) bool {
		return pod.Namespace == policy.Ref.Namespace && !pod.HostNetwork && selector.Matches(labels.Set(pod.Labels))
	})
}

// checkTaskLabels finds the rule that lets others through on a port that is
// closed to the pods that tasks run in, though they need it as well.
func checkTaskLabels(p *rule.Pass, f airflow.Flow, groups []podGroup) {
	n := p.Network()
	v := n.Judge(f)
	to := slices.IndexFunc(groups, func(g podGroup) bool { return g.workload == f.To.Workload })
	from := slices.IndexFunc(groups, func(g podGroup) bool { return g.workload == f.From.Workload })
	if v.State != netpol.Cut || to < 0 || from < 0 {
		return
	}
	var told []netpol.Decision
	for _, loss := range v.Losses {
		if loss.Direction != netpol.Ingress {
			continue
		}
		for _, other := range groups {
			d := n.Evaluator.Ask(netpol.At(other.pods[0]), netpol.At(groups[to].pods[0]), loss.Port).Ingress
			if d.Policy < 0 || slices.ContainsFunc(told, func(t netpol.Decision) bool { return t.Policy == d.Policy && t.Rule == d.Rule }) {
				continue
			}
			told = append(told, d)
			if missing := missingLabels(n, d, n.Pods[groups[from].pods[0]]); len(missing) > 0 {
				reportTaskLabels(p, f, groups[to], loss.Port, d, missing)
			}
		}
	}
}

// missingLabels are those that a rule's selectors of pods ask for and a pod lacks.
func missingLabels(n *netpol.Network, d netpol.Decision, pod airflow.Pod) []string {
	missing := map[string]bool{}
	for _, peer := range n.Policies[d.Policy].Spec.Ingress[d.Rule].From {
		selector, err := metav1.LabelSelectorAsSelector(peer.PodSelector)
		if err != nil {
			continue
		}
		requirements, _ := selector.Requirements()
		for _, r := range requirements {
			if !r.Matches(labels.Set(pod.Labels)) {
				missing[r.String()] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(missing))
}

func reportTaskLabels(p *rule.Pass, f airflow.Flow, to podGroup, port airflow.Port, d netpol.Decision, missing []string) {
	policy := p.Network().Policies[d.Policy]
	var stamped []string
	for _, l := range airflow.StampedLabels(f.From.Workload.Component) {
		if l.Stable {
			stamped = append(stamped, l.Name+"="+l.Value)
		}
	}
	kept := func(n *netpol.Network) bool { return n.Judge(f).State == netpol.Kept }
	fixes := policyFixes(p, to, kept, "add a peer to the rule whose podSelector asks for "+andList(stamped))
	if key := p.Reachable("airflow.kubernetesPodTemplate.podLabels"); key != "" && p.Airflow().Dialect == airflow.Community && f.From.Workload.Component == airflow.TaskPod {
		fixes = append([]rule.Fix{{Kind: rule.Values, Summary: "give task pods the labels " + andList(missing), ValuesKey: key}}, fixes...)
	}
	p.Report(rule.Finding{
		Target: policy.Ref, Component: string(f.From.Workload.Component),
		Path: fmt.Sprintf("/spec/ingress/%d/from#%s/%s/%s", d.Rule, nameOf(f.From), nameOf(f.To), port),
		Message: fmt.Sprintf("it lets pods reach %s on port %s by labels that a %s does not carry (%s); %s carries %s",
			nameOf(f.To), port, f.From.Workload.Component, strings.Join(missing, ", "), "it always", andList(stamped)),
		Fixes: fixes,
	})
}
