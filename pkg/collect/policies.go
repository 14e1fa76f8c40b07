package collect

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	kjson "sigs.k8s.io/json"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

const policyVersion = "networking.k8s.io/v1"

// ReadPolicies reads NetworkPolicies that are not in force yet, from manifests.
// Other objects are left out, and Warn is told so; no policy at all is an
// error, and so is a field that the API server would drop or refuse. Those that
// name no namespace get the release's.
func ReadPolicies(ctx context.Context, f Files) ([]snapshot.Object, error) {
	m, err := newMasker()
	if err != nil {
		return nil, err
	}
	f.Namespace = cmp.Or(f.Namespace, "default")
	var all []snapshot.Object
	for _, path := range f.Paths {
		objects, err := f.read(ctx, path, m, strict, onlyGoodPolicies)
		if err != nil {
			return nil, err
		}
		all = append(all, objects...)
	}
	if err := refuseTwins(all); err != nil {
		return nil, err
	}
	policies, others := policiesIn(all)
	from := strings.Join(f.Paths, ", ")
	switch {
	case len(policies) == 0 && others != "":
		return nil, &inputError{file: from, problem: "holds no NetworkPolicy of " + policyVersion + ", only " + others}
	case len(policies) == 0:
		return nil, &inputError{file: from, problem: "holds no NetworkPolicy of " + policyVersion}
	case others != "" && f.Warn != nil:
		f.Warn(from + " also holds " + others + ": only NetworkPolicies count here")
	}
	return policies, nil
}

// policiesIn are the policies among some objects, and the kinds of the others in words.
func policiesIn(all []snapshot.Object) (policies []snapshot.Object, others string) {
	kinds := map[string]bool{}
	for _, o := range all {
		switch {
		case isPolicy(o.Ref):
			policies = append(policies, o)
		case kindForm.MatchString(o.Kind):
			kinds[o.Kind] = true
		default:
			kinds["another kind"] = true
		}
	}
	slices.SortStableFunc(policies, func(a, b snapshot.Object) int { return a.Compare(b.Ref) })
	return policies, strings.Join(slices.Sorted(maps.Keys(kinds)), ", ")
}

func isPolicy(r snapshot.Ref) bool {
	return r.APIVersion == policyVersion && r.Kind == string(snapshot.NetworkPolicy)
}

// onlyGoodPolicies refuses NetworkPolicies that the API server would refuse or read otherwise.
func onlyGoodPolicies(r *manifestReader) { r.inspect = badPolicy }

func badPolicy(content map[string]any) (field, problem string) {
	kind, _ := content["kind"].(string)
	version, _ := content["apiVersion"].(string)
	switch {
	case kind != string(snapshot.NetworkPolicy):
		return "", ""
	case version != policyVersion:
		return "apiVersion", "is not " + policyVersion + ": other policies are not evaluated"
	}
	content = maps.Clone(content)
	delete(content, "status") // API servers before 1.28 gave policies one, which kubectl get prints
	text, err := json.Marshal(content)
	if err != nil {
		return "", "cannot be read"
	}
	var policy networkingv1.NetworkPolicy
	strictErrors, err := kjson.UnmarshalStrict(text, &policy)
	if err != nil {
		return fieldIn(wrongTypeAt, err), "has the wrong type"
	}
	if len(strictErrors) > 0 {
		return fieldIn(unknownField, strictErrors[0]), "is no field of a NetworkPolicy"
	}
	if content["spec"] == nil {
		return "spec", "is missing"
	}
	return badSpec(policy.Spec)
}

// unknownField and wrongTypeAt find the field in the decoder's errors.
var (
	unknownField = pattern.New(`unknown field "([A-Za-z0-9_./\[\]-]+)"`)
	wrongTypeAt  = pattern.New(`into Go struct field [A-Za-z]+\.([A-Za-z0-9_.-]+) of type`)
)

// longestField bounds what an error shows.
const longestField = 200

func fieldIn(form *pattern.Pattern, err error) string {
	if found := form.FindStringSubmatch(err.Error()); found != nil && len(found[1]) <= longestField {
		return found[1]
	}
	return "a field (not shown)"
}

// entryAt is the path of an entry of a list.
func entryAt(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
