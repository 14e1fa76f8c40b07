package render_test

import (
	"fmt"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var noPrivilegeEscalation = &rule.Rule{
	ID: "AS103", Slug: "no-privilege-escalation", Title: "Airflow containers cannot gain privileges",
	Why: "DAG code is arbitrary code. A setuid binary in the image turns a DAG author into root in the pod.",
	Fix: "Set allowPrivilegeEscalation: false on every container of the component.", Severity: rule.High, Level: rule.Restricted,
	FixKinds: []rule.FixKind{rule.Patch, rule.Values}, Topics: []string{"K8s", "Work"}, Needs: snapshot.Workloads,
	Refs: []rule.Ref{
		{Source: "Pod Security Standards", ID: "restricted: allowPrivilegeEscalation", URL: "https://kubernetes.io/docs/concepts/security/pod-security-standards/"},
		{Source: "CIS Kubernetes Benchmark v1.12", ID: "5.2.6"},
	},
}

var noPublishedCredentials = &rule.Rule{
	ID: "AS401", Slug: "no-published-credentials", Title: "No key or password was ever published",
	Why: "A key that a chart ships is known to everybody: it opens every installation that kept it.",
	Fix: "Make own keys and passwords and keep them in a Secret that the chart references.", Severity: rule.Critical, Level: rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values}, Topics: []string{"Web", "DB", "Redis", "Cfg"},
	Refs: []rule.Ref{{Source: "OWASP Kubernetes Top 10 2025", ID: "K03"}},
}

// sample is a report that holds everything a report can hold.
func sample() *check.Report {
	r := &check.Report{
		APIVersion: check.APIVersion, Kind: "Report", Profile: "restricted",
		Release: check.Release{
			Name: "rel", Namespace: "airflow", Revision: 3, Chart: check.Chart{Name: "airflow", Version: "1.22.0", Dialect: "official"},
			AirflowVersion: "3.2.2", Executor: "CeleryExecutor",
		},
		Evaluated:  check.Evaluated{Objects: 39, Workloads: 9, Containers: 1},
		Advisories: &check.Advisories{Read: "2026-11-21", Newest: "2026-09-24", Given: "osv.json", GivenNewest: "2026-11-30"},
		EndOfLife:  &check.EndOfLife{Read: "2026-08-22", Given: "eol", GivenNewest: "2026-10-01"},
		Coverage: []snapshot.Coverage{
			{Kind: snapshot.Deployment, State: snapshot.Read},
			{Kind: snapshot.HTTPRoute, State: snapshot.Unserved},
			{Kind: snapshot.Secret, State: snapshot.Forbidden, Reason: `User "eve" cannot list resource "secrets"`},
		},
	}
	r.Results = []check.Result{
		{Rule: "AS101", Slug: "not-privileged", Title: "No container is privileged", Severity: rule.Critical, Outcome: rule.Passed, Findings: []check.Finding{}},
		escalation(),
		{Rule: "AS108", Slug: "read-only-root-filesystem", Title: "Root file systems are read-only", Severity: rule.Low, Outcome: rule.Excepted,
			Reason: "all findings are covered by exceptions",
			Findings: []check.Finding{{
				Target: target("StatefulSet", "rel-redis", "broker"), Container: "redis", Path: "/spec/template/spec/containers/0/securityContext/readOnlyRootFilesystem",
				Message: "container redis can write to its root file system", Severity: rule.Low, Fingerprint: "0a0b", Excepted: true, Fixes: []check.Fix{},
			}}},
		{Rule: "AS109", Slug: "namespace-enforces-pod-security", Title: "The namespace enforces Pod Security", Severity: rule.Medium,
			Outcome: rule.NotApplicable, Reason: "only a cluster can tell: Namespace not in this source", Findings: []check.Finding{}},
		published(),
		{Rule: "AS501", Slug: "login-required", Title: "Nobody gets in without a login", Severity: rule.Critical, Outcome: rule.Unknown, Incomplete: true,
			Reason: "Secret could not be read (forbidden): User \"eve\" cannot list resource \"secrets\"", Findings: []check.Finding{}},
		{Rule: "AS607", Slug: "flower-authenticated", Title: "Flower asks for a login", Severity: rule.High, Outcome: rule.NotApplicable,
			Reason: "the release holds nothing this rule is about", Findings: []check.Finding{}},
	}
	r.Exceptions = []check.Exception{
		{Rule: "AS108", Scope: "component=broker, container=redis", Reason: "Redis rewrites its dump file", Owner: "data-platform", Expires: "2027-03-31", State: check.Used},
		{Rule: "AS204", Scope: "component=database", Reason: "shared with reporting", Owner: "dba", Expires: "2026-01-31", State: check.Expired},
	}
	r.Summary = check.Summary{Failed: 2, Passed: 1, Unknown: 1, NotApplicable: 2, Excepted: 1, BySeverity: check.BySeverity{Critical: 2, High: 6}}
	return r
}

