package rules_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// TestCorpus judges rendered charts, each read once.
func TestCorpus(t *testing.T) {
	folder := os.Getenv("AIRFLOWSEC_CORPUS")
	if folder == "" {
		t.Skip("AIRFLOWSEC_CORPUS names no folder of rendered charts")
	}
	manifests, err := filepath.Glob(filepath.Join(folder, "*", "*", "manifest.yaml"))
	if err != nil || len(manifests) == 0 {
		t.Fatalf("no rendered charts in %s", folder)
	}
	for _, manifest := range manifests {
		name := filepath.Base(filepath.Dir(filepath.Dir(manifest))) + "/" + filepath.Base(filepath.Dir(manifest))
		t.Run(name, func(t *testing.T) {
			s, err := collect.FromFiles(context.Background(), collect.Files{
				Paths: []string{manifest}, Release: "rel", Namespace: "airflow", Now: caseTime,
			})
			if err != nil {
				t.Fatal(err)
			}
			model := airflow.New(s)
			agreesWithPodSecurity(t, name, model)
			patchesReachRestricted(t, s, model)
			findingsAreComplete(t, model)
			if name == readOnlyOverlay {
				knowsWrittenPaths(t, model)
			}
		})
	}
}

// deniedByDefault are the workloads that break restricted in charts as they come.
var deniedByDefault = map[string]int{"community-8.9.0/00-defaults": 10, "official-1.15.0/00-defaults": 8, "official-1.22.0/00-defaults": 9}

// agreesWithPodSecurity compares, workload by workload, what AS101 to AS107 say
// with what the evaluator says. Nothing that a chart renders breaks baseline.
func agreesWithPodSecurity(t *testing.T, name string, model *airflow.Model) {
	t.Helper()
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if found := blamed(podSecurityFindings(model, rule.Baseline)); len(found) > 0 {
		t.Errorf("baseline is broken by %v", found)
	}
	found := blamed(podSecurityFindings(model, rule.Restricted))
	if want := refused(evaluator, model); !slices.Equal(found, want) {
		t.Errorf("the rules blame %v, the evaluator refuses %v", found, want)
	}
	if want, set := deniedByDefault[name]; set && len(found) != want {
		t.Errorf("%d workloads break restricted, not %d: %v", len(found), want, found)
	}
}

// patchesReachRestricted replays the patches of AS101 to AS107: what still
// breaks the level afterwards is only what no patch can reach.
func patchesReachRestricted(t *testing.T, s *snapshot.Snapshot, model *airflow.Model) {
	t.Helper()
	fixed := copySnapshot(t, s)
	for _, f := range podSecurityFindings(model, rule.Restricted) {
		for _, fix := range f.Fixes {
			for _, c := range fix.Changes {
				applyTo(t, fixed, c)
			}
		}
	}
	for _, f := range podSecurityFindings(airflow.New(fixed), rule.Restricted) {
		if f.Target.Kind != "Job" && f.Target.Kind != "ConfigMap" {
			t.Errorf("%s %s %s remains: %s", f.Target, f.Container, f.Path, f.Message)
		}
	}
}

// readOnlyOverlay makes every container of the chart but PostgreSQL's read-only.
// It is meant for Airflow 2, so that the newer chart's renders of it do not count.
const readOnlyOverlay = "official-1.15.0/25-readonly-rootfs-af2"

func knowsWrittenPaths(t *testing.T, model *airflow.Model) {
	t.Helper()
	p := rule.NewPass(model, rule.Paranoid, rule.Parameters{})
	rules.Find("AS108").Check(p)
	if found := blamed(p.Findings); !slices.Equal(found, []string{"statefulset/rel-postgresql"}) || len(p.Unknowns) > 0 {
		t.Errorf("AS108 blames %v, and does not know %v", p.Findings, p.Unknowns)
	}
}

// findingsAreComplete holds the findings of all rules to the form every finding has.
func findingsAreComplete(t *testing.T, model *airflow.Model) {
	t.Helper()
	shared := rule.NewShared(model, rule.Paranoid, rule.Parameters{})
	for _, r := range rules.All() {
		p := shared.Pass()
		r.Check(p)
		for _, f := range p.Findings {
			if f.Message == "" || strings.HasSuffix(f.Message, ".") {
				t.Errorf("%s: the message %q is no sentence without a full stop", r.ID, f.Message)
			}
			if len(f.Fixes) == 0 {
				t.Errorf("%s: %s has no fix", r.ID, f.Message)
			}
			for _, fix := range f.Fixes {
				if !slices.Contains(r.FixKinds, fix.Kind) {
					t.Errorf("%s offers a fix of kind %s and does not say so", r.ID, fix.Kind)
				}
				if fix.Kind == rule.Values && fix.ValuesKey == "" || fix.Kind == rule.Patch && len(fix.Changes) == 0 {
					t.Errorf("%s: the fix %q says what, but not where", r.ID, fix.Summary)
				}
			}
		}
	}
}

func podSecurityFindings(model *airflow.Model, level rule.Level) []rule.Finding {
	var out []rule.Finding
	for _, r := range rules.All() {
		if r.ID > "AS107" || level == rule.Baseline && r.Level != rule.Baseline {
			continue
		}
		p := rule.NewPass(model, level, rule.Parameters{})
		r.Check(p)
		out = append(out, p.Findings...)
	}
	return out
}

// blamed are the workloads that findings name, sorted.
func blamed(findings []rule.Finding) []string {
	names := map[string]bool{}
	for _, f := range findings {
		names[f.Target.String()] = true
	}
	return slices.Sorted(maps.Keys(names))
}

func refused(evaluator policy.Evaluator, model *airflow.Model) []string {
	names := map[string]bool{}
	for _, w := range model.Workloads {
		asked := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
		if !policy.AggregateCheckResults(evaluator.EvaluatePod(asked, &w.Meta, &w.Spec)).Allowed {
			names[w.Ref.String()] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
