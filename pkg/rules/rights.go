package rules

import (
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/component-helpers/auth/rbac/validation"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// single is the right to one verb on one resource.
func single(group, resource, verb string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: []string{verb}}
}

// gives says whether a rule includes another one. Most name other verbs or
// groups, which is told apart much faster than by taking both rules to pieces.
func gives(granted, asked rbacv1.PolicyRule) bool {
	if !holdsAll(granted.Verbs, asked.Verbs) || !holdsAll(granted.APIGroups, asked.APIGroups) {
		return false
	}
	covers, _ := validation.Covers([]rbacv1.PolicyRule{granted}, []rbacv1.PolicyRule{asked})
	return covers
}

// holdsAll says whether a list of verbs or groups names all others, or everything.
func holdsAll(list, names []string) bool {
	return slices.Contains(list, "*") || !slices.ContainsFunc(names, func(name string) bool { return !slices.Contains(list, name) })
}

// beyond are the single rights of granted that allowed does not cover.
func beyond(granted, allowed []rbacv1.PolicyRule) []rbacv1.PolicyRule {
	return airflow.RightsBeyond(granted, allowed)
}

// overlap are the single rights that both lists give.
func overlap(a, b []rbacv1.PolicyRule) []rbacv1.PolicyRule {
	var out []rbacv1.PolicyRule
	add := func(list, in []rbacv1.PolicyRule) {
		for _, r := range list {
			for _, one := range validation.BreakdownRule(r) {
				if covers, _ := validation.Covers(in, []rbacv1.PolicyRule{one}); covers {
					out = append(out, one)
				}
			}
		}
	}
	add(a, b)
	add(b, a)
	return merged(out)
}

// merged joins single rights to one rule for each resource, sorted.
func merged(list []rbacv1.PolicyRule) []rbacv1.PolicyRule { return airflow.MergeRules(list) }

// wordLimit is how many groups of rights a message lists.
const wordLimit = 6

// rightsInWords are rights as people say them: "create, get pods/exec; list pods and secrets".
func rightsInWords(list []rbacv1.PolicyRule) string {
	resources := map[[3]string][]string{}
	var order [][3]string
	for _, r := range merged(list) {
		key := [3]string{strings.Join(r.Verbs, ", "), strings.Join(r.APIGroups, ""), strings.Join(r.ResourceNames, ", ")}
		if resources[key] == nil {
			order = append(order, key)
		}
		resources[key] = append(resources[key], strings.Join(r.Resources, ""))
	}
	var out []string
	for i, key := range order {
		if i == wordLimit {
			out = append(out, fmt.Sprintf("and %d more", len(order)-i))
			break
		}
		out = append(out, rightInWords(key[0], key[1], key[2], resources[key]))
	}
	return strings.Join(out, "; ")
}

func rightInWords(verbs, group, names string, resources []string) string {
	if slices.Contains(strings.Split(verbs, ", "), "*") {
		verbs = "do anything with"
	}
	words := verbs + " " + andList(shortened(resources))
	if slices.Contains(resources, "*") {
		words = verbs + " every resource"
	}
	if names != "" {
		words += " named " + names
	}
	switch group {
	case "":
		return words
	case "*":
		return words + " of every API group"
	}
	return words + " of " + group
}

// shortened counts the resources beyond the limit instead of naming them.
func shortened(list []string) []string {
	if len(list) <= wordLimit {
		return list
	}
	return append(slices.Clone(list[:wordLimit-1]), fmt.Sprintf("%d more", len(list)-wordLimit+1))
}

// andList is "a", "a and b", or "a, b and c".
func andList(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// asContent is rules as they stand in a Role.
func asContent(list []rbacv1.PolicyRule) []any {
	out := []any{}
	for _, r := range list {
		content := map[string]any{"apiGroups": anyList(r.APIGroups), "resources": anyList(r.Resources), "verbs": anyList(r.Verbs)}
		if len(r.ResourceNames) > 0 {
			content["resourceNames"] = anyList(r.ResourceNames)
		}
		out = append(out, content)
	}
	return out
}

func anyList(list []string) []any {
	out := make([]any, len(list))
	for i, text := range list {
		out[i] = text
	}
	return out
}
