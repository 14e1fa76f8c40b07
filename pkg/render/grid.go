package render

import (
	"bytes"
	"reflect"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twcache"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// grid is a table in kubectl's look: no borders, left aligned, headers in
// upper case. It is the only user of tablewriter, whose own wrapping is too
// rough to fit a terminal, so cells are wrapped before they get there.
type grid struct {
	head []string
	rows [][]string // a line break in a cell begins a paragraph
	// flexible are the columns that may be wrapped, each with its share of the width.
	flexible map[int]int
}

// gap is the number of blanks between columns, as kubectl leaves them.
const gap = 3

// least keeps a wrapped column readable on the narrowest terminal.
const least = 12

// add adds a row of texts that may come from a cluster.
func (g *grid) add(cells ...string) {
	for i := range cells {
		cells[i] = plain(cells[i])
	}
	g.rows = append(g.rows, cells)
}

// limits are the columns' widths on a terminal: the flexible ones that are the
// widest for their share give way until the line fits. 0 columns is no limit.
func (g *grid) limits(terminal int) []int {
	limits := make([]int, len(g.head))
	total := -gap
	for i, name := range g.head {
		limits[i] = width(name)
		for _, row := range g.rows {
			for part := range strings.SplitSeq(row[i], "\n") {
				limits[i] = max(limits[i], width(part))
			}
		}
		total += limits[i] + gap
	}
	for terminal > 0 && total > terminal {
		widest := -1
		for i := range limits {
			if g.flexible[i] > 0 && limits[i] > least && (widest < 0 || limits[i]*g.flexible[widest] > limits[widest]*g.flexible[i]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		limits[widest]--
		total--
	}
	return limits
}

// lines are the header's line and each row's lines, without trailing blanks.
func (g *grid) lines(o Options) (head string, rows [][]string, err error) {
	limits := g.limits(o.Width)
	table, b := o.press.fresh()
	table.Header(g.head)
	heights := make([]int, len(g.rows))
	for i, row := range g.rows {
		wrapped := wrapRow(row, limits)
		heights[i] = len(wrapped)
		if err := table.Bulk(wrapped); err != nil {
			return "", nil, err
		}
	}
	if err := table.Render(); err != nil {
		return "", nil, err
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	head, lines = lines[0], lines[1:]
	for _, n := range heights {
		rows, lines = append(rows, lines[:n]), lines[n:]
	}
	return head, rows, nil
}

// wrapRow is a row as lines of cells.
func wrapRow(row []string, limits []int) [][]string {
	var out [][]string
	for column, text := range row {
		line := 0
		for part := range strings.SplitSeq(text, "\n") {
			for _, piece := range wrap(part, limits[column]) {
				if line == len(out) {
					out = append(out, make([]string, len(row)))
				}
				out[line][column] = piece
				line++
			}
		}
	}
	return out
}

// press draws all tables of one answer: making one takes half a megabyte.
type press struct {
	out   bytes.Buffer
	table *tablewriter.Table
}

// fresh is an empty table and where it will be drawn; the one before it is over.
func (p *press) fresh() (*tablewriter.Table, *bytes.Buffer) {
	p.out.Reset()
	if p.table == nil {
		p.table = newTable(&p.out)
	} else {
		p.table.Reset()
	}
	return p.table, &p.out
}

func newTable(b *bytes.Buffer) *tablewriter.Table {
	section := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoWrap: tw.WrapNone, AutoFormat: tw.Off},
		Alignment:  tw.CellAlignment{Global: tw.AlignLeft},
		Padding:    tw.CellPadding{Global: tw.Padding{Right: strings.Repeat(" ", gap), Overwrite: true}},
	}
	look := tw.Rendition{Borders: tw.BorderNone, Settings: tw.Settings{Separators: tw.SeparatorsNone, Lines: tw.LinesNone}}
	return tablewriter.NewTable(b,
		tablewriter.WithRenderer(columns{renderer.NewBlueprint(look), b}),
		tablewriter.WithConfig(tablewriter.Config{Header: section, Row: section}),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithEastAsian(tw.Off),                                                   // the locale must not move columns
		tablewriter.WithStringerCacheCustom(twcache.NewLRU[reflect.Type, reflect.Value](1)), // cells are text: no need for ten thousand types
	)
}

// print writes the grid, and nothing where it has no rows. Severities get their colour.
func (g *grid) print(b *bytes.Buffer, o Options) error {
	if len(g.rows) == 0 {
		return nil
	}
	head, rows, err := g.lines(o)
	if err != nil {
		return err
	}
	b.WriteString(head + "\n")
	for _, row := range rows {
		for _, line := range row {
			b.WriteString(o.paintSeverity(line) + "\n")
		}
	}
	return nil
}
