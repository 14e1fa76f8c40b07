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

var roleIsLeastPrivilege = &rule.Rule{
	ID:       "AS302",
	Slug:     "role-is-least-privilege",
	Title:    "Airflow's service accounts hold only rights that their pods need",
	Why:      "Whoever runs code in a pod, a DAG author for instance, has all rights of its service account. The right to make pods is the right to use any Secret and any service account of the namespace.",
	Fix:      "Leave in each role only what the executor and the declared functions need, or bind none.",
	Severity: rule.High,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Patch, rule.Values, rule.Manual},
	Topics:   []string{"K8s", "Work"},
	Refs: []rule.Ref{
		cis("5.1.3"), cis("5.1.4"), nsa("Authentication and authorization: RBAC"), owasp("K02"),
		mitre("T1610"), mitre("T1053.007"), mitre("T1098.006"),
	},
	Needs: slices.Concat(snapshot.Workloads, rbacKinds),
	Uses:  []snapshot.Kind{snapshot.ServiceAccount},
	Check: checkRoleIsLeastPrivilege,
}

// defaultAccount is the account of pods that name none; AS308 judges what it holds.
const defaultAccount = "default"

func checkRoleIsLeastPrivilege(p *rule.Pass) {
	over := &excesses{pass: p}
	for _, g := range heldGrants(p) {
		if g.Account.Name == defaultAccount {
			continue
		}
		if rights := beyond([]rbacv1.PolicyRule{g.Rule}, neededBy(p, g.Account)); len(rights) > 0 {
			over.add(g, wholeRole, rights...)
		}
	}
	over.report(unneededInWords)
}

// unneededInWords says who holds what too much, accounts with the same excess together.
func unneededInWords(x *excess) string {
	var order []string
	holders := map[string][]*airflow.Account{}
	for _, a := range x.accounts {
		words := rightsInWords(x.rights[a])
		if holders[words] == nil {
			order = append(order, words)
		}
		holders[words] = append(holders[words], a)
	}
	var out []string
	for _, words := range order {
		out = append(out, fmt.Sprintf("%s may, without need: %s", (&excess{accounts: holders[words]}).names(), words))
	}
	return strings.Join(out, ". Also ")
}
