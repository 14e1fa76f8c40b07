package rules

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var notPrivileged = &rule.Rule{
	ID:       "AS101",
	Slug:     "not-privileged",
	Title:    "No container is privileged",
	Why:      "A privileged container sees the node's devices and holds every capability. Whoever runs code in it, a DAG author for one, owns the node and all pods on it.",
	Fix:      "Set privileged: false on the container and give it the one capability or device it needs instead.",
	Severity: rule.Critical,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Patch, rule.Manual},
	Topics:   []string{"K8s", "Work"},
	Refs: []rule.Ref{
		pss("baseline: privileged"), cis("5.2.2"), nsa("Pod security"), owasp("K01"), mitre("T1611"), mitre("T1610"),
	},
	Needs: snapshot.Workloads,
	Check: podSecurity("AS101"),
}

func locatePrivileged(q probe) []place {
	var out []place
	for _, c := range q.containers() {
		out = append(out, q.set(c, "/securityContext/privileged", false,
			"container "+c.Name+" is privileged: code in it owns the node", "set privileged: false"))
	}
	return out
}
