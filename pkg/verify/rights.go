package verify

import (
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// RightsProof is what a plan does to the rights that a release needs.
type RightsProof struct {
	// Needed are the single needs, each of one workload in one namespace; Covered of them are granted.
	Needed, Covered int
	// Missing are the needs that are not covered, and Tokenless the workloads
	// that need a token and have none.
	Missing   []Right
	Tokenless []Right
	// Beyond is what the release's own roles still grant and nobody needs.
	Beyond []Right
}

// Right is some rights of one account in one namespace.
type Right struct {
	// Workload needs them; empty for rights beyond need.
	Workload  snapshot.Ref      `json:"workload,omitzero"`
	Component airflow.Component `json:"component,omitempty"`
	Account   snapshot.Ref      `json:"account"`
	// Namespace is where; empty is everywhere.
	Namespace string              `json:"namespace,omitempty"`
	Rules     []rbacv1.PolicyRule `json:"rules,omitempty"`
	// Role grants them; empty for what is missing.
	Role snapshot.Ref `json:"role,omitzero"`
	Why  string       `json:"why,omitempty"`
	// Before says that it was so before the plan, too.
	Before bool `json:"before,omitempty"`
}

// Holds says that the plan takes nothing away that is needed.
func (p RightsProof) Holds() bool {
	for _, r := range append(p.Missing[:len(p.Missing):len(p.Missing)], p.Tokenless...) {
		if !r.Before {
			return false
		}
	}
	return true
}

// Rights proves that after a plan each component holds what it needs, and a
// token where it needs one; and tells what is granted beyond that.
func Rights(before, after *airflow.Model, o harden.RBACOptions) RightsProof {
	var out RightsProof
	was, is := accountsOf(before), accountsOf(after)
	for _, need := range harden.Needed(before, o) {
		now := same(after, need.Workload)
		if now == nil {
			continue
		}
		account := is[now]
		r := Right{Workload: now.Ref, Component: now.Component, Account: account.Ref()}
		if need.Token && !mounts(after, now) {
			r.Before = !mounts(before, need.Workload)
			out.Tokenless = append(out.Tokenless, r)
		}
		for _, p := range need.Places {
			out.Needed++
			missing := airflow.RightsMissing(grantedIn(account, p.Namespace), p.Rules)
			if len(missing) == 0 {
				out.Covered++
				continue
			}
			r.Namespace, r.Rules, r.Why = p.Namespace, airflow.MergeRules(missing), p.Why
			r.Before = len(airflow.RightsMissing(grantedIn(was[need.Workload], p.Namespace), missing)) > 0
			out.Missing = append(out.Missing, r)
		}
	}
	out.Beyond = beyondNeed(after, o)
	return out
}

// same is a workload of the state after, by its object and its place there.
func same(m *airflow.Model, w *airflow.Workload) *airflow.Workload {
	for _, other := range m.Workloads {
		if other.Ref.Same(w.Ref) && other.PodPath == w.PodPath && (other.Owner == nil) == (w.Owner == nil) {
			return other
		}
	}
	return nil
}

func mounts(m *airflow.Model, w *airflow.Workload) bool {
	token := m.MountsToken(w)
	return token.Mounted || !token.Known
}

func accountsOf(m *airflow.Model) map[*airflow.Workload]*airflow.Account {
	out := map[*airflow.Workload]*airflow.Account{}
	for _, a := range m.Accounts() {
		for _, w := range a.Workloads {
			out[w] = a
		}
	}
	return out
}

// grantedIn is what an account holds in a namespace.
func grantedIn(a *airflow.Account, namespace string) []rbacv1.PolicyRule {
	var out []rbacv1.PolicyRule
	for _, g := range a.Grants {
		if g.Namespace == "" || g.Namespace == namespace {
			out = append(out, g.Rule)
		}
	}
	return out
}

// beyondNeed is what the release's own roles grant to accounts whose pods do not need it.
func beyondNeed(m *airflow.Model, o harden.RBACOptions) []Right {
	var out []Right
	for _, a := range m.Accounts() {
		var needed []rbacv1.PolicyRule
		var component airflow.Component
		for _, c := range a.Components() {
			component = c
			needed = append(needed, m.NeededRules(c, o.Functions...)...)
		}
		for _, g := range a.Grants {
			over := airflow.RightsBeyond([]rbacv1.PolicyRule{g.Rule}, needed)
			if len(over) == 0 || !harden.Owned(m, o, g) {
				continue
			}
			out = append(out, Right{Component: component, Account: a.Ref(), Namespace: g.Namespace, Rules: airflow.MergeRules(over), Role: g.Role})
		}
	}
	return out
}
