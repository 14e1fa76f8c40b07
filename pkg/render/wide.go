package render

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
)

func wideReports(b *bytes.Buffer, reports []*check.Report, o Options) error {
	o.Width = 0 // wide means wide, as in kubectl
	return eachReport(b, reports, o, wideFindings)
}

// wideFindings prints every finding on its own line, those with an exception too.
func wideFindings(b *bytes.Buffer, r *check.Report, o Options) error {
	g := grid{head: []string{"SEVERITY", "RULE", "STATE", "COMPONENT", "OBJECT", "CONTAINER", "PATH", "FINDING", "FIX", "SOURCE", "FINGERPRINT"}}
	for _, result := range r.Results {
		for _, f := range result.Findings {
			g.add(string(f.Severity), result.Rule, findingState(f), orDash(f.Target.Component), objectName(f.Target), orDash(f.Container),
				orDash(f.Path), f.Message, orDash(allFixes(f.Fixes)), orDash(source(f)), f.Fingerprint)
		}
	}
	if len(g.rows) == 0 {
		return nil
	}
	err := g.print(b, o)
	b.WriteString("\n")
	return err
}

func findingState(f check.Finding) string {
	if f.Excepted {
		return "excepted"
	}
	return "failed"
}

// allFixes are the fixes in the order the rule gives them.
func allFixes(fixes []check.Fix) string {
	var out []string
	for i := range fixes {
		out = union(out, []string{fixText(fixes[i : i+1])})
	}
	return strings.Join(out, "; ")
}

// source is the file and line the object came from; empty for live objects.
func source(f check.Finding) string {
	switch {
	case f.File == "":
		return ""
	case f.Line <= 0:
		return f.File
	}
	return fmt.Sprintf("%s:%d", f.File, f.Line)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
