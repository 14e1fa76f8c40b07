package render

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
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
	cut := cutGrid(r)
	if err := cut.print(b, o); err != nil {
		return err
	}
	if len(cut.rows) > 0 {
		b.WriteString("\n")
	}
	writeReachSummary(b, r, o)
	writeProblems(b, r, o)
	return nil
}

// pages fold a matrix to the terminal: each has all rows and as many columns as fit. Rows that are alike stand together.
func (m *matrix) pages(o Options) []*grid {
	rows := m.folded(o)
	label := width("FROM")
	for _, row := range rows {
		label = max(label, min(width(plain(strings.Join(row, ", "))), labelWidth+2))
	}
	var out []*grid
	for begin := 0; begin < len(m.cols); {
		end, total := begin, label
		for end < len(m.cols) {
			widest := len("some")
			for _, line := range append(m.heading(begin, end), m.cols[end].port) {
				widest = max(widest, width(line))
			}
			total += gap + widest
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

// headingWidth is the widest that the name of a target gets before it is wrapped.
const headingWidth = 24

// heading names a column's target, in lines, where it is not the one of the column before.
func (m *matrix) heading(begin, i int) []string {
	if i > begin && m.cols[i-1].to == m.cols[i].to {
		return []string{""}
	}
	return wrap(plain(m.cols[i].to), headingWidth)
}

// heads are the lines above a page: the targets' names, and their ports in the last.
func (m *matrix) heads(begin, end int) [][]string {
	height := 1
	for i := begin; i < end; i++ {
		height = max(height, len(m.heading(begin, i)))
	}
	out := make([][]string, height+1)
	for line := range out {
		out[line] = make([]string, 1+end-begin)
	}
	out[height-1][0] = "FROM"
	for i := begin; i < end; i++ {
		name := m.heading(begin, i)
		for line, text := range name {
			out[height-len(name)+line][1+i-begin] = text
		}
		out[height][1+i-begin] = m.cols[i].port
	}
	return out
}

func (m *matrix) page(rows [][]string, begin, end int) *grid {
	heads := m.heads(begin, end)
	g := &grid{head: heads[0], rows: heads[1:]}
	for _, row := range rows {
		label := wrap(plain(strings.Join(row, ", ")), labelWidth)
		cells := []string{label[0]}
		for i := begin; i < end; i++ {
			cells = append(cells, m.cols[i].word(row[0]))
		}
		if strings.Join(cells[1:], "") == "" {
			continue
		}
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
	markForm   = pattern.New(`[A-Za-z]+`)
	markStyles = map[string]style{"CUT": "1;31", "cut": "33", "open": "36", "some": "36", "ok": green}
)
