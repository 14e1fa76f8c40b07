package rules

import (
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var noSecretReading = &rule.Rule{
	ID:       "AS303",
	Slug:     "no-secret-reading",
	Title:    "No service account of the release may read Secrets that it does not name",
	Why:      "One API call from a DAG then shows every Secret of the namespace: the database, the Fernet key, the keys of other applications. It also shows Helm's stored values.",
	Fix:      "Take get, list and watch on secrets out of the role; name the Secrets where a task must read some.",
	Severity: rule.Critical,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Patch, rule.Values, rule.Manual},
	Topics:   []string{"Sec", "Work"},
	Refs:     []rule.Ref{cis("5.1.2"), nsa("Authentication and authorization: RBAC"), owasp("K02"), owasp("K03"), mitre("T1552.007")},
	Needs:    slices.Concat(snapshot.Workloads, rbacKinds),
	Uses:     []snapshot.Kind{snapshot.ServiceAccount},
	Check:    checkNoSecretReading,
}

func checkNoSecretReading(p *rule.Pass) {
	over := &excesses{pass: p}
	for _, g := range heldGrants(p) {
		if rights := included(g.Rule, "", []string{"secrets"}, []string{"get", "list", "watch"}); len(rights) > 0 {
			over.add(g, "", rights...)
		}
	}
	over.report(func(x *excess) string {
		return x.names() + " may read every Secret: " + rightsInWords(x.all())
	})
}

// included are the single rights on resources of a group, with any name, that a rule gives.
func included(granted rbacv1.PolicyRule, group string, resources, verbs []string) []rbacv1.PolicyRule {
	var out []rbacv1.PolicyRule
	for _, resource := range resources {
		for _, verb := range verbs {
			if one := single(group, resource, verb); gives(granted, one) {
				out = append(out, one)
			}
		}
	}
	return out
}
