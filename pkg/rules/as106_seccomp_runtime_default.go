package rules

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var seccompRuntimeDefault = &rule.Rule{
	ID:       "AS106",
	Slug:     "seccomp-runtime-default",
	Title:    "System calls are filtered as the profile's Pod Security level asks",
	Why:      "Without a seccomp filter, code in the pod may try every system call of the node's kernel, among them those that most container escapes start with.",
	Fix:      "Set seccompProfile.type: RuntimeDefault on the pod, and take Unconfined away wherever it stands (all that profile baseline asks).",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Patch, rule.Manual},
	Topics:   []string{"K8s", "Work"},
	Refs: []rule.Ref{
		pss("baseline: seccompProfile_baseline"), pss("restricted: seccompProfile_restricted"), cis("5.6.2"),
		nsa("Pod security: Hardening container environments"), owasp("K01"), mitre("T1611"),
	},
	Needs: snapshot.Workloads,
	Check: podSecurity("AS106"),
}

const seccompField = "/securityContext/seccompProfile"

// locateSeccomp finds profiles that are off, and the pods that leave the choice to the node.
func locateSeccomp(q probe) []place {
	const order = "set seccompProfile.type: RuntimeDefault"
	runtimeDefault := map[string]any{"type": "RuntimeDefault"}
	silent := func(list ...airflow.Container) string {
		return "nothing filters the system calls of " + named(list) + ": seccompProfile is not set"
	}
	var out []place
	heirs := q.heirs()
	switch {
	case q.pod():
		out = append(out, q.setPod(seccompField, runtimeDefault, "the pod switches the system call filter off", order))
	case len(heirs) > 0 && len(q.reached(seccompField)) == 0:
		out = append(out, q.setPod(seccompField, runtimeDefault, silent(heirs...), order))
	default:
		for _, c := range heirs {
			out = append(out, q.set(c, seccompField, runtimeDefault, silent(c), order))
		}
	}
	for _, c := range q.containers() {
		out = append(out, q.set(c, seccompField, runtimeDefault, "container "+c.Name+" switches the system call filter off", order))
	}
	return out
}
