package render_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// nasty is what a hostile cluster could put into a name or a reason: escape
// sequences, forged lines, Markdown, HTML, XML, a turned direction.
const nasty = "evil\x1b]0;title\x07\x1b[2J\r\nClean: 99 rules passed\u202egnp\u009b31m|`<script>&]]>![x](https://evil.example)\xff\u0000"

// hostile is a report in which every text that a cluster can choose is nasty.
func hostile() *check.Report {
	return &check.Report{
		APIVersion: check.APIVersion, Kind: "Report", Profile: nasty,
		Release: check.Release{
			Name: nasty, Namespace: nasty, Chart: check.Chart{Name: nasty, Version: nasty, Dialect: "official", Brings: &check.Brought{Name: nasty, Version: nasty}}, AirflowVersion: nasty, Executor: nasty,
		},
		Coverage: []snapshot.Coverage{{Kind: snapshot.Secret, State: snapshot.Forbidden, Reason: nasty}},
		Results: []check.Result{
			{Rule: "AS103", Slug: "no-privilege-escalation", Title: "No escalation", Severity: rule.High, Outcome: rule.Failed, Incomplete: true, Reason: nasty,
				Findings: []check.Finding{
					{
						Target:    check.Target{APIVersion: "v1", Kind: nasty, Namespace: nasty, Name: nasty, Component: nasty},
						Container: nasty, Path: "/" + nasty, Message: nasty, Severity: rule.High, Fingerprint: "f", File: nasty, Line: 7,
						Fixes: []check.Fix{{Kind: rule.Values, Summary: nasty, ValuesKey: nasty}, {Kind: rule.Manual, Summary: nasty}},
					},
					{Target: check.Target{Kind: "Pod", Name: ".."}, Severity: rule.Low, Excepted: true, Fingerprint: "g"},
				}},
			{Rule: "AS104", Slug: "x", Title: "X", Severity: rule.Low, Outcome: rule.Unknown, Reason: nasty},
		},
		Exceptions: []check.Exception{{Rule: "AS103", Scope: nasty, Reason: nasty, Owner: nasty, Expires: "2027-01-01", State: check.Used}},
		Summary:    check.Summary{Failed: 1, Unknown: 1, BySeverity: check.BySeverity{High: 1}},
	}
}

// TestNothingHostileGetsThrough looks for raw control characters in every format.
func TestNothingHostileGetsThrough(t *testing.T) {
	for _, format := range render.ReportFormats() {
		t.Run(string(format), func(t *testing.T) {
			got := printed(t, format, []*check.Report{hostile()}, render.Options{Single: true})
			for _, r := range got {
				if unicode.IsControl(r) && r != '\n' {
					t.Errorf("%s holds the control character %U", format, r)
				}
			}
			for line := range strings.Lines(got) {
				if strings.HasPrefix(line, "Clean: 99") {
					t.Errorf("%s: a name forged the line %q", format, line)
				}
			}
		})
	}
}

func TestMarkdownHoldsNoMarkupOfOthers(t *testing.T) {
	got := printed(t, render.Markdown, []*check.Report{hostile()}, render.Options{})
	for _, bad := range []string{"<script", "](https://evil", "`", "https://evil"} {
		if strings.Contains(got, bad) {
			t.Errorf("the Markdown holds %q", bad)
		}
	}
	for line := range strings.Lines(got) {
		if strings.HasPrefix(line, "| high") && strings.Count(line, "|") != 6 {
			t.Errorf("a name broke the table: %s", line)
		}
	}
}

func printed(t testing.TB, format render.Format, reports []*check.Report, o render.Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := render.Render(&b, format, reports, o); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestUnknownFormat(t *testing.T) {
	var b bytes.Buffer
	err := render.Render(&b, "excel", nil, render.Options{})
	if err == nil || !strings.Contains(err.Error(), `unknown format "excel"`) || !strings.Contains(err.Error(), "sarif") {
		t.Errorf("an unknown format gives %v", err)
	}
	if b.Len() > 0 {
		t.Errorf("an unknown format prints %q", b.String())
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestWriteErrorIsTold(t *testing.T) {
	if err := render.Render(broken{}, render.JSON, nil, render.Options{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("a broken pipe gives %v", err)
	}
}

// FuzzNames puts one text everywhere a cluster could and wants well-formed output.
func FuzzNames(f *testing.F) {
	for _, seed := range []string{nasty, "", "rel-worker", "日本語", "\U000E0041\u2028", strings.Repeat("a", 300), "a b\tc", "%2f/..", "⟦secret 1⟧"} {
		f.Add(seed, uint8(80))
	}
	f.Fuzz(func(t *testing.T, text string, columns uint8) {
		r := hostile()
		finding := &r.Results[0].Findings[0]
		finding.Container, finding.Message, finding.Path, finding.File = text, text, text, text
		finding.Target = check.Target{APIVersion: text, Kind: text, Namespace: text, Name: text, Component: text}
		for _, format := range render.ReportFormats() {
			got := printed(t, format, []*check.Report{r}, render.Options{Width: int(columns)})
			for _, c := range got {
				if unicode.IsControl(c) && c != '\n' {
					t.Fatalf("%s holds the control character %U", format, c)
				}
			}
			wellFormed(t, format, got)
		}
	})
}

func wellFormed(t *testing.T, format render.Format, got string) {
	t.Helper()
	var err error
	switch format {
	case render.JSON, render.SARIF:
		err = json.Unmarshal([]byte(got), new(any))
	case render.JUnit:
		d := xml.NewDecoder(strings.NewReader(got))
		for err == nil {
			_, err = d.Token()
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
	}
	if err != nil {
		t.Fatalf("%s is not well-formed: %v", format, err)
	}
}
