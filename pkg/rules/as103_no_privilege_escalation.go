package rules

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var noPrivilegeEscalation = &rule.Rule{
	ID:       "AS103",
	Slug:     "no-privilege-escalation",
	Title:    "Airflow containers cannot gain privileges",
	Why:      "DAG code is arbitrary code. A setuid binary in the image turns a DAG author into root in the pod.",
	Fix:      "Set allowPrivilegeEscalation: false on every container of the component.",
	Severity: rule.High,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Patch, rule.Manual},
	Topics:   []string{"K8s", "Work"},
	Refs: []rule.Ref{
		pss("restricted: allowPrivilegeEscalation"), cis("5.2.6"), nsa("Pod security"), owasp("K01"), mitre("T1068"), mitre("T1611"),
	},
	Needs: snapshot.Workloads,
	Check: podSecurity("AS103"),
}

func locateEscalation(q probe) []place {
	var out []place
	for _, c := range q.containers() {
		out = append(out, q.set(c, "/securityContext/allowPrivilegeEscalation", false,
			"container "+c.Name+" may gain privileges, by a setuid binary for one: allowPrivilegeEscalation is not false",
			"set allowPrivilegeEscalation: false"))
	}
	return out
}
