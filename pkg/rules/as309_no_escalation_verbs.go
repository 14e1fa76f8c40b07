package rules

import (
	"slices"

	"k8s.io/component-helpers/auth/rbac/validation"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var noEscalationVerbs = &rule.Rule{
	ID:       "AS309",
	Slug:     "no-escalation-verbs",
	Title:    "No service account of the release can give itself more rights",
	Why:      "Whoever may bind roles, impersonate users, make tokens of other accounts or change admission has every right of the cluster, one call later.",
	Fix:      "Take these rights out of the role: no part of Airflow needs them.",
	Severity: rule.Critical,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Patch, rule.Values, rule.Manual},
	Topics:   []string{"K8s"},
	Refs: []rule.Ref{
		cis("5.1.8"), cis("5.1.9"), cis("5.1.10"), cis("5.1.11"), cis("5.1.12"), cis("5.1.13"),
		nsa("Authentication and authorization: RBAC"), owasp("K02"), mitre("T1098.006"), mitre("T1078"), mitre("T1528"),
	},
	Needs: slices.Concat(snapshot.Workloads, rbacKinds),
	Uses:  []snapshot.Kind{snapshot.ServiceAccount},
	Check: checkNoEscalationVerbs,
}

var change3 = []string{"create", "patch", "update"}

// rbacGroup is the API group of roles and bindings.
const rbacGroup = "rbac.authorization.k8s.io"

// escalations are the rights that lead to all others.
// Source: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
var escalations = []struct {
	group     string
	resources []string
	verbs     []string
}{
	{rbacGroup, []string{"clusterroles", "roles"}, []string{"bind", "create", "escalate", "patch", "update"}},
	{rbacGroup, []string{"clusterrolebindings", "rolebindings"}, change3},
	{"", []string{"groups", "serviceaccounts", "users"}, []string{"impersonate"}},
	{"authentication.k8s.io", []string{"uids"}, []string{"impersonate"}},
	{"", []string{"serviceaccounts/token"}, []string{"create"}},
	{"", []string{"nodes/proxy"}, []string{"create", "get"}},
	{"", []string{"persistentvolumes"}, []string{"create"}},
	{"certificates.k8s.io", []string{"certificatesigningrequests/approval"}, []string{"patch", "update"}},
	{"certificates.k8s.io", []string{"signers"}, []string{"approve", "sign"}},
	{"admissionregistration.k8s.io", []string{
		"mutatingadmissionpolicies", "mutatingadmissionpolicybindings", "mutatingwebhookconfigurations",
		"validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations",
	}, []string{"create", "delete", "patch", "update"}},
}

func checkNoEscalationVerbs(p *rule.Pass) {
	over := &excesses{pass: p}
	for _, g := range heldGrants(p) {
		if rights := escalating(g.Rule); len(rights) > 0 {
			over.add(g, "", rights...)
		}
	}
	over.report(func(x *excess) string {
		return x.names() + " can give itself more rights: " + rightsInWords(x.all())
	})
}

// escalating are the rights of a rule, named objects included, that lead to others.
func escalating(granted rbacv1.PolicyRule) []rbacv1.PolicyRule {
	var out []rbacv1.PolicyRule
	for _, e := range escalations {
		for _, resource := range e.resources {
			for _, verb := range e.verbs {
				one := single(e.group, resource, verb)
				one.ResourceNames = granted.ResourceNames
				for _, r := range validation.BreakdownRule(one) {
					if gives(granted, r) {
						out = append(out, r)
					}
				}
			}
		}
	}
	return out
}
