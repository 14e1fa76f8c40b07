package airflow

import (
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/component-helpers/auth/rbac/validation"
)

// everybodysRights are what every cluster gives to everybody who is logged in:
// to ask what oneself may do.
// Source: system:basic-user in kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy.
var everybodysRights = []rbacv1.PolicyRule{
	{APIGroups: []string{"authorization.k8s.io"}, Resources: []string{"selfsubjectaccessreviews", "selfsubjectrulesreviews"}, Verbs: []string{"create"}},
	{APIGroups: []string{"authentication.k8s.io"}, Resources: []string{"selfsubjectreviews"}, Verbs: []string{"create"}},
}

// RightsBeyond are the single rights of granted that allowed does not cover,
// those apart that everybody has. Paths such as /healthz are left out: they are
// no rights to objects.
func RightsBeyond(granted, allowed []rbacv1.PolicyRule) []rbacv1.PolicyRule {
	over := RightsMissing(slices.Concat(allowed, everybodysRights), granted)
	return slices.DeleteFunc(over, func(r rbacv1.PolicyRule) bool { return len(r.NonResourceURLs) > 0 })
}

// RightsMissing are the single rights of needed that granted does not cover.
func RightsMissing(granted, needed []rbacv1.PolicyRule) []rbacv1.PolicyRule {
	_, missing := validation.Covers(granted, needed)
	return missing
}

// MergeRules joins rules to one for each group, resource and set of names, sorted.
func MergeRules(list []rbacv1.PolicyRule) []rbacv1.PolicyRule {
	byResource := map[string]rbacv1.PolicyRule{}
	var keys []string
	for _, r := range list {
		key := strings.Join(slices.Concat(r.APIGroups, r.Resources, r.ResourceNames), "\x00")
		known, seen := byResource[key]
		if !seen {
			known = rbacv1.PolicyRule{APIGroups: r.APIGroups, Resources: r.Resources, ResourceNames: r.ResourceNames}
			keys = append(keys, key)
		}
		known.Verbs = append(slices.Clip(known.Verbs), r.Verbs...)
		byResource[key] = known
	}
	slices.Sort(keys)
	var out []rbacv1.PolicyRule
	for _, key := range keys {
		r := byResource[key]
		slices.Sort(r.Verbs)
		r.Verbs = slices.Compact(r.Verbs)
		out = append(out, r)
	}
	return out
}
