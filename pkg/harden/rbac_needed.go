package harden

import (
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// NeededRights are what the pods of one workload need, and are to have after a plan.
type NeededRights struct {
	Workload *airflow.Workload
	// Token says that the pods need one, for the Kubernetes API or to log in elsewhere.
	Token bool
	// Places are where they need rights, by need and namespace.
	Places []NeededPlace
}

// NeededPlace is one need in one namespace.
type NeededPlace struct {
	Namespace string
	Rules     []rbacv1.PolicyRule
	Why       string
}

// Needed are the rights that a release needs as it stands: those that only
// might be needed and that it does not have are left out.
func Needed(m *airflow.Model, o RBACOptions) []NeededRights {
	p := newRBACPlanner(m, o)
	p.sitDown()
	var out []NeededRights
	for _, s := range p.seats {
		if unknown(s.w) {
			continue
		}
		n := NeededRights{Workload: s.w, Token: s.token}
		for _, need := range s.needs {
			for _, namespace := range p.namespacesOf(need, s.w) {
				n.Places = append(n.Places, NeededPlace{namespace, need.Rules, need.Why})
			}
		}
		if n.Token {
			out = append(out, n)
		}
	}
	return out
}

// Owned says whether a right comes from a role that is the release's own, or a plan's.
func Owned(m *airflow.Model, o RBACOptions, g airflow.Grant) bool {
	role := m.Snapshot.Find(snapshot.Kind(g.Role.Kind), g.Role.Namespace, g.Role.Name)
	return role != nil && (&rbacPlanner{model: m, options: o}).owned(role)
}
