package render

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/reach"
)

// pageWidth is what a matrix is folded to where no terminal says its width.
const pageWidth = 100

// markWords stand in the cells of a matrix.
var markWords = map[reach.Mark]string{
	reach.Kept: "ok", reach.Cut: "CUT", reach.Missed: "cut", reach.Open: "open", reach.Some: "some", reach.Closed: "-", reach.Unclear: "?",
}

const legend = "ok needed and allowed, CUT needed and cut, cut optional and cut, open allowed and not needed, some not needed and allowed for some pods, - denied, ? not known."

// matrix is the questions as a table: rows are sources, columns are targets with a port.
type matrix struct {
	rows []string
	cols []column
}

// column is one target and port, with its answers by source.
type column struct {
	to, port string
	cells    map[string]*reach.Question
}

func newMatrix(r *reach.Report) matrix {
	var m matrix
	at := map[[2]string]int{}
	for i := range r.Questions {
		q := &r.Questions[i]
		if !slices.Contains(m.rows, q.From) {
			m.rows = append(m.rows, q.From)
		}
		key := [2]string{q.To, portWord(q)}
		if _, seen := at[key]; !seen {
			at[key] = len(m.cols)
			m.cols = append(m.cols, column{to: q.To, port: key[1], cells: map[string]*reach.Question{}})
		}
		m.cols[at[key]].cells[q.From] = q
	}
	order := func(name string) int {
		return slices.IndexFunc(r.Ends, func(e reach.End) bool { return e.Name == name })
	}
	slices.SortStableFunc(m.cols, func(a, b column) int { return order(a.to) - order(b.to) })
	return m
}

func (c *column) word(row string) string {
	if q := c.cells[row]; q != nil {
		return markWords[q.Mark()]
	}
	return ""
}

// alike is the one word of a column that nobody needs and whose answer never differs; empty for the others.
func (c *column) alike() string {
	word := ""
	for _, q := range c.cells {
		this := markWords[q.Mark()]
		if len(q.Needs) > 0 || word != "" && this != word {
			return ""
		}
		word = this
	}
	return word
}

func matrixReach(b *bytes.Buffer, r *reach.Report, o Options) error {
	m := newMatrix(r)
	o.Width = cmp.Or(o.Width, pageWidth)
	writeReachHead(b, r, o)
	var alike []string
	if !o.All {
		m.cols = slices.DeleteFunc(m.cols, func(c column) bool {
			word := c.alike()
			if word != "" {
				alike = append(alike, fmt.Sprintf("%s:%s %s", c.to, c.port, word))
			}
			return word != ""
		})
		m.joinPorts()
	}
	for _, page := range m.pages(o) {
		if err := printMatrix(b, page, o); err != nil {
			return err
		}
		b.WriteString("\n")
	}
	if !o.Quiet {
		writeParagraph(b, legend, o)
	}
	if len(alike) > 0 {
		writeParagraph(b, "Not needed, and the same from everywhere: "+plain(strings.Join(alike, ", "))+".", o)
	}
	if err := cutGrid(r).print(b, o); err != nil {
		return err
	}
	writeReachSummary(b, r, o)
	return nil
}

func writeParagraph(b *bytes.Buffer, text string, o Options) {
	fmt.Fprintf(b, "%s\n\n", strings.Join(wrap(text, o.Width), "\n"))
}

func writeReachHead(b *bytes.Buffer, r *reach.Report, o Options) {
	id := r.Release
	fmt.Fprintf(b, "%s\n\n", o.paint(bold, plain(fmt.Sprintf("%s/%s, Airflow %s, %s", id.Namespace, id.Name, orUnknown(id.AirflowVersion), cmp.Or(id.Executor, "executor unknown")))))
	if r.Coverage.State != "read" {
		writeParagraph(b, "NetworkPolicy objects could not be read ("+plain(cmp.Or(r.Coverage.Reason, string(r.Coverage.State)))+"): what is allowed is not known.", o)
		return
	}
	proposed := 0
	for _, p := range r.Policies {
		if p.Proposed {
			proposed++
		}
	}
	text := "1 NetworkPolicy"
	if len(r.Policies) != 1 {
		text = fmt.Sprintf("%d NetworkPolicies", len(r.Policies))
	}
	if proposed > 0 {
		text += fmt.Sprintf(", %d of them not applied yet", proposed)
	}
	writeParagraph(b, text+".", o)
}

// pages fold a matrix to the terminal: each has all rows and as many columns as fit. Rows that are alike stand together.
func (m *matrix) pages(o Options) []*grid {
	rows := m.folded(o)
	label := width("FROM")
	for _, row := range rows {
		label = max(label, min(width(strings.Join(row, ", ")), labelWidth))
	}
	var out []*grid
	for begin := 0; begin < len(m.cols); {
		end, total := begin, label
		for end < len(m.cols) {
			total += gap + max(width(m.heading(begin, end)), width(m.cols[end].port), len("some"))
			if end > begin && total > o.Width {
				break
			}
			end++
		}
		out = append(out, m.page(rows, begin, end))
		begin = end
	}
	return out
}

