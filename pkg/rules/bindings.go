package rules

import (
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// bindingKinds give rights to accounts, users and groups.
var bindingKinds = []snapshot.Kind{snapshot.RoleBinding, snapshot.ClusterRoleBinding}

// rbacKinds are all that decides on rights.
var rbacKinds = []snapshot.Kind{snapshot.Role, snapshot.RoleBinding, snapshot.ClusterRole, snapshot.ClusterRoleBinding}

// bindings are all of the snapshot.
func bindings(p *rule.Pass) []*snapshot.Object {
	var out []*snapshot.Object
	for _, kind := range bindingKinds {
		out = append(out, p.Objects(kind)...)
	}
	return out
}

// subjects are those a binding names; an account's namespace is filled in.
func subjects(binding *snapshot.Object) []rbacv1.Subject {
	list, _ := binding.At("subjects").([]any)
	out := make([]rbacv1.Subject, len(list))
	for i, entry := range list {
		if fields, ok := entry.(map[string]any); ok {
			_ = airflow.Decode(fields, &out[i]) // what does not decode names nobody
		}
		if out[i].Kind == rbacv1.ServiceAccountKind && out[i].Namespace == "" {
			out[i].Namespace = binding.Namespace
		}
	}
	return out
}

// isAccount says whether a subject is one account, named as itself or as its user.
func isAccount(s rbacv1.Subject, namespace, name string) bool {
	switch s.Kind {
	case rbacv1.ServiceAccountKind:
		return s.Namespace == namespace && s.Name == name
	case rbacv1.UserKind:
		return s.Name == "system:serviceaccount:"+namespace+":"+name
	}
	return false
}

// roleOf names the role that a binding gives.
func roleOf(binding *snapshot.Object) snapshot.Ref {
	kind, _ := binding.At("roleRef", "kind").(string)
	name, _ := binding.At("roleRef", "name").(string)
	ref := snapshot.Ref{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: kind, Name: name}
	if kind == string(snapshot.Role) {
		ref.Namespace = binding.Namespace
	}
	return ref
}

// findRole is a role's object, or nil where it was not seen.
func findRole(p *rule.Pass, ref snapshot.Ref) *snapshot.Object {
	list := p.Objects(snapshot.Kind(ref.Kind))
	i := slices.IndexFunc(list, func(o *snapshot.Object) bool { return o.Same(ref) })
	if i < 0 {
		return nil
	}
	return list[i]
}
