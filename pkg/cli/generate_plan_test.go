package cli

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// planned are the releases that plans are tried on: the sample, and each folder of the corpus.
func planned(t testing.TB) map[string]*snapshot.Snapshot {
	t.Helper()
	sample, err := readSample()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*snapshot.Snapshot{"sample": sample}
	corpus := os.Getenv("AIRFLOWSEC_CORPUS")
	if corpus == "" {
		return out
	}
	folders, err := filepath.Glob(filepath.Join(corpus, "*", "*", "manifest.yaml"))
	if err != nil || len(folders) == 0 {
		t.Fatalf("no folder in %s: %v", corpus, err)
	}
	for _, folder := range folders {
		s, err := collect.FromFiles(context.Background(), collect.Files{Paths: []string{folder}, Namespace: "airflow"})
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.ToSlash(strings.TrimPrefix(filepath.Dir(folder), corpus))] = s
	}
	return out
}

func wishFor(t testing.TB, name string, form func(plan.Step) string, kinds ...string) planWish {
	t.Helper()
	p, err := loadProfile(name)
	if err != nil {
		t.Fatal(err)
	}
	return planWish{profile: p, kinds: kinds, form: form}
}

// TestPlansHold makes every plan for every release: what it claims is closed,
// nothing is new, and what is left has a reason.
func TestPlansHold(t *testing.T) {
	forms := map[string]func(plan.Step) string{"live": liveForm, "live only": liveOnlyForm, "whole": wholeForm}
	for name, s := range planned(t) {
		for _, profile := range profile.Names() {
			for form, fits := range forms {
				t.Run(name+"/"+profile+"/"+form, func(t *testing.T) {
					set, err := wishFor(t, profile, fits, planKinds...).make(airflow.New(s))
					if err != nil {
						t.Fatal(err)
					}
					mustHold(t, set)
				})
			}
		}
	}
}

func mustHold(t *testing.T, set *render.PatchSet) {
	t.Helper()
	if !set.Holds() {
		var b strings.Builder
		_ = render.Proof(&b, set)
		t.Errorf("the proof does not hold:\n%s", b.String())
	}
	for _, left := range set.Proof.Left {
		if left.Reason == "" {
			t.Errorf("%s %s is left without a reason", left.Rule, left.Finding.Target.Name)
		}
	}
}

// TestPlanAgainIsEmpty plans for what a whole plan leaves: nothing more is to change.
func TestPlanAgainIsEmpty(t *testing.T) {
	for name, s := range planned(t) {
		t.Run(name, func(t *testing.T) {
			wish := wishFor(t, "restricted", wholeForm, rbacKind, podKind)
			first, err := wish.make(airflow.New(s))
			if err != nil {
				t.Fatal(err)
			}
			again, err := wish.make(first.Proof.After)
			if err != nil {
				t.Fatal(err)
			}
			again.Plan.Steps = slices.DeleteFunc(again.Plan.Steps, func(s plan.Step) bool { return unchanged(first, s) })
			for _, s := range again.Plan.Steps {
				t.Errorf("%v wants %s of %s again", s.Rules, s.Path, s.Target)
			}
		})
	}
}

// unchanged says that a step puts an object that is exactly so already.
func unchanged(set *render.PatchSet, s plan.Step) bool {
	return slices.ContainsFunc(set.Plan.Steps, func(known plan.Step) bool {
		return known.Op == s.Op && known.Target == s.Target && known.Path == s.Path && reflect.DeepEqual(known.Value, s.Value)
	})
}

func BenchmarkPlanAndProof(b *testing.B) {
	sample, err := readSample()
	if err != nil {
		b.Fatal(err)
	}
	wish := wishFor(b, "restricted", liveForm, planKinds...)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := wish.make(airflow.New(sample)); err != nil {
			b.Fatal(err)
		}
	}
}
