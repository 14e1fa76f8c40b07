package plan

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// rendered are releases as files: the sample, and those of the corpus.
func rendered(t testing.TB) []string {
	t.Helper()
	out := []string{filepath.Join("..", "..", "testdata", "sample", "airflow.yaml")}
	if dir := os.Getenv("AIRFLOWSEC_CORPUS"); dir != "" {
		found, err := filepath.Glob(filepath.Join(dir, "*", "*", "manifest.yaml"))
		if err != nil || len(found) == 0 {
			t.Fatalf("AIRFLOWSEC_CORPUS holds no manifests: %v", err)
		}
		out = append(out, found...)
	}
	return out
}

// readRelease reads manifests, or the sample, which is a snapshot of a live release.
func readRelease(t testing.TB, path string) *snapshot.Snapshot {
	t.Helper()
	s, err := collect.FromFiles(context.Background(), collect.Files{Paths: []string{path}, Now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)})
	if filepath.Base(filepath.Dir(path)) == "sample" {
		text, failed := os.Open(path)
		if failed != nil {
			t.Fatal(failed)
		}
		defer text.Close()
		s, err = collect.ReadSnapshot(text, path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// planOf is what a release needs for its pods and rights.
func planOf(t testing.TB, path string) (*Plan, *snapshot.Snapshot) {
	t.Helper()
	s := readRelease(t, path)
	m := airflow.New(s)
	report, err := check.Run(m, rules.All(), &profile.Profile{Name: "all", Level: rule.Restricted})
	if err != nil {
		t.Fatal(err)
	}
	asked, left := Wanted(report, []string{"AS101", "AS102", "AS103", "AS104", "AS105", "AS106", "AS107", "AS108"})
	for _, p := range harden.RBAC(m, harden.RBACOptions{Label: harden.ReleaseLabel(s.Release.Name)}).Proposed() {
		asked = append(asked, Asked{Change: p.Change, Rule: "AS301", Unpatchable: p.Unpatchable})
	}
	p, err := Of(asked, left)
	if err != nil {
		t.Fatal(err)
	}
	return p, s
}

// TestFatesOfRealCharts foresees the plans of real charts, and holds each
// replayed object to the library that Helm merges with.
func TestFatesOfRealCharts(t *testing.T) {
	for _, path := range rendered(t) {
		p, s := planOf(t, path)
		if err := p.Foresee(s); err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if len(p.Steps) == 0 {
			t.Errorf("%s: nothing is planned", path)
		}
		for _, step := range p.Steps {
			if f := step.Fate; f.ByMerge == "" || f.ByApply == "" || f.Safe() != (f.Reason == "") {
				t.Errorf("%s: %s %s: %+v", path, step.Target, step.Path, f)
			}
		}
		for _, target := range p.Targets() {
			f, err := newForecast(s, p.For(target))
			if err != nil {
				t.Fatal(err)
			}
			if f.manifest == nil || f.anew {
				continue
			}
			live := withoutNulls(f.patched).(map[string]any) // as a cluster would hold it
			if got, want := inOrder(merged(f.kind, live, f.manifest)), inOrder(strategically(t, live, f.manifest)); got != want {
				t.Errorf("%s: %s:\ngot  %s\nwant %s", path, target, got, want)
			}
		}
	}
}

func BenchmarkForesee(b *testing.B) {
	path := rendered(b)[0]
	if dir := os.Getenv("AIRFLOWSEC_CORPUS"); dir != "" {
		path = filepath.Join(dir, "community-8.9.0", "00-defaults", "manifest.yaml")
	}
	p, s := planOf(b, path)
	b.ReportAllocs()
	for b.Loop() {
		if err := p.Foresee(s); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(p.Steps)), "steps")
}
