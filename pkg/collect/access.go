package collect

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// accessName is the name of the roles and of the user they are bound to; whoever applies them puts the real subject in.
const accessName = "airflowsec"

// Access is the exact rights a live run uses, as objects to apply: a Role for
// the namespace, one for the API server's own pods, a ClusterRole for what else
// lives outside the namespace, and their bindings; or, clusterWide, one ClusterRole for every namespace. Without secrets the
// release's record stays unread, and the release is recognised by its labels.
func Access(secrets, clusterWide bool, namespace string) []map[string]any {
	inside := append(slices.Clone(inNamespace), theNamespace)
	outside := slices.Concat(acrossCluster, []reading{clusterRoles, gateways, stores, classes}, landmarks)
	if !secrets {
		inside = slices.DeleteFunc(inside, func(r reading) bool { return r.kind == snapshot.Secret })
	}
	urls := map[string]any{"nonResourceURLs": list(paths), "verbs": list([]string{"get"})}
	inside = slices.DeleteFunc(inside, func(r reading) bool { // a right for all namespaces holds in this one
		return slices.ContainsFunc(outside, func(o reading) bool { return o.group == r.group && o.resource == r.resource && o.verb == r.verb })
	})
	if clusterWide {
		rules := append(policyRules(append(append(inside, outside...), controlPlane)), urls)
		return []map[string]any{role("ClusterRole", "", rules), binding("ClusterRole", "")}
	}
	return []map[string]any{
		role("Role", namespace, policyRules(inside)), binding("Role", namespace),
		role("Role", controlPlane.namespace, policyRules([]reading{controlPlane})), binding("Role", controlPlane.namespace),
		role("ClusterRole", "", append(policyRules(outside), urls)), binding("ClusterRole", ""),
	}
}

// grant is what one RBAC rule is about: a verb in an API group, and, where only
// some objects may be read, their resource.
type grant struct{ group, verb, named string }

// policyRules are the RBAC rules for some readings, sorted: one for each API
// group and verb, and one for each resource of which only named objects are read.
func policyRules(readings []reading) []any {
	resources, names := map[grant][]string{}, map[grant][]string{}
	for _, r := range readings {
		g := grant{group: r.group, verb: r.verb}
		if len(r.names) > 0 {
			g.named = r.resource
		}
		resources[g], names[g] = append(resources[g], r.resource), append(names[g], r.names...)
	}
	var rules []any
	for _, g := range slices.SortedFunc(maps.Keys(resources), grant.compare) {
		rule := map[string]any{"apiGroups": []any{g.group}, "resources": sortedList(resources[g]), "verbs": []any{g.verb}}
		if g.named != "" {
			rule["resourceNames"] = sortedList(names[g])
		}
		rules = append(rules, rule)
	}
	return rules
}

func (g grant) compare(o grant) int {
	return cmp.Or(cmp.Compare(g.group, o.group), cmp.Compare(g.verb, o.verb), cmp.Compare(g.named, o.named))
}

func sortedList(texts []string) []any {
	slices.Sort(texts)
	return list(slices.Compact(texts))
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
