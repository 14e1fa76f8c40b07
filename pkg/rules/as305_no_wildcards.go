package rules

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/component-helpers/auth/rbac/validation"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var noWildcards = &rule.Rule{
	ID:       "AS305",
	Slug:     "no-wildcards",
	Title:    "No role of the release uses a wildcard",
	Why:      "A * gives rights to everything, and to whatever is installed later. A task with it takes over the namespace, or, with a ClusterRoleBinding, the cluster.",
	Fix:      "Name the API groups, the resources and the verbs that are needed.",
	Severity: rule.Critical,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Patch, rule.Values, rule.Manual},
	Topics:   []string{"K8s"},
	Refs:     []rule.Ref{cis("5.1.1"), cis("5.1.3"), nsa("Authentication and authorization: RBAC"), owasp("K02"), mitre("T1098.006"), mitre("T1078")},
	Needs:    slices.Concat(snapshot.Workloads, rbacKinds),
	Uses:     []snapshot.Kind{snapshot.ServiceAccount},
	Check:    checkNoWildcards,
}

func checkNoWildcards(p *rule.Pass) {
	over := &excesses{pass: p}
	for _, g := range heldGrants(p) {
		for _, part := range []struct {
			field string
			list  []string
		}{{"/apiGroups", g.Rule.APIGroups}, {"/resources", g.Rule.Resources}, {"/verbs", g.Rule.Verbs}} {
			if len(g.Rule.NonResourceURLs) == 0 && slices.ContainsFunc(part.list, func(s string) bool { return strings.Contains(s, "*") }) {
				over.add(g, part.field, validation.BreakdownRule(g.Rule)...)
			}
		}
	}
	over.report(func(x *excess) string {
		return fmt.Sprintf("a wildcard lets %s %s", x.names(), rightsInWords(x.all()))
	})
}
