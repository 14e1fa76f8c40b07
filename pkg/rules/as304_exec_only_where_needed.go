package rules

import (
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var execOnlyWhereNeeded = &rule.Rule{
	ID:       "AS304",
	Slug:     "exec-only-where-needed",
	Title:    "Only accounts that need it may run commands in other pods",
	Why:      "Running a command in a pod is having all that the pod has: a shell in the database, the scheduler, or any other pod of the namespace, with its keys.",
	Fix:      "Take pods/exec and its like out of the role, unless KubernetesPodOperator reads XComs from its sidecar.",
	Severity: rule.High,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Patch, rule.Values, rule.Manual},
	Topics:   []string{"Work", "K8s"},
	Refs:     []rule.Ref{cis("5.1.4"), nsa("Authentication and authorization: RBAC"), owasp("K02"), mitre("T1609")},
	Needs:    slices.Concat(snapshot.Workloads, rbacKinds),
	Uses:     []snapshot.Kind{snapshot.ServiceAccount},
	Check:    checkExecOnlyWhereNeeded,
}

func checkExecOnlyWhereNeeded(p *rule.Pass) {
	over := &excesses{pass: p}
	for _, g := range heldGrants(p) {
		rights := slices.Concat(
			included(g.Rule, "", []string{"pods/exec", "pods/attach"}, []string{"create", "get"}),
			included(g.Rule, "", []string{"pods/ephemeralcontainers"}, []string{"patch", "update"}),
		)
		if rights = beyond(rights, neededBy(p, g.Account)); len(rights) > 0 {
			over.add(g, "", rights...)
		}
	}
	over.report(func(x *excess) string {
		return x.names() + " may run commands in every pod: " + rightsInWords(x.all())
	})
}
