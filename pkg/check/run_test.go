package check

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var day = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// release is a model with one workload, and the coverage given.
func release(record snapshot.Record, coverage ...snapshot.Coverage) *airflow.Model {
	return &airflow.Model{
		Snapshot: &snapshot.Snapshot{TakenAt: day, Release: snapshot.Release{Record: record}, Coverage: coverage},
		Workloads: []*airflow.Workload{{
			Component: airflow.Scheduler, Ref: snapshot.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "n", Name: "s"},
		}},
	}
}

func try(needs []snapshot.Kind, do func(*rule.Pass)) []*rule.Rule {
	return []*rule.Rule{{ID: "AS199", Severity: rule.High, Level: rule.Baseline, Needs: needs, Check: do}}
}

func pass(p *rule.Pass) { p.Subjects++ }

func fail(p *rule.Pass) {
	p.Subjects++
	p.Report(rule.Finding{Target: snapshot.Ref{Kind: "Deployment", Name: "s"}, Component: "scheduler", Container: "c"})
}

func TestOutcomes(t *testing.T) {
	needs := []snapshot.Kind{snapshot.Secret}
	read := snapshot.Coverage{Kind: snapshot.Secret, State: snapshot.Read}
	forbidden := snapshot.Coverage{Kind: snapshot.Secret, State: snapshot.Forbidden, Reason: "secrets is forbidden"}
	failed := snapshot.Coverage{Kind: snapshot.Secret, State: snapshot.NotCollected, Reason: "connection refused"}
	for _, c := range []struct {
		name       string
		model      *airflow.Model
		do         func(*rule.Pass)
		want       rule.Outcome
		reason     string
		incomplete bool
	}{
		{"judged and fine", release(snapshot.Stored, read), pass, rule.Passed, "", false},
		{"judged and bad", release(snapshot.Stored, read), fail, rule.Failed, "", false},
		{"nothing to judge", release(snapshot.Stored, read), func(*rule.Pass) {}, rule.NotApplicable, "nothing this rule is about", false},
		{"refused is not passed", release(snapshot.Stored, forbidden), pass, rule.Unknown, "secrets is forbidden", true},
		{"a failed list is not passed", release(snapshot.Stored, failed), pass, rule.Unknown, "connection refused", true},
		{"nobody asked is not passed", release(snapshot.Stored), pass, rule.Unknown, "Secret was not read", true},
		{"bad is bad even if more was refused", release(snapshot.Stored, forbidden), fail, rule.Failed, "secrets is forbidden", true},
		{"files cannot hold it", release(snapshot.FromFiles), pass, rule.NotApplicable, "only a cluster can tell: Secret", false},
		{"refused inside a saved snapshot of files", release(snapshot.FromFiles, forbidden), pass, rule.Unknown, "forbidden", true},
		{"the rule itself could not tell", release(snapshot.Stored, read), func(p *rule.Pass) { pass(p); p.Unknown("who knows") }, rule.Unknown, "who knows", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			report, err := Run(c.model, try(needs, c.do), &profile.Profile{Level: rule.Restricted})
			if err != nil {
				t.Fatal(err)
			}
			got := report.Results[0]
			if got.Outcome != c.want || !strings.Contains(got.Reason, c.reason) || got.Incomplete != c.incomplete {
				t.Errorf("got %s (%s) incomplete=%v, want %s (%s) incomplete=%v", got.Outcome, got.Reason, got.Incomplete, c.want, c.reason, c.incomplete)
			}
			if report.Incomplete() != c.incomplete {
				t.Errorf("the report says incomplete=%v", report.Incomplete())
			}
		})
	}
}

// TestGivenIsMergedOnce also holds the report to what rules compared with.
func TestGivenIsMergedOnce(t *testing.T) {
	model := release(snapshot.Stored)
	model.Snapshot.Advisories = &snapshot.Advisories{Name: "osv", Newest: day}
	model.Snapshot.EndOfLife = &snapshot.EndOfLife{Name: "eol", Tables: []snapshot.EndOfLifeTable{{Product: "airflow", Read: "2026-11-20", Lines: []snapshot.EndOfLifeLine{{Line: "3.4"}}}}}
	shared := rule.NewShared(model, rule.Baseline, rule.Parameters{})
	if shared.Advisories() != shared.Pass().Advisories() {
		t.Error("rules and report merge tables of their own")
	}
	report, err := Run(model, nil, &profile.Profile{})
	if err != nil {
		t.Fatal(err)
	}
	if a := report.Advisories; a.Given != "osv" || a.GivenNewest != "2026-11-21" || a.Read != shared.Advisories().Read {
		t.Errorf("got %+v", a)
	}
	if e := report.EndOfLife; e.Given != "eol" || e.GivenNewest != "2026-11-20" || e.Read != shared.EndOfLife().Read {
		t.Errorf("got %+v", e)
	}
	if table, ok := shared.Pass().EndOfLife("airflow"); !ok || table.Newest() != "3.4" {
		t.Errorf("got %+v", table)
	}
}