func target(kind, name, component string) check.Target {
	versions := map[string]string{"Secret": "v1", "Job": "batch/v1"}
	version := versions[kind]
	if version == "" {
		version = "apps/v1"
	}
	return check.Target{APIVersion: version, Kind: kind, Namespace: "airflow", Name: name, Component: component}
}

// escalation is a rule broken by containers of two workloads.
func escalation() check.Result {
	r := check.Result{Rule: "AS103", Slug: "no-privilege-escalation", Title: "Airflow containers cannot gain privileges",
		Severity: rule.High, Outcome: rule.Failed, Doc: noPrivilegeEscalation}
	add := func(t check.Target, i int, container string) {
		path := fmt.Sprintf("/spec/template/spec/containers/%d/securityContext/allowPrivilegeEscalation", i)
		r.Findings = append(r.Findings, check.Finding{
			Target: t, Container: container, Path: path, Severity: rule.High, Fingerprint: fmt.Sprintf("f103%s%d", t.Component, i),
			Message: "container " + container + " may gain privileges: allowPrivilegeEscalation is not false",
			Fixes: []check.Fix{
				{Kind: rule.Patch, Summary: "set allowPrivilegeEscalation: false"},
				{Kind: rule.Values, Summary: "set allowPrivilegeEscalation: false", ValuesKey: "securityContexts.containers"},
			},
		})
	}
	for i, container := range []string{"scheduler", "scheduler-log-groomer", "git-sync"} {
		add(target("Deployment", "rel-scheduler", "scheduler"), i, container)
	}
	add(target("StatefulSet", "rel-worker", "worker"), 0, "worker")
	add(target("StatefulSet", "rel-worker-heavy", "worker"), 0, "worker")
	r.Findings = append(r.Findings, check.Finding{
		Target: target("StatefulSet", "rel-postgresql", "database"), Container: "postgresql", Severity: rule.High, Fingerprint: "f103db",
		Path: "/spec/template/spec/containers/0/securityContext/allowPrivilegeEscalation", Message: "container postgresql may gain privileges: allowPrivilegeEscalation is not false",
		Fixes: []check.Fix{{Kind: rule.Patch, Summary: "set allowPrivilegeEscalation: false"}},
	})
	return r
}

func published() check.Result {
	return check.Result{
		Rule: "AS401", Slug: "no-published-credentials", Title: "No key or password was ever published", Severity: rule.Critical, Outcome: rule.Failed,
		Incomplete: true, Reason: "Secret could not be read (forbidden): User \"eve\" cannot list resource \"secrets\"", Doc: noPublishedCredentials,
		Findings: []check.Finding{
			{
				Target: target("Job", "rel-create-user", "create-user"), Container: "create-user", Path: "/spec/template/spec/containers/0/args/2", Severity: rule.Critical,
				Message: "the first user's password is the one the chart ships", Fingerprint: "f401a", File: "deploy/manifest.yaml", Line: 812,
				Fixes: []check.Fix{{Kind: rule.Values, Summary: "set an own password, or create the user by hand", ValuesKey: "createUserJob.defaultUser.password"}},
			},
			{
				Target: target("Secret", "rel-metadata", ""), Path: "/data/connection", Severity: rule.Critical, Fingerprint: "f401b",
				Message: "the database password is the one the chart ships",
				Fixes:   []check.Fix{{Kind: rule.Manual, Summary: "change the password in the database, then in the Secret"}},
			},
		},
	}
}

// clean is a report without findings.
func clean() *check.Report {
	r := sample()
	r.Results, r.Exceptions = r.Results[:1], []check.Exception{}
	r.Coverage = r.Coverage[:2]
	r.Summary = check.Summary{Passed: 1}
	return r
}

// unreadable is a report where nothing failed because little was seen.
func unreadable() *check.Report {
	r := sample()
	r.Results, r.Exceptions = r.Results[5:6], []check.Exception{}
	r.Summary = check.Summary{Unknown: 1}
	return r
}
