package rules

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var namespaceEnforcesPodSecurity = &rule.Rule{
	ID:       "AS109",
	Slug:     "namespace-enforces-pod-security",
	Title:    "The namespace refuses pods below the profile's Pod Security level",
	Why:      "Airflow may create pods, so whoever writes a DAG or takes over the scheduler may, too. Without enforcement they start a privileged pod and own the node, however well the chart's own pods are set up.",
	Fix:      "Label the namespace pod-security.kubernetes.io/enforce with the profile's level once its own pods comply, and leave the version at latest.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Patch},
	Topics:   []string{"K8s"},
	Refs: []rule.Ref{
		{Source: "Pod Security Admission", ID: "enforce label", URL: "https://kubernetes.io/docs/concepts/security/pod-security-admission/"},
		cis("5.2.1"), cis("5.6.1"), nsa("Pod security: Pod security enforcement"), owasp("K04"), mitre("T1610"), mitre("T1611"),
	},
	Needs: []snapshot.Kind{snapshot.Namespace},
	Uses:  snapshot.Workloads,
	Check: checkNamespaceEnforces,
}

func checkNamespaceEnforces(p *rule.Pass) {
	names := append([]string{p.Airflow().Namespace}, p.Parameters.Namespaces...)
	for _, w := range p.Workloads() { // task pods may have a namespace of their own
		names = append(names, w.Namespace())
	}
	slices.Sort(names)
	objects := p.Objects(snapshot.Namespace)
	for _, name := range slices.Compact(names) {
		i := slices.IndexFunc(objects, func(o *snapshot.Object) bool { return o.Name == name })
		switch {
		case i >= 0:
			p.Subjects++
			judgeNamespace(p, objects[i])
		case p.Read(snapshot.Namespace):
			p.Unknown("namespace " + name + ", in which Airflow runs pods, was not read")
		}
	}
}

func judgeNamespace(p *rule.Pass, o *snapshot.Object) {
	wanted := api.LevelRestricted
	if p.Level == rule.Baseline {
		wanted = api.LevelBaseline
	}
	level, set := o.Labels()[api.EnforceLevelLabel]
	if rankOf(api.Level(level)) < rankOf(wanted) {
		message := fmt.Sprintf("namespace %s has no enforce label: a task may start a privileged pod in it", o.Name)
		if set {
			message = fmt.Sprintf("namespace %s enforces only %s: a task may start a pod below %s in it", o.Name, level, wanted)
		}
		reportLabel(p, o, api.EnforceLevelLabel, string(wanted), "", message,
			" after AS101 to AS107 have passed, because pods below it no longer start")
		return
	}
	pinned := o.Labels()[api.EnforceVersionLabel]
	version, err := api.ParseVersion(pinned)
	if pinned == "" || err != nil {
		return
	}
	if left := checksAfter(version, wanted); len(left) > 0 {
		reportLabel(p, o, api.EnforceVersionLabel, "latest", rule.Low,
			fmt.Sprintf("namespace %s enforces the rules of %s, which know nothing of %s", o.Name, pinned, strings.Join(left, ", ")), "")
	}
}

func reportLabel(p *rule.Pass, o *snapshot.Object, label, value string, severity rule.Severity, message, when string) {
	path := "/metadata/labels/" + change.Escape(label)
	p.Report(rule.Finding{
		Target: o.Ref, Path: path, Message: message, Severity: severity, File: o.File, Line: o.Line,
		Fixes: []rule.Fix{{
			Kind: rule.Patch, Summary: fmt.Sprintf("set the label %s: %s%s", label, value, when),
			Changes: []change.Change{{Target: o.Ref, Op: change.Set, Path: path, Value: value}},
		}},
	})
}

// carriedOn are checks that only go on with what a check of the level below demanded before.
var carriedOn = []policy.CheckID{"procMount_restricted"}

// checksAfter are the checks of a level that came into being after a version, by ID.
func checksAfter(version api.Version, level api.Level) []string {
	var out []string
	for _, c := range policy.DefaultChecks() {
		if rankOf(c.Level) <= rankOf(level) && version.Older(c.Versions[0].MinimumVersion) && !slices.Contains(carriedOn, c.ID) {
			out = append(out, string(c.ID))
		}
	}
	slices.Sort(out)
	return out
}
