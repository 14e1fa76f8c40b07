package rules

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// control ties one check of the Pod Security evaluator to the rule that
// reports it and to what finds the fields behind a refusal.
type control struct {
	rule   string
	locate func(probe) []place
}

// restOfPodSecurity reports every check that controls does not name, so that
// a check added by a newer evaluator is judged from the first day.
const restOfPodSecurity = "AS107"

// controls are the evaluator's checks by ID. Source: k8s.io/pod-security-admission/policy.
var controls = map[policy.CheckID]control{
	"privileged":                 {"AS101", locatePrivileged},
	"hostNamespaces":             {"AS102", locateHostNamespaces},
	"hostPorts":                  {"AS102", locateHostPorts},
	"hostPathVolumes":            {"AS102", locateHostPaths},
	"windowsHostProcess":         {"AS102", locateHostProcess},
	"allowPrivilegeEscalation":   {"AS103", locateEscalation},
	"runAsNonRoot":               {"AS104", locateMayBeRoot},
	"runAsUser":                  {"AS104", locateRootUser},
	"capabilities_baseline":      {"AS105", locateAddedCapabilities},
	"capabilities_restricted":    {"AS105", locateCapabilities},
	"seccompProfile_baseline":    {"AS106", locateSeccomp},
	"seccompProfile_restricted":  {"AS106", locateSeccomp},
	"appArmorProfile":            {restOfPodSecurity, locateAppArmor},
	"seLinuxOptions":             {restOfPodSecurity, locateSELinux},
	"procMount":                  {restOfPodSecurity, locateProcMount},
	"procMount_restricted":       {restOfPodSecurity, locateProcMount},
	"sysctls":                    {restOfPodSecurity, locateSysctls},
	"restrictedVolumes":          {restOfPodSecurity, locateVolumes},
	"hostProbesAndHostLifecycle": {restOfPodSecurity, locateHandlerHosts},
}

// place is one field that makes the evaluator refuse a pod.
type place struct {
	container string // empty: the pod itself
	path      string // JSON pointer in the object
	message   string
	order     string // the fix, as an order
	field     airflow.Field
	value     any             // of the values key; nil where it is a map that is made of the changes
	changes   []change.Change // empty where the right value is not known
	severity  rule.Severity   // empty: the rule's
}

// restrictedOnly are the rules that profile baseline leaves out. Switched on
// by hand they ask for restricted all the same, and where they are out, what
// Pod Security asks of their fields at baseline falls to AS107.
var restrictedOnly = []string{"AS103", "AS104", "AS105", "AS106"}

// podSecurity is the Check of the rule with this ID: the evaluator judges
// each pod, and the rule's locators only say where.
func podSecurity(id string) func(*rule.Pass) {
	return func(p *rule.Pass) {
		level := p.Level
		if slices.Contains(restrictedOnly, id) {
			level = rule.Restricted
		}
		checks := activeChecks(policy.DefaultChecks(), level, api.LatestVersion())
		for _, w := range p.Workloads() {
			p.Subjects += len(w.Containers())
			for _, c := range checks {
				if c.rule == id {
					c.judge(p, w)
				}
			}
		}
	}
}

// activeCheck is one check of the evaluator in the version that counts.
type activeCheck struct {
	control
	id  policy.CheckID
	run policy.CheckPodFn
}

// activeChecks are the checks that a level asks for, each in its newest
// version that is not newer than the one asked for. A check that a stricter
// one of the same rule replaces is left out, as the evaluator does.
func activeChecks(all []policy.Check, level rule.Level, version api.Version) []activeCheck {
	var out []activeCheck
	replacedBy := map[policy.CheckID]string{}
	for _, c := range all {
		versioned := newestCheck(c.Versions, version)
		if versioned == nil || c.Level == api.LevelRestricted && level == rule.Baseline {
			continue
		}
		tied, known := controls[c.ID]
		if !known {
			tied = control{restOfPodSecurity, locateAnything}
		}
		if level == rule.Baseline && slices.Contains(restrictedOnly, tied.rule) {
			tied.rule = restOfPodSecurity
		}
		out = append(out, activeCheck{control: tied, id: c.ID, run: versioned.CheckPod})
		for _, replaced := range versioned.OverrideCheckIDs {
			replacedBy[replaced] = tied.rule
		}
	}
	kept := out[:0]
	for _, c := range out {
		if replacedBy[c.id] != c.rule {
			kept = append(kept, c)
		}
	}
	return kept
}

func newestCheck(versions []policy.VersionedCheck, asked api.Version) *policy.VersionedCheck {
	var newest *policy.VersionedCheck
	for i := range versions {
		if !asked.Older(versions[i].MinimumVersion) {
			newest = &versions[i]
		}
	}
	return newest
}

// judge reports the places behind a refusal. Where none is found, the
// evaluator and the locator disagree, and the refusal still stands.
func (c activeCheck) judge(p *rule.Pass, live *airflow.Workload) {
	w := asAdded(live)
	if c.id == annotationCheck {
		noteMaskedAnnotations(p, w)
	}
	meta := c.metaOf(w)
	result := c.run(meta, specFor(c.id, w))
	if result.Allowed {
		return
	}
	places := c.locate(probe{w: w, dialect: p.Airflow().Dialect, meta: meta, check: c.run, company: companyOf(live, p.Workloads())})
	if len(places) == 0 {
		places = []place{{
			path:    w.SpecPath(),
			message: fmt.Sprintf("Pod Security refuses the pod: %s (%s)", result.ForbiddenReason, result.ForbiddenDetail),
			order:   "change the fields that the message names",
		}}
	}
	inherited := w.Owner != nil && !c.run(c.metaOf(w.Owner), specFor(c.id, w.Owner)).Allowed
	for _, at := range places {
		if at.container == "" && inherited {
			continue // the owner's template says it, and has the finding
		}
		p.Report(rule.Finding{
			Target: w.Ref, Component: string(w.Component), Container: at.container, Path: at.path,
			Message: at.message, Severity: at.severity, Fixes: podFixes(p, w, at),
			File: w.Object.File, Line: w.Object.Line,
			Changes: at.changes, Unpatchable: w.Unpatchable(),
		})
	}
}

// specFor is the pod as a check should see it: restrictedVolumes does not
// judge host paths again, which AS102 reports with the severity they deserve.
func specFor(id policy.CheckID, w *airflow.Workload) *corev1.PodSpec {
	if id != "restrictedVolumes" {
		return &w.Spec
	}
	spec := w.Spec
	spec.Volumes = nil
	for _, v := range w.Spec.Volumes {
		if v.HostPath == nil {
			spec.Volumes = append(spec.Volumes, v)
		}
	}
	return &spec
}
