package render

import (
	"bytes"
	"fmt"
	"io"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/diff"
)

var revisionFormats = map[Format]func(*bytes.Buffer, *diff.Revisions, Options) error{
	Unified: textRevisions,
	JSON:    func(b *bytes.Buffer, r *diff.Revisions, _ Options) error { return writeJSON(b, r) },
	YAML:    func(b *bytes.Buffer, r *diff.Revisions, _ Options) error { return writeYAML(b, r) },
}

// Revisions prints what one revision of a release brought and removed; Unified
// marks each finding with + or -.
func Revisions(w io.Writer, format Format, r *diff.Revisions, o Options) error {
	return show(w, format, revisionFormats, r, o)
}

func textRevisions(b *bytes.Buffer, r *diff.Revisions, o Options) error {
	fmt.Fprintf(b, "Release %s in namespace %s, profile %s: revision %d → %d\n\n",
		plain(r.Release.Name), plain(r.Release.Namespace), plain(r.Profile), r.From.Revision, r.To.Revision)
	g := grid{head: []string{"REVISION", "STATUS", "CHART", "AIRFLOW", "CRITICAL", "HIGH", "MEDIUM", "LOW"}}
	for _, side := range []diff.Side{r.From, r.To} {
		g.add(revisionRow(side)...)
	}
	if err := g.print(b, o); err != nil {
		return err
	}
	findingLines(b, fmt.Sprintf("Brought by revision %d", r.To.Revision), diff.OnRight, r.Brought, o)
	findingLines(b, fmt.Sprintf("Removed by revision %d", r.To.Revision), diff.OnLeft, r.Removed, o)
	var changed []diff.Finding
	for _, f := range r.Kept {
		if f.Was != "" {
			changed = append(changed, f)
		}
	}
	findingLines(b, "Kept, with another severity", diff.Both, changed, o)
	fmt.Fprintf(b, "\nKept: %s.\n", counted(len(r.Kept), "finding"))
	for _, reason := range r.Unread {
		fmt.Fprintf(b, "No answer: %s.\n", plain(reason))
	}
	return nil
}

func revisionRow(s diff.Side) []string {
	count := func(n int) string { return fmt.Sprint(n) }
	by := s.BySeverity
	return []string{
		count(s.Revision), orUnknown(s.Status), orUnknown(s.ChartVersion), orUnknown(s.Airflow),
		count(by.Critical), count(by.High), count(by.Medium), count(by.Low),
	}
}

func findingLines(b *bytes.Buffer, title string, mark diff.Mark, list []diff.Finding, o Options) {
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s: %s\n", title, counted(len(list), "finding"))
	for _, f := range list {
		severity := string(f.Severity)
		if f.Was != "" {
			severity = string(f.Was) + " → " + severity
		}
		line := fmt.Sprintf("%c %s %s %s: %s: %s", mark, severity, f.Rule, f.Slug, whereFound(f.Finding), f.Message)
		b.WriteString(o.paint(sideStyles[mark], plain(line)) + "\n")
	}
}

// whereFound is a finding's object and container.
func whereFound(f check.Finding) string {
	where := f.Target.Kind + " " + f.Target.Name
	if f.Container != "" {
		where += " (" + f.Container + ")"
	}
	return where
}
