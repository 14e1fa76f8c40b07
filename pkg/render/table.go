package render

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

func tableReports(b *bytes.Buffer, reports []*check.Report, o Options) error {
	return eachReport(b, reports, o, tableFindings)
}

// eachReport prints reports for people: who was checked, the findings, what
// is missing, and the count.
func eachReport(b *bytes.Buffer, reports []*check.Report, o Options, findings func(*bytes.Buffer, *check.Report, Options) error) error {
	for i, r := range reports {
		if i > 0 {
			b.WriteString("\n")
		}
		writeHead(b, r, o)
		if err := findings(b, r, o); err != nil {
			return err
		}
		if err := writeSections(b, r, o); err != nil {
			return err
		}
		writeSummary(b, r, o)
	}
	return nil
}

// writeHead says what was checked, and how much of it.
func writeHead(b *bytes.Buffer, r *check.Report, o Options) {
	if o.Quiet {
		fmt.Fprintf(b, "%s\n\n", o.paint(bold, plain(r.Release.Namespace+"/"+r.Release.Name)))
		return
	}
	for _, line := range headLines(r) {
		fmt.Fprintf(b, "%-12s%s\n", line[0]+":", line[1])
	}
	b.WriteString("\n")
}

// headLines are the release's facts, name and value.
func headLines(r *check.Report) [][2]string {
	id := r.Release
	name := id.Namespace + "/" + id.Name
	if id.Revision > 0 {
		name += fmt.Sprintf(", revision %d", id.Revision)
	}
	chart := strings.TrimSpace(cmp.Or(id.Chart.Name, "unknown") + " " + id.Chart.Version)
	if brings := id.Chart.Brings; brings != nil {
		chart += " with " + strings.TrimSpace(brings.Name+" "+brings.Version)
	}
	version := cmp.Or(id.AirflowVersion, "version unknown")
	out := [][2]string{
		{"Release", plain(name)},
		{"Chart", plain(fmt.Sprintf("%s (%s)", chart, dialectWords(id.Chart.Dialect)))},
		{"Airflow", plain(version + ", " + cmp.Or(id.Executor, "executor unknown"))},
		{"Profile", plain(r.Profile)},
		{"Evaluated", evaluatedText(r.Evaluated)},
	}
	if r.Advisories != nil {
		out = append(out, [2]string{"CVEs", plain(advisoriesText(r.Advisories))})
	}
	if r.EndOfLife != nil {
		out = append(out, [2]string{"Support", plain(endOfLifeText(r.EndOfLife))})
	}
	return out
}

func dialectWords(dialect string) string {
	if dialect == "unsupported" {
		return "not a chart this tool knows"
	}
	return dialect + " chart"
}

func evaluatedText(e check.Evaluated) string {
	return count(e.Objects, "object") + ", " + count(e.Workloads, "workload") + ", " + count(e.Containers, "container")
}

// advisoriesText says of when the flaws are that the version was compared with.
func advisoriesText(a *check.Advisories) string {
	text := "published up to " + a.Newest
	if a.Given != "" {
		text += ", and in " + a.Given + " up to " + a.GivenNewest
	}
	return text
}

// endOfLifeText says of when the tables are that tell which versions get fixes.
func endOfLifeText(e *check.EndOfLife) string {
	text := "ends of life as of " + e.Read
	switch {
	case e.GivenNewest != "":
		text += ", and by " + e.Given + " as of " + e.GivenNewest
	case e.Given != "":
		text += ", and by " + e.Given + ", which tells no day"
	}
	return text
}

// count is a number with its noun.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// sideBySide is the terminal width from which a fix stands beside its finding, not below.
const sideBySide = 160

// tableFindings prints the groups under one header, so that all columns stand in line.
func tableFindings(b *bytes.Buffer, r *check.Report, o Options) error {
	found := groups(r)
	if len(found) == 0 {
		return nil
	}
	head, rows, err := findingsGrid(found, o.Width > 0 && o.Width < sideBySide).lines(o)
	if err != nil {
		return err
	}
	b.WriteString(head + "\n")
	for _, g := range found {
		b.WriteString("\n" + heading(g, o) + "\n")
		for range g.rows {
			for _, line := range rows[0] {
				b.WriteString(o.paintSeverity(line) + "\n")
			}
			rows = rows[1:]
		}
	}
	b.WriteString("\n")
	return nil
}

// findingsGrid is the rows of all groups.
func findingsGrid(found []group, stacked bool) *grid {
	g := &grid{head: []string{"SEVERITY", "RULE", "OBJECT", "FINDING", "FIX"}, flexible: map[int]int{2: 2, 3: 4, 4: 3}}
	if stacked {
		g.head = g.head[:4]
	}
	for _, group := range found {
		for i := range group.rows {
			r := &group.rows[i]
			cells := []string{string(r.severity), r.rule, plain(r.object()), plain(r.message), plain(r.fix())}
			if stacked {
				cells = append(cells[:3], strings.TrimSuffix(cells[3]+"\n"+cells[4], "\n"))
			}
			g.rows = append(g.rows, cells)
		}
	}
	return g
}

// heading names a component and what it has.
func heading(g group, o Options) string {
	counts := map[rule.Severity]int{}
	for _, r := range g.rows {
		counts[r.severity] += r.places
	}
	var parts []string
	for _, s := range rule.Severities {
		if counts[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[s], s))
		}
	}
	return o.paint(bold, plain(cmp.Or(g.component, "release"))) + ": " + strings.Join(parts, ", ")
}