// joinPorts puts neighbouring columns of one target together whose marks are the same in every row.
func (m *matrix) joinPorts() {
	var out []column
	for _, c := range m.cols {
		if last := len(out) - 1; last >= 0 && out[last].to == c.to && m.alike(&out[last], &c) {
			out[last].port += ", " + c.port
			continue
		}
		out = append(out, c)
	}
	m.cols = out
}

// alike says whether two columns have the same mark in every row.
func (m *matrix) alike(a, b *column) bool {
	return !slices.ContainsFunc(m.rows, func(row string) bool { return a.word(row) != b.word(row) })
}

// labelWidth is the widest that the names of rows get.
const labelWidth = 34

// heading names a column's target where it is not the one of the column before.
func (m *matrix) heading(begin, i int) string {
	if i > begin && m.cols[i-1].to == m.cols[i].to {
		return ""
	}
	return m.cols[i].to
}

func (m *matrix) page(rows [][]string, begin, end int) *grid {
	g := &grid{head: []string{"FROM"}}
	ports := []string{""}
	for i := begin; i < end; i++ {
		g.head = append(g.head, plain(m.heading(begin, i)))
		ports = append(ports, m.cols[i].port)
	}
	g.add(ports...)
	for _, row := range rows {
		cells := []string{plain(strings.Join(row, ", "))}
		for i := begin; i < end; i++ {
			cells = append(cells, m.cols[i].word(row[0]))
		}
		if strings.Join(cells[1:], "") == "" {
			continue
		}
		label := wrap(cells[0], labelWidth)
		cells[0] = label[0]
		g.rows = append(g.rows, cells)
		for _, more := range label[1:] {
			g.rows = append(g.rows, append([]string{"  " + more}, make([]string, end-begin)...))
		}
	}
	return g
}

// folded puts rows together whose marks are the same in every column.
func (m *matrix) folded(o Options) [][]string {
	var out [][]string
	for _, row := range m.rows {
		at := slices.IndexFunc(out, func(other []string) bool {
			return !o.All && !slices.ContainsFunc(m.cols, func(c column) bool { return c.word(other[0]) != c.word(row) })
		})
		if at < 0 {
			out = append(out, []string{row})
			continue
		}
		out[at] = append(out[at], row)
	}
	return out
}

// cutGrid lists what is needed and not kept, with the side and the policies that refuse.
func cutGrid(r *reach.Report) *grid {
	g := &grid{head: []string{"CONNECTION", "STATE", "DECIDED BY", "WHY IT IS NEEDED"}, flexible: map[int]int{0: 1, 2: 2, 3: 2}}
	for _, mark := range []reach.Mark{reach.Cut, reach.Missed, reach.Unclear} {
		for i := range r.Questions {
			q := &r.Questions[i]
			if q.Mark() != mark || len(q.Needs) == 0 {
				continue
			}
			g.add(q.From+" to "+target(q), markWords[mark], decidedBy(q), q.Needs[0].Why)
		}
	}
	return g
}

func decidedBy(q *reach.Question) string {
	var out []string
	for _, d := range []netpol.Direction{netpol.Egress, netpol.Ingress} {
		var names []string
		list := refusers(q, d)
		for i := range list {
			names = append(names, policyName(&list[i]))
		}
		if len(names) > 0 {
			out = append(out, string(d)+": "+strings.Join(names, ", "))
		}
	}
	return cmp.Or(strings.Join(out, "; "), q.Reason, "-")
}

func writeReachSummary(b *bytes.Buffer, r *reach.Report, o Options) {
	s := r.Summary
	if s.Needed.Cut+s.Needed.Unclear+s.Optional.Cut+s.Optional.Unclear > 0 {
		b.WriteString("\n")
	}
	open := 0
	for i := range r.Questions {
		if m := r.Questions[i].Mark(); m == reach.Open || m == reach.Some {
			open++
		}
	}
	text := fmt.Sprintf("Needed connections: %d kept, %d cut, %d unclear. Optional: %d kept, %d cut, %d unclear. Open without need: %d of %d asked.",
		s.Needed.Kept, s.Needed.Cut, s.Needed.Unclear, s.Optional.Kept, s.Optional.Cut, s.Optional.Unclear, open, s.Questions)
	fmt.Fprintf(b, "%s\n", strings.Join(wrap(text, o.Width), "\n"))
}

// printMatrix prints a page of a matrix, with the marks in their colours.
func printMatrix(b *bytes.Buffer, g *grid, o Options) error {
	head, rows, err := g.lines(o)
	if err != nil {
		return err
	}
	label := 0
	for _, row := range g.rows {
		label = max(label, len(row[0]))
	}
	b.WriteString(head + "\n")
	for _, line := range slices.Concat(rows...) {
		if len(line) > label {
			line = line[:label] + markForm.ReplaceAllStringFunc(line[label:], func(word string) string { return o.paint(markStyles[word], word) })
		}
		b.WriteString(line + "\n")
	}
	return nil
}

var (
	markForm   = regexp.MustCompile(`[A-Za-z]+`)
	markStyles = map[string]style{"CUT": "1;31", "cut": "33", "open": "36", "some": "36", "ok": green}
)
