package render

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// writeSummary ends a report: a verdict in words where nothing failed, then the counts.
func writeSummary(b *bytes.Buffer, r *check.Report, o Options) {
	if text := verdict(r); text != "" {
		s := green
		if r.Summary.Unknown > 0 || r.Summary.Passed+r.Summary.Excepted == 0 {
			s = severityStyles[rule.Medium]
		}
		fmt.Fprintf(b, "%s\n\n", strings.Join(wrapPainted(o, s, text), "\n"))
	}
	fmt.Fprintf(b, "%s\n", strings.Join(wrap(summaryText(r.Summary), o.Width), "\n"))
}

func wrapPainted(o Options, s style, text string) []string {
	lines := wrap(text, o.Width)
	for i := range lines {
		lines[i] = o.paint(s, lines[i])
	}
	return lines
}

// verdict says so where no finding counts; it calls only a release clean that was read whole.
func verdict(r *check.Report) string {
	s := r.Summary
	switch {
	case s.Failed > 0:
		return ""
	case s.Unknown > 0:
		return fmt.Sprintf("No findings, but %s no answer: this is not a clean release, it is one that could not be read whole.", have(s.Unknown))
	case s.Passed+s.Excepted == 0:
		return "No findings, because nothing could be judged: no rule of this profile applies here."
	case s.Excepted > 0:
		return fmt.Sprintf("Clean with exceptions: %s passed, %s by an exception.", count(s.Passed, "rule"), isCovered(s.Excepted))
	}
	return fmt.Sprintf("Clean: %s passed, none failed.", count(s.Passed, "rule"))
}

func have(n int) string {
	if n == 1 {
		return "1 rule has"
	}
	return fmt.Sprintf("%d rules have", n)
}

func isCovered(n int) string {
	if n == 1 {
		return "1 is covered"
	}
	return fmt.Sprintf("%d are covered", n)
}

func summaryText(s check.Summary) string {
	by := s.BySeverity
	return fmt.Sprintf("Findings: %d critical, %d high, %d medium, %d low. Rules: %d failed, %d passed, %d unknown, %d not applicable, %d excepted.",
		by.Critical, by.High, by.Medium, by.Low, s.Failed, s.Passed, s.Unknown, s.NotApplicable, s.Excepted)
}
