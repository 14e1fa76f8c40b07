package rules

import (
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var otherPolicyEnginesSeen = &rule.Rule{
	ID:       "AS213",
	Slug:     "other-policy-engines-seen",
	Title:    "No policy of another engine decides about the release's connections",
	Why:      "Policies of Cilium, Calico, Antrea, OVN, a service mesh or an administrator may open what NetworkPolicy closes, or close what it opens. They are seen here but not evaluated, so a verdict on connections may be wrong in both directions.",
	Fix:      "Read the policies named here together with the network findings, or express them as NetworkPolicy.",
	Severity: rule.Low,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Manual},
	Topics:   []string{"K8s"},
	Refs:     []rule.Ref{cis("5.3.2"), nsa("Network separation: Network policies"), owasp("K05"), mitre("T1046")},
	Needs:    []snapshot.Kind{snapshot.PolicyEngines},
	Check:    checkPolicyEngines,
}

// checkPolicyEngines reports each kind once, at its first object.
func checkPolicyEngines(p *rule.Pass) {
	if p.Read(snapshot.PolicyEngines) {
		p.Subjects++
	}
	first := map[string]*snapshot.Object{}
	count := map[string]int{}
	var kinds []string
	for _, o := range p.Objects(snapshot.PolicyEngines) {
		kind := o.Kind + " (" + o.Group() + ")"
		if count[kind]++; first[kind] == nil {
			first[kind], kinds = o, append(kinds, kind)
		}
	}
	for _, kind := range kinds {
		objects, they := "objects", "they"
		if count[kind] == 1 {
			objects, they = "object", "it"
		}
		p.Report(rule.Finding{
			Target: first[kind].Ref, File: first[kind].File, Line: first[kind].Line,
			Message: fmt.Sprintf("%d %s %s not evaluated: %s may allow or forbid connections of the release", count[kind], kind, objects, they),
			Fixes:   []rule.Fix{{Kind: rule.Manual, Summary: "read " + strings.ToLower(first[kind].Kind) + " objects together with the network findings"}},
		})
	}
}
