package collect

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// accessName is the name of the roles and of the user they are bound to; whoever applies them puts the real subject in.
const accessName = "airflowsec"

// Access is the exact rights a live run uses, as objects to apply: a Role for
// the namespace, a ClusterRole for what lives outside it, and their bindings;
// or, clusterWide, one ClusterRole for every namespace. Without secrets the
// release's record stays unread, and the release is recognised by its labels.
func Access(secrets, clusterWide bool, namespace string) []map[string]any {
	inside := append(slices.Clone(inNamespace), theNamespace)
	outside := append(slices.Clone(acrossCluster), clusterRoles, gateways)
	if !secrets {
		inside = slices.DeleteFunc(inside, func(r reading) bool { return r.kind == snapshot.Secret })
	}
	urls := map[string]any{"nonResourceURLs": list(paths), "verbs": list([]string{"get"})}
	inside = slices.DeleteFunc(inside, func(r reading) bool { // a right for all namespaces holds in this one
		return slices.ContainsFunc(outside, func(o reading) bool { return o.group == r.group && o.resource == r.resource && o.verb == r.verb })
	})
	if clusterWide {
		rules := append(policyRules(append(inside, outside...)), urls)
		return []map[string]any{role("ClusterRole", "", rules), binding("ClusterRole", "")}
	}
	return []map[string]any{
		role("Role", namespace, policyRules(inside)), binding("Role", namespace),
		role("ClusterRole", "", append(policyRules(outside), urls)), binding("ClusterRole", ""),
	}
}

// policyRules are the RBAC rules for some readings: one for each API group and verb, sorted.
func policyRules(readings []reading) []any {
	resources := map[[2]string][]string{}
	var keys [][2]string
	for _, r := range readings {
		key := [2]string{r.group, r.verb}
		if resources[key] == nil {
			keys = append(keys, key)
		}
		resources[key] = append(resources[key], r.resource)
	}
	slices.SortFunc(keys, func(a, b [2]string) int { return strings.Compare(a[0]+" "+a[1], b[0]+" "+b[1]) })
	var rules []any
	for _, key := range keys {
		slices.Sort(resources[key])
		rules = append(rules, map[string]any{
			"apiGroups": []any{key[0]}, "resources": list(slices.Compact(resources[key])), "verbs": []any{key[1]},
		})
	}
	return rules
}

func list(texts []string) []any {
	var out []any
	for _, text := range texts {
		out = append(out, text)
	}
	return out
}

func role(kind, namespace string, rules []any) map[string]any {
	return map[string]any{"apiVersion": rbacVersion, "kind": kind, "metadata": accessMeta(namespace), "rules": rules}
}

const rbacVersion = "rbac.authorization.k8s.io/v1"

func binding(kind, namespace string) map[string]any {
	group, _, _ := strings.Cut(rbacVersion, "/")
	return map[string]any{
		"apiVersion": rbacVersion, "kind": kind + "Binding", "metadata": accessMeta(namespace),
		"roleRef":  map[string]any{"apiGroup": group, "kind": kind, "name": accessName},
		"subjects": []any{map[string]any{"apiGroup": group, "kind": "User", "name": accessName}},
	}
}

func accessMeta(namespace string) map[string]any {
	meta := map[string]any{"name": accessName}
	if namespace != "" {
		meta["namespace"] = namespace
	}
	return meta
}
