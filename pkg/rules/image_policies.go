package rules

import (
	"regexp"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// optedIn is the label of namespaces that Sigstore's policy-controller looks at.
// Source: https://docs.sigstore.dev/policy-controller/overview/
const optedIn = "policy.sigstore.dev/include"

// enforced are the Sigstore policies that keep unsigned images out of the
// release's namespace: those that refuse, for all pods, and ask for a signature.
func enforced(p *rule.Pass) []*snapshot.Object {
	policies := p.Objects(snapshot.ImagePolicy)
	if !slices.ContainsFunc(p.Objects(snapshot.Namespace), func(o *snapshot.Object) bool {
		return o.Name == p.Airflow().Namespace && o.Labels()[optedIn] == "true"
	}) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(policies), func(o *snapshot.Object) bool {
		return o.At("spec", "mode") == "warn" || o.At("spec", "narrowed") == true || !asksForSignature(o)
	})
}

// asksForSignature: one authority that is satisfied is enough to get in, so none may accept everything.
func asksForSignature(policy *snapshot.Object) bool {
	list, _ := policy.At("spec", "authorities").([]any)
	return len(list) > 0 && !slices.ContainsFunc(list, func(entry any) bool {
		a, _ := entry.(map[string]any)
		return a["kind"] != "key" && a["kind"] != "keyless"
	})
}

// matchesGlobs says whether a policy is about an image. In its globs * stands for
// all but slashes and ** for all; an image of Docker Hub may be named in full or shortly.
// Source: https://docs.sigstore.dev/policy-controller/overview/
func matchesGlobs(policy *snapshot.Object, i image) bool {
	list, _ := policy.At("spec", "images").([]any)
	return slices.ContainsFunc(list, func(entry any) bool {
		m, _ := entry.(map[string]any)
		glob, _ := m["glob"].(string)
		return glob != "" && slices.ContainsFunc(spellings(i), globForm(glob).MatchString)
	})
}

// spellings are the names an image may have in a glob.
func spellings(i image) []string {
	places := []string{i.repository()}
	if i.Registry == "docker.io" {
		places = append(places, "index.docker.io/"+i.Path, i.Path, strings.TrimPrefix(i.Path, "library/"))
	}
	var out []string
	for _, place := range places {
		out = append(out, place)
		if i.Tag != "" {
			out = append(out, place+":"+i.Tag)
		}
		if i.Digest != "" {
			out = append(out, place+"@"+i.Digest)
		}
	}
	return out
}

var globParts = pattern.New(`\*\*|\*|[^*]+`)

func globForm(glob string) *pattern.Pattern {
	var b strings.Builder
	for _, part := range globParts.FindAllString(glob, -1) {
		switch part {
		case "**":
			b.WriteString(".*")
		case "*":
			b.WriteString("[^/]*")
		default:
			b.WriteString(regexp.QuoteMeta(part))
		}
	}
	return pattern.New("^" + b.String() + "$")
}
