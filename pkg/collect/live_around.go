package collect

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// everybody are the groups and users whose rights a release's pods share, or that need no login at all.
var everybody = []string{
	"system:authenticated", "system:unauthenticated", "system:anonymous", "system:serviceaccounts",
}

// surround marks what is not the release's but bears on it: what its pods refer
// to, the Services that reach them, the routes to those, the policies of the
// namespace, and who may do what in its name.
func (w *ownership) surround() {
	w.referred()
	w.synced()
	w.reached()
	w.also(func(o *snapshot.Object) bool {
		return o.Kind == string(snapshot.NetworkPolicy) || o.Kind == string(snapshot.Namespace) || isEngine(o)
	})
	w.reported()
	w.permitted()
}

// referred marks the Secrets, ConfigMaps and claims that the release's pods
// name: users make many of them by hand. The default account is read always.
func (w *ownership) referred() {
	wanted := named{}
	for _, o := range append(w.kept(), w.recorded()...) {
		if pod := podOf(o); pod != nil {
			wanted.putRefs(pod["spec"], podRefs)
		}
	}
	delete(wanted[snapshot.ConfigMap], clusterCA)
	wanted[snapshot.ServiceAccount] = map[string]bool{defaultAccount: true}
	for account := range w.accounts {
		wanted.put(snapshot.ServiceAccount, account)
	}
	w.also(func(o *snapshot.Object) bool { return wanted.has(snapshot.Kind(o.Kind), o.Name) })
}

// isEngine says whether an object is a policy of another engine.
func isEngine(o *snapshot.Object) bool {
	return slices.ContainsFunc(inNamespace, func(r reading) bool {
		return r.kind == snapshot.PolicyEngines && r.group == o.Group()
	})
}

// clusterCA is in every namespace and in every pod, and belongs to no release.
const clusterCA = "kube-root-ca.crt"

// reached marks Services that select the release's pods, routes to its
// Services, and autoscalers of its workloads.
func (w *ownership) reached() {
	var pods []map[string]any
	owned := named{}
	for _, o := range w.kept() {
		owned.put(snapshot.Kind(o.Kind), o.Name)
		if labels, _ := in(podOf(o), "metadata", "labels").(map[string]any); labels != nil {
			pods = append(pods, labels)
		}
	}
	w.also(func(o *snapshot.Object) bool {
		selector, _ := o.At("spec", "selector").(map[string]any)
		picks := func(labels map[string]any) bool { return selects(selector, labels) }
		if o.Kind != string(snapshot.Service) || !slices.ContainsFunc(pods, picks) {
			return false
		}
		owned.put(snapshot.Service, o.Name)
		return true
	})
	w.also(func(o *snapshot.Object) bool { return leadsTo(o, owned) })
}

// leadsTo says whether an object sends traffic to, or scales, an owned one.
func leadsTo(o *snapshot.Object, owned named) bool {
	switch snapshot.Kind(o.Kind) {
	case snapshot.Ingress, snapshot.HTTPRoute, snapshot.Route:
		targets := named{}
		targets.putRefs(o.At("spec"), routeRefs)
		for name := range targets[snapshot.Service] {
			if owned.has(snapshot.Service, name) {
				return true
			}
		}
	case snapshot.Autoscaler:
		kind, _ := o.At("spec", "scaleTargetRef", "kind").(string)
		name, _ := o.At("spec", "scaleTargetRef", "name").(string)
		return owned.has(snapshot.Kind(kind), name)
	}
	return false
}

// permitted marks the bindings that name the release's accounts, or everybody, and their Roles.
func (w *ownership) permitted() {
	w.also(func(o *snapshot.Object) bool { return o.Kind == string(snapshot.RoleBinding) && w.concerns(o) })
	roles := named{}
	for _, o := range w.kept() {
		roles.put(roleOf(o))
	}
	w.also(func(o *snapshot.Object) bool {
		return o.Kind == string(snapshot.Role) && roles.has(snapshot.Role, o.Name)
	})
}

// roleOf is the role that a binding grants.
func roleOf(o *snapshot.Object) (kind snapshot.Kind, name string) {
	text, _ := o.At("roleRef", "kind").(string)
	name, _ = o.At("roleRef", "name").(string)
	return snapshot.Kind(text), name
}

// concerns says whether a binding gives rights to one of the release's accounts,
// to its namespace's default account, or to a group that holds them.
func (w *ownership) concerns(binding *snapshot.Object) bool {
	list, _ := binding.At("subjects").([]any)
	return slices.ContainsFunc(list, func(subject any) bool {
		kind, _ := in(subject, "kind").(string)
		name, _ := in(subject, "name").(string)
		namespace, _ := in(subject, "namespace").(string)
		if namespace == "" {
			namespace = binding.Namespace
		}
		if user, found := strings.CutPrefix(name, "system:serviceaccount:"); found && kind == "User" {
			kind = string(snapshot.ServiceAccount)
			namespace, name, _ = strings.Cut(user, ":")
		}
		if kind == string(snapshot.ServiceAccount) {
			return namespace == w.release.Namespace && (name == defaultAccount || w.accounts[name])
		}
		return slices.Contains(everybody, name) || name == "system:serviceaccounts:"+w.release.Namespace
	})
}