func TestNothingReadIsNotNothingThere(t *testing.T) {
	s := &snapshot.Snapshot{Coverage: []snapshot.Coverage{{Kind: snapshot.Deployment, State: snapshot.NotCollected, Reason: "the API server cannot be reached"}}}
	_, err := Run(&airflow.Model{Snapshot: s}, nil, &profile.Profile{})
	if !errors.Is(err, ErrNothing) || !strings.Contains(err.Error(), "no workload of an Airflow release was read (Deployment was not read: the API server cannot be reached") {
		t.Errorf("got %v", err)
	}
}

func TestNothingToEvaluateIsAnError(t *testing.T) {
	_, err := Run(&airflow.Model{Snapshot: &snapshot.Snapshot{}}, nil, &profile.Profile{})
	if !errors.Is(err, ErrNothing) {
		t.Errorf("got %v", err)
	}
}

func TestProfileDecidesWhichRulesCountAndHowMuch(t *testing.T) {
	rules := try(nil, fail)
	rules[0].Level = rule.Paranoid
	model := release(snapshot.Stored)
	count := func(p profile.Profile) int {
		report, err := Run(model, rules, &p)
		if err != nil {
			t.Fatal(err)
		}
		return len(report.Results)
	}
	if count(profile.Profile{Level: rule.Restricted}) != 0 || count(profile.Profile{Level: rule.Paranoid}) != 1 {
		t.Error("a paranoid rule counts in paranoid only")
	}
	if count(profile.Profile{Level: rule.Restricted, On: map[string]bool{"AS199": true}}) != 1 {
		t.Error("a rule switched on does not count")
	}
	if count(profile.Profile{Level: rule.Paranoid, Off: map[string]bool{"AS199": true}}) != 0 {
		t.Error("a rule switched off counts")
	}
	report, _ := Run(model, rules, &profile.Profile{Level: rule.Paranoid, Severity: map[string]rule.Severity{"AS199": rule.Low}})
	if report.Worst() != rule.Low || report.Results[0].Severity != rule.Low || report.Summary.BySeverity.Low != 1 {
		t.Errorf("the profile's severity does not hold: %+v", report.Summary)
	}
}

func TestExceptions(t *testing.T) {
	model := release(snapshot.Stored)
	exception := profile.Exception{Rule: "AS199", Component: "scheduler", Reason: "r", Owner: "o", Expires: day.Truncate(24 * time.Hour)}
	other, past := exception, exception
	other.Component = "worker"
	past.Expires = day.AddDate(0, 0, -1)
	with := &profile.Profile{Level: rule.Restricted, Exceptions: []profile.Exception{exception, other, past}}
	report, err := Run(model, try(nil, fail), with)
	if err != nil {
		t.Fatal(err)
	}
	if got := report.Results[0]; got.Outcome != rule.Excepted || !got.Findings[0].Excepted || report.Worst() != "" {
		t.Errorf("got %+v", got)
	}
	for i, want := range []ExceptionState{Used, Unused, Expired} {
		if got := report.Exceptions[i].State; got != want {
			t.Errorf("exception %d is %s, want %s", i, got, want)
		}
	}
	with.Mandatory = []string{"AS199"}
	if report, _ = Run(model, try(nil, fail), with); report.Results[0].Outcome != rule.Failed {
		t.Error("an exception silenced a mandatory rule")
	}
}

func TestFingerprintOutlivesMovesAndRewording(t *testing.T) {
	f := rule.Finding{Target: snapshot.Ref{APIVersion: "apps/v1", Kind: "Deployment", Name: "s"}, Container: "c", Path: "/spec/template/spec/containers/0/image", Message: "a"}
	moved := f
	moved.Path, moved.Message, moved.Target.APIVersion = "/spec/template/spec/containers/3/image", "b", "apps/v2"
	if fingerprint("AS199", f) != fingerprint("AS199", moved) {
		t.Error("moving the container or rewording the message made another finding")
	}
	other := f
	other.Container = "d"
	if fingerprint("AS199", f) == fingerprint("AS199", other) || fingerprint("AS199", f) == fingerprint("AS198", f) {
		t.Error("two findings share a fingerprint")
	}
}

func TestNoMaskedTokenReachesAReport(t *testing.T) {
	token := snapshot.Masked{ID: "3", Size: 16}.Token()
	report, _ := Run(release(snapshot.Stored), try(nil, func(p *rule.Pass) {
		p.Report(rule.Finding{Message: "uses " + token, Fixes: []rule.Fix{{Kind: rule.Manual, Summary: "drop " + token}}})
	}), &profile.Profile{Level: rule.Restricted})
	f := report.Results[0].Findings[0]
	if strings.Contains(f.Message+f.Fixes[0].Summary, "⟦") {
		t.Errorf("a token got through: %q, %q", f.Message, f.Fixes[0].Summary)
	}
}
