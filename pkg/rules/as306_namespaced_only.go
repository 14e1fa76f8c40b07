package rules

import (
	"fmt"
	"slices"

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
		x := &excess{}
		for _, a := range accounts {
			if slices.ContainsFunc(subjects(binding), func(s rbacv1.Subject) bool { return isAccount(s, a.Namespace, a.Name) }) {
				x.accounts = append(x.accounts, a)
			}
		}
		if len(x.accounts) == 0 || declared {
			continue
		}
		p.Report(rule.Finding{
			Target: binding.Ref, Path: "/subjects", Component: x.component(),
			Message: fmt.Sprintf("%s holds in every namespace for %s", roleOf(binding), x.names()),
			Fixes:   clusterWideFixes(p, binding),
		})
	}
}

// clusterWideFixes: multiNamespaceMode is what makes the official chart's bindings cluster-wide.
// Source: templates/rbac of 1.15 to 1.22.
func clusterWideFixes(p *rule.Pass, binding *snapshot.Object) []rule.Fix {
	key := p.Reachable("multiNamespaceMode")
	if p.Airflow().Dialect == airflow.Official && binding.Labels()["tier"] == "airflow" && key != "" {
		return []rule.Fix{{Kind: rule.Values, Summary: "set multiNamespaceMode: false", ValuesKey: key, Value: false}}
	}
	return []rule.Fix{{Kind: rule.Manual, Summary: fmt.Sprintf("replace it by a RoleBinding in namespace %s", p.Airflow().Namespace)}}
}
