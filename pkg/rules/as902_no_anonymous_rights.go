package rules

import (
	"fmt"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var noAnonymousRights = &rule.Rule{
	ID:       "AS902",
	Slug:     "no-anonymous-rights",
	Title:    "Nobody has rights in the release's namespace without logging in",
	Why:      "Whoever reaches the API server, often the whole internet, then reads or changes Airflow's objects without any credential.",
	Fix:      "Take system:anonymous and system:unauthenticated out of the binding.",
	Severity: rule.Critical,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Manual},
	Topics:   []string{"K8s"},
	Refs: []rule.Ref{
		cis("1.2.1"), cis("5.1.3"), nsa("Authentication and authorization"), owasp("K02"), owasp("K09"), mitre("T1078"), mitre("T1190"),
	},
	Needs: bindingKinds,
	Uses:  []snapshot.Kind{snapshot.Role, snapshot.ClusterRole},
	Check: checkNoAnonymousRights,
}

// anonymous are the user and the group of requests that nobody logged in for.
var anonymous = []string{"system:anonymous", "system:unauthenticated"}

// publicRoles only show the API server's paths, and every cluster binds them to everybody.
// userRoles are in every cluster too, and give rights to objects.
// Source: kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy.
var (
	publicRoles = []string{"system:public-info-viewer", "system:discovery", "system:basic-user"}
	userRoles   = []string{"cluster-admin", "admin", "edit", "view"}
)

func checkNoAnonymousRights(p *rule.Pass) {
	if !p.Offline() { // files hold the release's own bindings and tell nothing of the cluster's
		p.Subjects++
	}
	list := bindings(p)
	for _, binding := range list {
		for i, s := range subjects(binding) {
			if s.Kind != rbacv1.ServiceAccountKind && slices.Contains(anonymous, s.Name) {
				judgeAnonymous(p, binding, i, s.Name)
			}
		}
	}
}

// judgeAnonymous looks at the rights to objects: paths such as /healthz are public.
func judgeAnonymous(p *rule.Pass, binding *snapshot.Object, i int, who string) {
	ref := roleOf(binding)
	role := findRole(p, ref)
	words := "hold the rights of " + ref.String()
	switch {
	case role != nil:
		rights := beyond(airflow.PolicyRules(role), nil)
		if len(rights) == 0 {
			return
		}
		words = rightsInWords(rights)
	case slices.Contains(publicRoles, ref.Name):
		return
	case !slices.Contains(userRoles, ref.Name):
		p.Unknown(fmt.Sprintf("%s gives %s to %s, and what that role holds was not read", binding.Ref, ref, who))
		return
	}
	p.Report(rule.Finding{
		Target: binding.Ref, Path: fmt.Sprintf("/subjects/%d", i),
		Message: fmt.Sprintf("%s may, without logging in: %s", who, words),
		Fixes:   []rule.Fix{{Kind: rule.Manual, Summary: fmt.Sprintf("take %s out of %s", who, binding.Ref)}},
	})
}
