package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var valueTakesEffect = &rule.Rule{
	ID:       "AS712",
	Slug:     "value-takes-effect",
	Title:    "Every value the user gave reaches what it was meant for",
	Why:      "Helm takes a misspelt, renamed or ignored value without a word. Whoever set it believes that the door is shut; whoever attacks finds it open.",
	Fix:      "Correct the key, move the value to the key that works, or remove it.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Cfg", "Chart"},
	Refs: []rule.Ref{
		nsa("Upgrading and application security practices"), owasp("K01"),
		{Source: "Helm documentation", ID: "values files", URL: "https://helm.sh/docs/chart_template_guide/values_files/"},
	},
	Needs: []snapshot.Kind{snapshot.ReleaseRecord},
	Uses:  slices.Concat(snapshot.Workloads, []snapshot.Kind{snapshot.Secret, snapshot.ServiceAccount}),
	Check: checkValueTakesEffect,
}

func checkValueTakesEffect(p *rule.Pass) {
	v := &given{pass: p, values: p.Release().Values, workloads: p.Workloads()}
	p.Subjects += len(v.values)
	trapped := v.trapped()
	for _, t := range trapped {
		if v.asChart(t.key) {
			continue
		}
		p.Report(valueFinding(p, t.key, t.severity(), t.key+" "+t.trap.why, t.fix(p)))
	}
	for _, r := range p.Release().Replaced {
		p.Report(replacedFinding(p, r))
	}
	for _, layer := range p.Release().Layers {
		reportHidden(p, layer)
	}
	for _, key := range p.Release().Unread {
		if slices.ContainsFunc(trapped, func(t trappedValue) bool { return t.key == key || strings.HasPrefix(t.key, key+".") }) {
			continue
		}
		if v.asChart(key) {
			continue
		}
		p.Report(valueFinding(p, key, severityByName(key+" "+namesBelow(v.at(key))), key+" reaches nothing: no template of this chart reads it", rule.Fix{
			Kind: rule.Values, Summary: fmt.Sprintf("correct %s or remove it", key),
		}))
	}
}

// valueFinding is a finding in the user's values, which stand in Helm's record.
func valueFinding(p *rule.Pass, key string, severity rule.Severity, message string, fix rule.Fix) rule.Finding {
	return rule.Finding{
		Target: releaseRef(p), Path: "/values/" + valuePointer(key),
		Message: message, Severity: severity, Fixes: []rule.Fix{fix},
	}
}

// replacedFinding is about a key that stands twice.
func replacedFinding(p *rule.Pass, r snapshot.Replaced) rule.Finding {
	f := valueFinding(p, r.Key, severityByName(r.Key), fmt.Sprintf("%s stands again in line %d, and Helm takes the last: nothing that stands here counts, and none of it was judged", r.Key, r.By),
		rule.Fix{Kind: rule.Manual, Summary: "merge both into one and remove the other"})
	f.File, f.Line = r.File, r.Line
	f.Path += fmt.Sprintf("#%d", r.Line)
	return f
}

// releaseRef names Helm's record as if it were an object.
func releaseRef(p *rule.Pass) snapshot.Ref {
	id := p.Airflow()
	return snapshot.Ref{APIVersion: "helm.sh/release.v1", Kind: "Release", Namespace: id.Namespace, Name: id.Release}
}

// valuePointer is a values path as a JSON pointer without its first slash.
func valuePointer(key string) string { return strings.TrimPrefix(change.ValuesPointer(key), "/") }

// secureWords are what keys are called that somebody set for safety's sake.
var secureWords = []string{
	"secur", "secret", "passw", "auth", "tls", "ssl", "rbac", "serviceaccount", "automount", "polic", "key", "token",
	"cert", "ingress", "encrypt", "user", "privileg", "capabilit", "runas", "readonly", "seccomp", "network", "vault",
}

// severityByName is lower where nothing depends on the value but comfort.
func severityByName(key string) rule.Severity {
	key = strings.ToLower(key)
	if slices.ContainsFunc(secureWords, func(word string) bool { return strings.Contains(key, word) }) {
		return rule.Medium
	}
	return rule.Low
}

// namesBelow are the names of all keys below a value.
func namesBelow(value any) string {
	var out []string
	switch at := value.(type) {
	case map[string]any:
		for key, below := range at {
			out = append(out, key, namesBelow(below))
		}
	case []any:
		for _, entry := range at {
			out = append(out, namesBelow(entry))
		}
	}
	return strings.Join(out, " ")
}
