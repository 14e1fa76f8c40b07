package render_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// TestTableFits wants no line beyond the terminal and none with blanks at its end.
func TestTableFits(t *testing.T) {
	for columns := 78; columns <= 200; columns++ {
		for _, r := range []*check.Report{sample(), clean(), unreadable(), large(3)} {
			for line := range strings.Lines(printed(t, render.Table, []*check.Report{r}, render.Options{Width: columns})) {
				line = strings.TrimSuffix(line, "\n")
				if len([]rune(line)) > columns {
					t.Fatalf("a terminal of %d columns gets a line of %d: %q", columns, len([]rune(line)), line)
				}
				if strings.HasSuffix(line, " ") {
					t.Fatalf("a line ends with a blank: %q", line)
				}
			}
		}
	}
}

func TestTableColoursOnlyWhenAsked(t *testing.T) {
	reports := []*check.Report{sample()}
	plain := printed(t, render.Table, reports, render.Options{Width: 100})
	coloured := printed(t, render.Table, reports, render.Options{Width: 100, Color: true})
	if strings.Contains(plain, "\x1b") {
		t.Error("the plain table holds escape sequences")
	}
	if !strings.Contains(coloured, "\x1b[1;31mcritical\x1b[0m") {
		t.Error("the coloured table does not colour critical findings")
	}
	for _, sequence := range []string{"\x1b[1;31m", "\x1b[31m", "\x1b[33m", "\x1b[36m", "\x1b[32m", "\x1b[1m", "\x1b[0m"} {
		coloured = strings.ReplaceAll(coloured, sequence, "")
	}
	if coloured != plain {
		t.Error("colour changes more than colour")
	}
}

// TestNothingUnreadIsHidden wants missing evidence named in every format for people, however quiet.
func TestNothingUnreadIsHidden(t *testing.T) {
	for _, format := range []render.Format{render.Table, render.Wide, render.Markdown} {
		for _, quiet := range []bool{false, true} {
			got := printed(t, format, []*check.Report{unreadable()}, render.Options{Quiet: quiet})
			for _, want := range []string{"Secret", "forbidden", "AS501", "1 rule has no answer"} {
				if !strings.Contains(got, want) {
					t.Errorf("%s (quiet %v) does not say %q:\n%s", format, quiet, want, got)
				}
			}
			if strings.Contains(got, "Clean") {
				t.Errorf("%s (quiet %v) calls an unread release clean", format, quiet)
			}
		}
	}
}

// TestOfflineRulesAreNamed holds the table and package check to the same words.
func TestOfflineRulesAreNamed(t *testing.T) {
	s := &snapshot.Snapshot{
		Release: snapshot.Release{Name: "rel", Namespace: "airflow", Record: snapshot.FromFiles},
		Objects: []snapshot.Object{{
			Ref:     snapshot.Ref{APIVersion: "v1", Kind: "Pod", Namespace: "airflow", Name: "p"},
			Content: map[string]any{"spec": map[string]any{"containers": []any{map[string]any{"name": "c"}}}},
		}},
	}
	needsCluster := &rule.Rule{ID: "AS901", Needs: []snapshot.Kind{snapshot.ServerVersion}, Check: func(*rule.Pass) {}}
	r, err := check.Run(airflow.New(s), []*rule.Rule{needsCluster}, &profile.Profile{Name: "test", Level: rule.Paranoid, On: map[string]bool{"AS901": true}})
	if err != nil {
		t.Fatal(err)
	}
	if got := printed(t, render.Table, []*check.Report{r}, render.Options{}); !strings.Contains(got, "only a cluster can tell: AS901.") {
		t.Errorf("the table does not name AS901 as not judged:\n%s", got)
	}
}

func TestWideFoldsNothing(t *testing.T) {
	got := printed(t, render.Wide, []*check.Report{sample()}, render.Options{})
	for _, want := range []string{"f103scheduler0", "f103scheduler1", "f103scheduler2", "excepted", "deploy/manifest.yaml:812"} {
		if !strings.Contains(got, want) {
			t.Errorf("the wide table does not hold %q", want)
		}
	}
}

// large is a report with n workloads, three containers each, breaking 20 rules.
func large(n int) *check.Report {
	r := sample()
	r.Results = nil
	for id := range 20 {
		result := check.Result{Rule: fmt.Sprintf("AS1%02d", id), Slug: "rule", Title: "Rule", Severity: rule.High, Outcome: rule.Failed}
		for w := range n {
			for c := range 3 {
				container := fmt.Sprintf("container-%d", c)
				result.Findings = append(result.Findings, check.Finding{
					Target:    target("Deployment", fmt.Sprintf("rel-workload-%d", w), string(airflow.Components[w%len(airflow.Components)])),
					Container: container, Path: "/spec", Severity: rule.Severities[id%4], Fingerprint: fmt.Sprint(id, w, c),
					Message: "container " + container + " does something that a hardened container would rather not do",
					Fixes:   []check.Fix{{Kind: rule.Values, Summary: "set it to false", ValuesKey: fmt.Sprintf("workload%d.securityContexts.container", w)}},
				})
			}
		}
		r.Results = append(r.Results, result)
	}
	r.Summary = check.Summary{Failed: 20, BySeverity: check.BySeverity{High: 60 * n}}
	return r
}

func BenchmarkTable(b *testing.B) {
	reports := []*check.Report{large(20)} // 1,200 findings
	for b.Loop() {
		printed(b, render.Table, reports, render.Options{Width: 120})
	}
}

func BenchmarkJSON(b *testing.B) {
	reports := []*check.Report{large(20)}
	for b.Loop() {
		printed(b, render.JSON, reports, render.Options{Single: true})
	}
}
