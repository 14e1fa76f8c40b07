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
	Uses:  append([]snapshot.Kind{snapshot.Secret}, snapshot.Workloads...),
	Check: checkNamespaceEnforces,
}

func checkNamespaceEnforces(p *rule.Pass) {
	workloads := p.Workloads()
	gap := unknownPods(p.TaskPods(), p.Offline(), p.Read)
	objects := p.Objects(snapshot.Namespace)
	for _, name := range airflowNamespaces(p.Airflow().Namespace, p.Parameters.Namespaces, workloads) {
		i := slices.IndexFunc(objects, func(o *snapshot.Object) bool { return o.Name == name })
		switch {
		case i >= 0:
			p.Subjects++
			q := labelling{namespace: objects[i], target: podSecurityOf(p.Level), pods: podsIn(name, workloads), gap: gap}
			judgeNamespace(p, q)
		case p.Read(snapshot.Namespace):
			p.Unknown("namespace " + name + ", in which Airflow runs pods, was not read")
		}
	}
}

func judgeNamespace(p *rule.Pass, q labelling) {
	o, wanted := q.namespace, q.target
	level, set := o.Labels()[api.EnforceLevelLabel]
	if rankOf(api.Level(level)) < rankOf(wanted) {
		message := fmt.Sprintf("namespace %s has no enforce label: a task may start a privileged pod in it", o.Name)
		if set {
			message = fmt.Sprintf("namespace %s enforces only %s: a task may start a pod below %s in it", o.Name, level, wanted)
		}
		reportLabel(p, q, q.set(api.EnforceLevelLabel, string(wanted)), "", message)
		return
	}
	pinned := q.pinned(api.EnforceVersionLabel)
	if left := checksAfter(pinned, wanted); len(left) > 0 {
		reportLabel(p, q, q.set(api.EnforceVersionLabel, "latest"), rule.Low,
			fmt.Sprintf("namespace %s enforces the rules of %s, which know nothing of %s", o.Name, o.Labels()[api.EnforceVersionLabel], strings.Join(left, ", ")))
	}
}

// reportLabel tells which label is missing. The patch sets it, which is for a
// person to decide; the finding's own changes go no further than the pods do today.
func reportLabel(p *rule.Pass, q labelling, label change.Change, severity rule.Severity, message string) {
	today, err := q.decide()
	if err != nil {
		p.Unknown("what Pod Security says of the pods of namespace " + q.namespace.Name + " is not known: " + err.Error())
		return
	}
	when := ", which all of Airflow's pods in it pass"
	switch {
	case today.Unknown != "":
		when = " after AS101 to AS107 have passed, because pods below it no longer start (" + today.Unknown + ")"
	case len(today.Below) > 0:
		when = fmt.Sprintf(" after AS101 to AS107 have passed, because pods below it no longer start (workloads below it today: %d)", len(today.Below))
	}
	name := change.Split(label.Path)[2]
	p.Report(rule.Finding{
		Target: q.namespace.Ref, Path: label.Path, Message: message, Severity: severity, File: q.namespace.File, Line: q.namespace.Line,
		Fixes: []rule.Fix{{
			Kind: rule.Patch, Summary: fmt.Sprintf("set the label %s: %s%s", name, label.Value, when),
			Changes: []change.Change{label},
		}},
		// Never empty: an empty list would stand for the patch.
		Changes: joined(today.Changes, q.set(api.WarnLevelLabel, string(q.target)), q.set(api.AuditLevelLabel, string(q.target))),
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
