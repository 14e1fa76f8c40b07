package render_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// demo is the snapshot of a real release that the program carries.
const demo = "../../testdata/sample/airflow.yaml"

// manifests are the release that the program carries for its demo, and those of AIRFLOWSEC_CORPUS.
func manifests(t *testing.T) []string {
	t.Helper()
	files := []string{demo}
	if corpus := os.Getenv("AIRFLOWSEC_CORPUS"); corpus != "" {
		more, err := filepath.Glob(filepath.Join(corpus, "*", "*", "manifest.yaml"))
		if err != nil || len(more) == 0 {
			t.Fatalf("AIRFLOWSEC_CORPUS holds no manifests: %v", err)
		}
		files = append(files, more...)
	}
	return files
}

func checked(t *testing.T, file string) *check.Report {
	t.Helper()
	var s *snapshot.Snapshot
	text, err := os.Open(file)
	if err == nil && file == demo {
		s, err = collect.ReadSnapshot(text, file)
	} else if err == nil {
		s, err = collect.FromFiles(context.Background(), collect.Files{Paths: []string{file}, Release: "rel", Namespace: "airflow"})
	}
	if err != nil {
		t.Fatal(err)
	}
	defer text.Close()
	r, err := check.Run(airflow.New(s), rules.All(), &profile.Profile{Name: "paranoid", Level: rule.Paranoid})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRealReports holds the answers about real releases to the schemas, and the table to the terminal.
func TestRealReports(t *testing.T) {
	report, sarif := compile(t, reportSchema), compile(t, "testdata/sarif_github.json")
	for _, file := range manifests(t) {
		reports := []*check.Report{checked(t, file)}
		if err := report.Validate(parsed(t, printed(t, render.JSON, reports, render.Options{Single: true}))); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		if err := sarif.Validate(parsed(t, printed(t, render.SARIF, reports, render.Options{}))); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		wellFormed(t, render.JUnit, printed(t, render.JUnit, reports, render.Options{}))
		for line := range strings.Lines(printed(t, render.Table, reports, render.Options{Width: 80})) {
			if len([]rune(strings.TrimSuffix(line, "\n"))) > 80 {
				t.Errorf("%s: a line is wider than the terminal: %q", file, line)
			}
		}
	}
}

// TestFingerprintsAreUnique wants no two findings of a real release to be taken for one.
func TestFingerprintsAreUnique(t *testing.T) {
	for _, file := range manifests(t) {
		seen := map[string]check.Finding{}
		for _, result := range checked(t, file).Results {
			for _, f := range result.Findings {
				if other, twice := seen[f.Fingerprint]; twice {
					t.Errorf("%s: %s: two findings have one fingerprint: %q and %q at %s %s", file, result.Rule, other.Message, f.Message, f.Target.Name, f.Path)
				}
				seen[f.Fingerprint] = f
			}
		}
	}
}
