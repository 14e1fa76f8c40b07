package rules

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var memoryAndCPUBounded = &rule.Rule{
	ID:       "AS110",
	Slug:     "memory-and-cpu-bounded",
	Title:    "Every container asks for CPU and memory and is bounded in memory",
	Why:      "One DAG that eats memory or CPU takes the node's other pods down with it, the scheduler and the database among them. A pod that asks for nothing is the first to be evicted.",
	Fix:      "Set resources.requests.cpu, resources.requests.memory and resources.limits.memory on every container, from what it uses in practice.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Sched", "Work", "Redis"},
	Refs: []rule.Ref{
		nsa("Network separation: Resource policies"), owasp("K01"), mitre("T1496"), mitre("T1499"),
	},
	Needs: snapshot.Workloads,
	Check: checkBounded,
}

func checkBounded(p *rule.Pass) {
	for _, w := range p.Workloads() {
		for _, c := range w.Containers() {
			if c.Kind == airflow.Ephemeral {
				continue // Kubernetes lets them have no resources
			}
			p.Subjects++
			missing := unbounded(c.Resources, w.Spec.Resources)
			if len(missing) == 0 {
				continue
			}
			order := "set " + strings.Join(missing, ", ")
			p.Report(rule.Finding{
				Target: w.Ref, Component: string(w.Component), Container: c.Name, Path: c.Path + "/resources",
				Message: fmt.Sprintf("container %s may starve its node: %s not set", c.Name, strings.Join(missing, ", ")),
				Fixes:   podFixes(p, w, place{container: c.Name, field: airflow.Resources, order: order + " to what the container uses in practice"}),
				File:    w.Object.File, Line: w.Object.Line,
			})
		}
	}
}

// unbounded are the resources that neither the container nor its pod sets. A
// limit stands for a request, as the API server fills it in.
func unbounded(own corev1.ResourceRequirements, pod *corev1.ResourceRequirements) []string {
	if pod == nil {
		pod = &corev1.ResourceRequirements{}
	}
	has := func(name corev1.ResourceName, lists ...corev1.ResourceList) bool {
		for _, list := range lists {
			if quantity, set := list[name]; set && !quantity.IsZero() {
				return true
			}
		}
		return false
	}
	var out []string
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		if !has(name, own.Requests, own.Limits, pod.Requests, pod.Limits) {
			out = append(out, "requests."+string(name))
		}
	}
	if !has(corev1.ResourceMemory, own.Limits, pod.Limits) {
		out = append(out, "limits.memory")
	}
	return out
}
