package airflow

import (
	"cmp"
	"fmt"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Account is a service account that pods of the release run as, with
// everything it is granted.
type Account struct {
	Namespace, Name string
	// Object is nil where the account was not seen; Unread then says why, or is
	// empty for Kubernetes' own "default" account, which no chart holds.
	Object *snapshot.Object
	Unread string
	// Workloads run as this account, in the model's order.
	Workloads []*Workload
	// Grants are sorted by binding, role and rule.
	Grants []Grant
	// Gaps say why Grants may be incomplete; empty where they are not.
	Gaps []string
}

// Ref names the account, seen or not.
func (a *Account) Ref() snapshot.Ref {
	return snapshot.Ref{APIVersion: "v1", Kind: string(snapshot.ServiceAccount), Namespace: a.Namespace, Name: a.Name}
}

// Components are those whose pods run as the account, each once, in the model's order.
func (a *Account) Components() []Component {
	var out []Component
	for _, w := range a.Workloads {
		if !slices.Contains(out, w.Component) {
			out = append(out, w.Component)
		}
	}
	return out
}

// Grant is one rule that an account holds through a binding.
type Grant struct {
	Rule rbacv1.PolicyRule
	// Role holds the rule at Path, a JSON pointer; Builtin roles were not read but are known.
	Role    snapshot.Ref
	Path    string
	Builtin bool
	Binding snapshot.Ref
	// Namespace is where the rule holds; empty means in all of them.
	Namespace string
	// Group is the group of accounts that the binding names; empty where it names the account itself.
	Group string
}

// Accounts are the service accounts of the release's pods, by namespace and name.
func (m *Model) Accounts() []*Account {
	byName := map[objectKey]*Account{}
	var out []*Account
	for _, w := range m.Workloads {
		key := objectKey{snapshot.ServiceAccount, w.Namespace(), w.ServiceAccount()}
		a := byName[key]
		if a == nil {
			a = m.account(key.namespace, key.name)
			byName[key] = a
			out = append(out, a)
		}
		a.Workloads = append(a.Workloads, w)
	}
	m.grant(out)
	slices.SortFunc(out, func(a, b *Account) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func (m *Model) account(namespace, name string) *Account {
	a := &Account{Namespace: namespace, Name: name, Object: m.index.find(snapshot.ServiceAccount, namespace, name)}
	if a.Object != nil || name == "default" && m.Snapshot.Offline() {
		return a
	}
	if a.Unread = m.index.unread(snapshot.ServiceAccount); a.Unread == "" {
		a.Unread = fmt.Sprintf("service account %s is not among the objects that were read", name)
	}
	return a
}

// builtinRoles are ClusterRoles that every cluster, or every OpenShift, has and no release holds.
// Sources: kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy; OpenShift's security context constraints.
var builtinRoles = map[string][]rbacv1.PolicyRule{
	"cluster-admin": {
		{Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{"*"}},
		{Verbs: []string{"*"}, NonResourceURLs: []string{"*"}},
	},
	"system:openshift:scc:anyuid": {
		{Verbs: []string{"use"}, APIGroups: []string{"security.openshift.io"}, Resources: []string{"securitycontextconstraints"}, ResourceNames: []string{"anyuid"}},
	},
}

func (m *Model) grant(accounts []*Account) {
	var gaps []string
	for _, kind := range []snapshot.Kind{snapshot.Role, snapshot.RoleBinding, snapshot.ClusterRole, snapshot.ClusterRoleBinding} {
		if reason := m.index.unread(kind); reason != "" && m.Snapshot.CoverageOf(kind).State != snapshot.Unserved {
			gaps = append(gaps, reason)
		}
	}
	for _, a := range accounts {
		a.Gaps = slices.Clone(gaps)
	}
	for _, kind := range []snapshot.Kind{snapshot.RoleBinding, snapshot.ClusterRoleBinding} {
		for _, binding := range m.Snapshot.OfKind(kind) {
			m.bind(binding, accounts)
		}
	}
	for _, a := range accounts {
		slices.SortStableFunc(a.Grants, func(x, y Grant) int {
			return cmp.Or(x.Binding.Compare(y.Binding), x.Role.Compare(y.Role), cmp.Compare(x.Path, y.Path))
		})
	}
}

func (m *Model) bind(o *snapshot.Object, accounts []*Account) {
	var subjects []rbacv1.Subject
	list, _ := o.At("subjects").([]any)
	for _, entry := range list {
		var subject rbacv1.Subject
		if fields, ok := entry.(map[string]any); ok && Decode(fields, &subject) == nil {
			subjects = append(subjects, subject)
		}
	}
	for _, a := range accounts {
		for _, subject := range subjects {
			if group, names := subjectNames(subject, o.Namespace, a); names {
				m.addGrants(a, o, group)
				break
			}
		}
	}
}

// subjectNames says whether a binding's subject covers an account, by its own
// name, its user name or a group that all accounts are in.
// Source: k8s.io/apiserver/pkg/authentication/serviceaccount.
func subjectNames(s rbacv1.Subject, bindingNamespace string, a *Account) (group string, names bool) {
	switch s.Kind {
	case rbacv1.ServiceAccountKind:
		return "", s.Name == a.Name && first(s.Namespace, bindingNamespace) == a.Namespace
	case rbacv1.UserKind:
		return "", s.Name == "system:serviceaccount:"+a.Namespace+":"+a.Name
	case rbacv1.GroupKind:
		switch s.Name {
		case "system:serviceaccounts", "system:serviceaccounts:" + a.Namespace, "system:authenticated":
			return s.Name, true
		}
	}
	return "", false
}

func (m *Model) addGrants(a *Account, binding *snapshot.Object, group string) {
	kind, _ := binding.At("roleRef", "kind").(string)
	name, _ := binding.At("roleRef", "name").(string)
	grant := Grant{
		Role:    snapshot.Ref{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: kind, Name: name},
		Binding: binding.Ref, Namespace: binding.Namespace, Group: group,
	}
	if kind == string(snapshot.Role) {
		grant.Role.Namespace = binding.Namespace
	}
	rules := builtinRoles[name]
	role := m.index.find(snapshot.Kind(kind), grant.Role.Namespace, name)
	switch {
	case role != nil:
		rules = PolicyRules(role)
		if m.Snapshot.Offline() && role.At("aggregationRule") != nil {
			a.Gaps = append(a.Gaps, fmt.Sprintf("%s gathers its rules from others, which only a cluster can tell", grant.Role))
		}
	case kind == string(snapshot.ClusterRole) && rules != nil:
		grant.Builtin = true
	case !m.Snapshot.Offline() && m.Snapshot.CoverageOf(snapshot.Kind(kind)).State == snapshot.Read:
		return // the role does not exist, and a binding to it grants nothing
	default:
		a.Gaps = append(a.Gaps, fmt.Sprintf("%s names %s, which is not among the objects that were read", binding.Ref, grant.Role))
		return
	}
	for i, rule := range rules {
		grant.Rule, grant.Path = rule, fmt.Sprintf("/rules/%d", i)
		a.Grants = append(a.Grants, grant)
	}
}

// RulesOf are the rules of a role by its name; nil where it was not seen or does not exist.
func (m *Model) RulesOf(role snapshot.Ref) []rbacv1.PolicyRule {
	if o := m.index.find(snapshot.Kind(role.Kind), role.Namespace, role.Name); o != nil {
		return PolicyRules(o)
	}
	if role.Kind == string(snapshot.ClusterRole) {
		return builtinRoles[role.Name]
	}
	return nil
}

// PolicyRules are the rules of a Role or ClusterRole, each at its place in the list.
func PolicyRules(o *snapshot.Object) []rbacv1.PolicyRule {
	list, _ := o.At("rules").([]any)
	out := make([]rbacv1.PolicyRule, len(list))
	for i, entry := range list {
		if fields, ok := entry.(map[string]any); ok {
			_ = Decode(fields, &out[i]) // a rule that does not decode grants nothing
		}
	}
	return out
}
