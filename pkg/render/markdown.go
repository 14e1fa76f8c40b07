package render

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
)

// markdownReports writes GitHub-flavoured Markdown, as step summaries show it.
func markdownReports(b *bytes.Buffer, reports []*check.Report, o Options) error {
	for i, r := range reports {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(b, "## Airflow release %s\n\n", md(r.Release.Namespace+"/"+r.Release.Name))
		for _, line := range headLines(r)[1:] {
			fmt.Fprintf(b, "- %s: %s\n", line[0], md(line[1]))
		}
		b.WriteString("\n")
		if text := verdict(r); text != "" {
			fmt.Fprintf(b, "**%s**\n\n", md(text))
		}
		fmt.Fprintf(b, "%s\n", summaryText(r.Summary))
		markdownFindings(b, r)
		markdownSections(b, r, o)
	}
	return nil
}

func markdownFindings(b *bytes.Buffer, r *check.Report) {
	for _, g := range groups(r) {
		fmt.Fprintf(b, "\n### %s\n\n", md(heading(g, Options{})))
		t := markdownTable{b}
		t.head("Severity", "Rule", "Object", "Finding", "Fix")
		for i := range g.rows {
			row := &g.rows[i]
			t.row(string(row.severity), ruleLink(row.rule), md(row.object()), md(row.message), md(row.fix()))
		}
	}
}

// ruleLink leads to the rule's page.
func ruleLink(id string) string { return "[" + id + "](" + rulePage(id) + ")" }

// markdownSections prints what stands below the findings, as the table does.
func markdownSections(b *bytes.Buffer, r *check.Report, o Options) {
	sections := []struct {
		title string
		grid  grid
	}{
		{"Not read", unreadGrid(r)},
		{"No answer", unansweredGrid(r)},
		{"Exceptions", exceptionsGrid(r)},
	}
	for _, s := range sections {
		if len(s.grid.rows) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n### %s\n\n", s.title)
		t := markdownTable{b}
		t.head(s.grid.head...)
		for _, row := range s.grid.rows {
			for i := range row {
				row[i] = md(row[i])
			}
			t.row(row...)
		}
	}
	if ids := unjudged(r); len(ids) > 0 && !o.Quiet {
		fmt.Fprintf(b, "\nNot judged, only a cluster can tell: %s.\n", strings.Join(ids, ", "))
	}
}

type markdownTable struct{ b *bytes.Buffer }

func (t markdownTable) head(cells ...string) {
	t.row(cells...)
	t.b.WriteString("|" + strings.Repeat(" --- |", len(cells)) + "\n")
}

func (t markdownTable) row(cells ...string) {
	t.b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// special are the characters that mean something in Markdown or in HTML
// inside it; a name from a cluster must not make a link, an image or a tag.
var special = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "&#124;", "`", "&#96;", `\`, "&#92;",
	"[", "&#91;", "]", "&#93;", "*", "&#42;", "_", "&#95;", "~", "&#126;", "@", "&#64;", "://", "&#58;//",
)

// md makes a text harmless in Markdown, in and outside tables.
func md(text string) string { return special.Replace(plain(text)) }
