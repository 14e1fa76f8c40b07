package collect

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// reportKinds are what other tools say of images, as group/kind, each with what
// is kept of it: names of images and flaws, counts and verdicts. All other
// texts are dropped, for they hold what registries and policies answered.
// Sources: the CRDs of trivy-operator v0.30, of the policy working group's
// reports v1alpha2 and of sigstore's policy-controller v1beta1.
var reportKinds = map[string]func(map[string]any){
	"aquasecurity.github.io/VulnerabilityReport": keepScan,
	"wgpolicyk8s.io/PolicyReport":                keepVerdicts,
	"policy.sigstore.dev/ClusterImagePolicy":     keepImagePolicy,
}

// reportWord is a name of an image, a flaw, a policy or a tool; nothing else is kept as a text.
var reportWord = form{pattern.New(`^[A-Za-z0-9*][A-Za-z0-9*._/:@+-]*$`), 512}

// wordAt is the text at some keys, where it is a word.
func wordAt(node any, keys ...string) string {
	text, _ := in(node, keys...).(string)
	if !reportWord.MatchString(text) {
		return ""
	}
	return text
}

// words are some texts of a map under their keys, those that are words.
func reportWords(node any, keys ...string) map[string]any {
	out := map[string]any{}
	for _, key := range keys {
		if word := wordAt(node, key); word != "" {
			out[key] = word
		}
	}
	return out
}

// keepScan: which image, when, how many flaws, and which of the bad ones a newer version closes.
func keepScan(content map[string]any) {
	report := content["report"]
	keepOnly(content)
	kept := map[string]any{
		"artifact": reportWords(in(report, "artifact"), "repository", "tag", "digest"),
		"registry": reportWords(in(report, "registry"), "server"),
		"scanner":  reportWords(in(report, "scanner"), "name"),
		"summary":  numbersOf(in(report, "summary")),
	}
	if when := wordAt(report, "updateTimestamp"); when != "" {
		kept["updateTimestamp"] = when
	}
	var flaws []any
	list, _ := in(report, "vulnerabilities").([]any)
	for _, entry := range list {
		flaw := reportWords(entry, "vulnerabilityID", "severity", "resource")
		if severity := flaw["severity"]; wordAt(entry, "fixedVersion") != "" && (severity == "CRITICAL" || severity == "HIGH") {
			flaws = append(flaws, flaw)
		}
	}
	if len(flaws) > 0 {
		kept["fixable"] = flaws
	}
	content["report"] = kept
}

func numbersOf(node any) map[string]any {
	out := map[string]any{}
	m, _ := node.(map[string]any)
	for key, value := range m {
		switch value.(type) {
		case int64, float64, json.Number, int:
			out[key] = value
		}
	}
	return out
}

// signatureHeld and signatureRefused are how Kyverno's image rules begin what they say of a signature.
// Source: kyverno, pkg/engine/internal/imageverifier.go.
var (
	signatureHeld    = pattern.New(`^verified image (?:signatures|attestations) for (\S+)$`)
	signatureRefused = pattern.New(`^(?:\S+ )?failed to verify (?:image|signature for) (\S+?): `)
	// unreached are failures of the registry or the network: no verdict on a signature.
	unreached = pattern.New(`(?i)unauthorized|forbidden|denied|timeout|timed out|no such host|connection refused|too many requests|toomanyrequests|x509`)
)

// keepVerdicts keeps the results that are about signatures of images.
func keepVerdicts(content map[string]any) {
	list, _ := content["results"].([]any)
	keepOnly(content)
	var out []any
	for _, entry := range list {
		if v := verdictOf(entry); v != nil {
			out = append(out, v)
		}
	}
	if len(out) > 0 {
		content["results"] = out
	}
}

// verdictOf is one result about a signature; nil for others.
func verdictOf(entry any) map[string]any {
	message, _ := in(entry, "message").(string)
	result := wordAt(entry, "result")
	out := reportWords(entry, "policy", "rule", "source")
	switch passed, failed := signatureHeld.FindStringSubmatch(message), signatureRefused.FindStringSubmatch(message); {
	case passed != nil && result == "pass" && reportWord.MatchString(passed[1]):
		out["image"], out["verdict"] = passed[1], "verified"
	case failed != nil && reportWord.MatchString(failed[1]) && unreached.MatchString(message):
		out["image"], out["verdict"] = failed[1], "unreached"
	case failed != nil && reportWord.MatchString(failed[1]):
		out["image"], out["verdict"] = failed[1], "refused"
	default:
		return nil
	}
	return out
}

// keepImagePolicy: which images, whether it refuses or only warns, and whether
// its authorities look at a signature at all.
func keepImagePolicy(content map[string]any) {
	spec := content["spec"]
	keepOnly(content)
	kept := reportWords(spec, "mode")
	var globs, authorities []any
	images, _ := in(spec, "images").([]any)
	for _, image := range images {
		if glob := wordAt(image, "glob"); glob != "" {
			globs = append(globs, map[string]any{"glob": glob})
		}
	}
	list, _ := in(spec, "authorities").([]any)
	for _, authority := range list {
		kind := "other"
		for _, known := range []string{"key", "keyless", "static"} {
			if in(authority, known) != nil {
				kind = known
			}
		}
		authorities = append(authorities, map[string]any{"kind": kind})
	}
	kept["images"], kept["authorities"] = globs, authorities
	if match, _ := in(spec, "match").([]any); len(match) > 0 {
		kept["narrowed"] = true // to some kinds or labels, which are not judged here
	}
	content["spec"] = kept
}

// reported marks the reports about the release: the newest scan of each image
// that a workload of it was scanned with, and the reports that judge signatures.
func (w *ownership) reported() {
	owned := named{}
	for _, o := range w.kept() {
		owned.put(snapshot.Kind(o.Kind), o.Name)
	}
	newest := map[string]*snapshot.Object{}
	for i := range w.objects {
		o := &w.objects[i]
		if o.Kind != string(snapshot.ImageScan) || !scanned(o, owned) {
			continue
		}
		image := strings.Join([]string{wordAt(o.At("report", "registry"), "server"), wordAt(o.At("report", "artifact"), "repository"),
			wordAt(o.At("report", "artifact"), "tag"), wordAt(o.At("report", "artifact"), "digest")}, " ")
		if before := newest[image]; before == nil || wordAt(before.At("report"), "updateTimestamp") < wordAt(o.At("report"), "updateTimestamp") {
			newest[image] = o
		}
	}
	w.also(func(o *snapshot.Object) bool {
		switch snapshot.Kind(o.Kind) {
		case snapshot.ImageScan:
			for _, kept := range newest {
				if kept.Name == o.Name {
					return true
				}
			}
		case snapshot.PolicyReport:
			list, _ := o.At("results").([]any)
			return slices.ContainsFunc(list, func(entry any) bool { return verdictOf(entry) != nil })
		}
		return false
	})
}

// scanned says whether a report is about a workload of the release. A
// ReplicaSet is named after its Deployment, with a hash behind a dash.
func scanned(o *snapshot.Object, owned named) bool {
	labels := o.Labels()
	kind, name := snapshot.Kind(labels["trivy-operator.resource.kind"]), labels["trivy-operator.resource.name"]
	if cut := strings.LastIndex(name, "-"); kind == snapshot.ReplicaSet && cut > 0 {
		return owned.has(snapshot.Deployment, name[:cut])
	}
	return owned.has(kind, name)
}
