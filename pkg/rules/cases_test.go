package rules_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var update = flag.Bool("update", false, "rewrite the want sections of the cases")

// TestCases runs testdata/AS*/*.txtar. A case holds release.yaml (manifests,
// judged offline; with given.yaml, values as a user writes them, and chart.yaml
// as of a chart that renders them) or live.yaml (objects of a cluster, with optional
// manifest.yaml and hooks.yaml of the stored release, values.yaml, chart.yaml, reference.yaml, replaced.yaml,
// apiservers.yaml, backups.yaml, past.yaml (older revisions, masked), unread and aschart (value paths, one a line), revision, status, server (version) and
// coverage ("Kind state [reason]" lines; kinds not named are read)),
// parameters.yaml, level (the profile's; paranoid where it is not said), and want.
func TestCases(t *testing.T) {
	for _, r := range rules.All() {
		files, err := filepath.Glob(filepath.Join("testdata", r.ID, "*.txtar"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			t.Run(r.ID+"/"+strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) { runCase(t, r, file) })
		}
	}
}

func runCase(t *testing.T, r *rule.Rule, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	with := &profile.Profile{Name: "case", Level: rule.Paranoid}
	if level := section(archive, "level"); level != "" {
		with.Level, with.On = rule.Level(strings.TrimSpace(level)), map[string]bool{r.ID: true}
	}
	decode(t, section(archive, "parameters.yaml"), &with.Parameters)
	s := caseSnapshot(t, archive)
	model := airflow.New(s)
	result := judgeCase(t, model, r, with)
	got := answer(result)
	switch name := filepath.Base(file); {
	case strings.HasPrefix(name, "bad_") && result.Outcome != rule.Failed,
		strings.HasPrefix(name, "good_") && result.Outcome != rule.Passed && result.Outcome != rule.NotApplicable,
		strings.HasPrefix(name, "unknown_") && result.Outcome != rule.Unknown:
		t.Errorf("%s has the outcome %s", name, got)
	}
	checkReads(t, model, r, with)
	if result.Outcome == rule.Failed {
		checkFixes(t, s, r, with)
	}
	compareWant(t, archive, file, got)
}

func judgeCase(t *testing.T, model *airflow.Model, r *rule.Rule, with *profile.Profile) check.Result {
	t.Helper()
	report, err := check.Run(model, []*rule.Rule{r}, with)
	if err != nil {
		t.Fatal(err)
	}
	return report.Results[0]
}

// answer is what a case's want section holds: the outcome, then a line for each finding.
func answer(result check.Result) string {
	var b strings.Builder
	b.WriteString(string(result.Outcome))
	if result.Reason != "" {
		b.WriteString(" (" + result.Reason + ")")
	}
	b.WriteString("\n")
	for _, f := range result.Findings {
		fmt.Fprintf(&b, "%s %s %s/%s %s %s\n    %s\n", f.Severity, orDash(f.Target.Component), f.Target.Kind, f.Target.Name, orDash(f.Container), orDash(f.Path), f.Message)
		for _, fix := range f.Fixes {
			line := strings.TrimRight(fmt.Sprintf("%s: %s %s", fix.Kind, fix.Summary, fix.ValuesKey), " ")
			if value, isText := fix.Value.(string); isText {
				line += fmt.Sprintf(": %q", value)
			}
			fmt.Fprintf(&b, "    %s\n", line)
		}
	}
	return b.String()
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func compareWant(t *testing.T, archive *txtar.Archive, file, got string) {
	t.Helper()
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "want" })
	if i < 0 {
		t.Fatalf("%s has no want section", file)
	}
	if *update {
		archive.Files[i].Data = []byte(got)
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want := string(archive.Files[i].Data); want != got {
		t.Errorf("%s: got\n%s\nwant\n%s(go test ./pkg/rules -update rewrites it)", file, got, want)
	}
}

// checkReads compares what a rule declares with what it really looked at.
func checkReads(t *testing.T, model *airflow.Model, r *rule.Rule, with *profile.Profile) {
	t.Helper()
	pass := rule.NewPass(model, with.Level, with.Parameters)
	r.Check(pass)
	declared := append(slices.Clone(r.Needs), r.Uses...)
	for _, kind := range pass.Reads() {
		if !slices.Contains(declared, kind) {
			t.Errorf("%s reads %s but does not declare it in Needs or Uses", r.ID, kind)
		}
	}
	for _, kind := range r.Needs {
		if !slices.Contains(pass.Reads(), kind) {
			t.Errorf("%s needs %s but does not look at it", r.ID, kind)
		}
	}
}

// checkFixes replays the patches of all findings on a copy and judges again:
// no finding that a patch promised to close may remain.
func checkFixes(t *testing.T, s *snapshot.Snapshot, r *rule.Rule, with *profile.Profile) {
	t.Helper()
	pass := rule.NewPass(airflow.New(s), with.Level, with.Parameters)
	r.Check(pass)
	fixed := copySnapshot(t, s)
	closed := map[string]bool{}
	for _, f := range pass.Findings {
		for _, fix := range f.Fixes {
			for _, c := range fix.Changes {
				applyTo(t, fixed, c)
				closed[f.Target.String()+f.Container+f.Path] = true
			}
		}
	}
	again := rule.NewPass(airflow.New(fixed), with.Level, with.Parameters)
	r.Check(again)
	for _, f := range again.Findings {
		if closed[f.Target.String()+f.Container+f.Path] {
			t.Errorf("the patch does not fix %s %s %s: %s", f.Target, f.Container, f.Path, f.Message)
		}
	}
}

func applyTo(t *testing.T, s *snapshot.Snapshot, c change.Change) {
	t.Helper()
	if strings.HasPrefix(c.Path, "/data/") && strings.Contains(c.Path, "#") {
		t.Fatalf("%s: a patch cannot reach into a text", c.Path)
	}
	for i := range s.Objects {
		if s.Objects[i].Same(c.Target) {
			if err := c.Apply(s.Objects[i].Content); err != nil {
				t.Error(err)
			}
			return
		}
	}
	if c.Op != change.Put {
		t.Errorf("a patch aims at %s, which is not there", c.Target)
		return
	}
	made := snapshot.Object{Ref: c.Target, Origin: s.Objects[0].Origin, Content: map[string]any{}}
	if err := c.Apply(made.Content); err != nil {
		t.Error(err)
	}
	s.Objects = append(s.Objects, made)
}

func copySnapshot(t *testing.T, s *snapshot.Snapshot) *snapshot.Snapshot {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var out snapshot.Snapshot
	if err := yaml.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return &out
}
