package rules

import (
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var namespacedOnly = &rule.Rule{
	ID:       "AS306",
	Slug:     "namespaced-only",
	Title:    "The release's rights end at its namespace",
	Why:      "A ClusterRoleBinding gives a DAG author the same rights in every namespace: to make pods next to other applications, with their Secrets.",
	Fix:      "Bind the role with a RoleBinding in the namespaces where Airflow launches pods, or declare those namespaces.",
	Severity: rule.High,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"K8s"},
	Refs: []rule.Ref{
		cis("5.1.3"), cis("5.6.1"), nsa("Authentication and authorization: RBAC"), nsa("Network separation: Namespaces"),
		owasp("K02"), mitre("T1098.006"), mitre("T1613"),
	},
	Needs: slices.Concat(snapshot.Workloads, []snapshot.Kind{snapshot.ClusterRoleBinding}),
	Uses:  []snapshot.Kind{snapshot.ServiceAccount, snapshot.Role, snapshot.RoleBinding, snapshot.ClusterRole},
	Check: checkNamespacedOnly,
}

func checkNamespacedOnly(p *rule.Pass) {
	accounts := p.Accounts()
	p.Subjects += len(accounts)
	declared := len(p.Parameters.Namespaces) > 1
	for _, binding := range p.Objects(snapshot.ClusterRoleBinding) {
		for i, s := range subjects(binding) {
			if !isOneOf(s, accounts) || declared {
				continue
			}
			p.Report(rule.Finding{
				Target: binding.Ref, Path: fmt.Sprintf("/subjects/%d", i), Component: componentOf(s, accounts),
				Message: fmt.Sprintf("service account %s holds %s in every namespace", s.Name, roleOf(binding)),
				Fixes:   clusterWideFixes(p, binding),
			})
		}
	}
}

// componentOf is the component whose pods run as a subject; empty where there are several.
func componentOf(s rbacv1.Subject, accounts []*airflow.Account) string {
	for _, a := range accounts {
		if isAccount(s, a.Namespace, a.Name) {
			return (&excess{accounts: []*airflow.Account{a}}).component()
		}
	}
	return ""
}

// clusterWideSwitches are the official chart's keys that make cluster-wide bindings, by the role they bind.
// Source: templates/rbac of 1.15 to 1.22.
var clusterWideSwitches = []struct{ role, key, order string }{
	{"system:openshift:scc:", "rbac.createSCCRoleBinding", "set rbac.createSCCRoleBinding: false and use the cluster's own security context constraints"},
	{"", "multiNamespaceMode", "set multiNamespaceMode: false"},
}

func clusterWideFixes(p *rule.Pass, binding *snapshot.Object) []rule.Fix {
	if p.Airflow().Dialect == airflow.Official && binding.Labels()["tier"] == "airflow" {
		for _, s := range clusterWideSwitches {
			if strings.HasPrefix(roleOf(binding).Name, s.role) {
				return []rule.Fix{{Kind: rule.Values, Summary: s.order, ValuesKey: s.key}}
			}
		}
	}
	return []rule.Fix{{Kind: rule.Manual, Summary: fmt.Sprintf("replace it by a RoleBinding in namespace %s", p.Airflow().Namespace)}}
}
