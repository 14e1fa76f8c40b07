package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var imageSigned = &rule.Rule{
	ID:       "AS707",
	Slug:     "image-signed",
	Title:    "Every image's signature was verified",
	Why:      "Without a signature, whoever gets into the registry or the build can put an image of their own in the place of Airflow's, and it starts with all its credentials.",
	Fix:      "Sign images where they are built, and let the cluster verify them before they run (Kyverno's verifyImages or Sigstore's policy-controller).",
	Severity: rule.Low,
	Level:    rule.Paranoid,
	FixKinds: []rule.FixKind{rule.Manual},
	Topics:   []string{"Img"},
	Refs: []rule.Ref{
		nsa("Pod security: Building secure container images"), owasp("K01"), mitre("T1525"), mitre("T1195.002"),
		{Source: "Sigstore policy-controller", URL: "https://docs.sigstore.dev/policy-controller/overview/"},
		{Source: "Kyverno", ID: "verifyImages", URL: "https://kyverno.io/docs/policy-types/cluster-policy/verify-images"},
	},
	Needs: append(snapshot.Workloads[:len(snapshot.Workloads):len(snapshot.Workloads)], snapshot.PolicyReport),
	Uses:  []snapshot.Kind{snapshot.ImagePolicy, snapshot.Namespace},
	Check: checkImagesSigned,
}

func checkImagesSigned(p *rule.Pass) {
	e := signatureEvidence{
		verdicts: p.Objects(snapshot.PolicyReport), policies: enforced(p), given: p.Signatures(), pods: p.Objects(snapshot.Pod),
	}
	used := usedImages(p)
	if p.Offline() && !p.Read(snapshot.PolicyReport) {
		return // manifests hold no evidence, and none was given
	}
	var without []string
	for _, u := range used {
		switch refusedBy, why := e.of(u.image); {
		case refusedBy != "":
			p.Subjects++
			p.Report(rule.Finding{
				Target: u.workload.Ref, Component: string(u.workload.Component), Container: u.container.Name, Path: u.container.Path + "/image",
				Message: fmt.Sprintf("image %s carries no signature that policy %s accepts", u.name, refusedBy),
				Fixes:   []rule.Fix{{Kind: rule.Manual, Summary: "find out where the image comes from, and sign it where it is built or run one that is signed"}},
			})
		case why != "":
			without = append(without, u.name+" ("+why+")")
		default:
			p.Subjects++
		}
	}
	if len(without) > 0 {
		p.Unknown("nothing tells whether these are signed: " + strings.Join(without, ", "))
	}
}

// signatureEvidence is all that may tell of signatures.
type signatureEvidence struct {
	verdicts []*snapshot.Object // reports with Kyverno's results
	policies []*snapshot.Object // Sigstore policies in force in the namespace
	given    []snapshot.Signature
	pods     []*snapshot.Object
}

// of says what is known of an image: the policy that refused it, or why nothing
// is known; neither where its signature was verified.
func (e signatureEvidence) of(i image) (refusedBy, why string) {
	if slices.ContainsFunc(e.given, func(s snapshot.Signature) bool { return i.Digest != "" && s.Digest == i.Digest }) {
		return "", ""
	}
	verified, unreached := false, false
	for _, o := range e.verdicts {
		list, _ := o.At("results").([]any)
		for _, entry := range list {
			result, _ := entry.(map[string]any)
			name, _ := result["image"].(string)
			if !sameImage(parseImage(name), i) {
				continue
			}
			switch policy, _ := result["policy"].(string); result["verdict"] {
			case "refused":
				return policy, ""
			case "verified":
				verified = true
			case "unreached":
				unreached = true
			}
		}
	}
	switch {
	case verified:
		return "", ""
	case unreached:
		return "", "the registry did not let Kyverno look"
	}
	return "", e.byPolicy(i)
}

// byPolicy says why no Sigstore policy vouches for an image; empty where one
// does: it lets no pod in without a signature, and all pods that run the image
// came after it.
func (e signatureEvidence) byPolicy(i image) string {
	why := "no report, policy or signature"
	for _, policy := range e.policies {
		if !matchesGlobs(policy, i) {
			continue
		}
		made, _ := policy.At("metadata", "creationTimestamp").(string)
		older := podBefore(e.pods, i, made)
		if older == "" {
			return ""
		}
		why = "pod " + older + " is older than policy " + policy.Name
	}
	return why
}

// podBefore is a pod that runs an image and was made before a time; empty where
// there is none. Times in this form sort as texts do.
func podBefore(pods []*snapshot.Object, i image, when string) string {
	for _, o := range pods {
		made, _ := o.At("metadata", "creationTimestamp").(string)
		if when != "" && made >= when {
			continue
		}
		for _, field := range []string{"containers", "initContainers"} {
			list, _ := o.At("spec", field).([]any)
			for _, entry := range list {
				c, _ := entry.(map[string]any)
				if name, _ := c["image"].(string); sameImage(parseImage(name), i) {
					return o.Name
				}
			}
		}
	}
	return ""
}
