package render

import (
	"bytes"

	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// columns draws rows as wide as the library lays them out, and nothing else:
// its own way of drawing, which knows borders, merged cells and cut texts, took
// a sixth of a check's time.
type columns struct {
	*renderer.Blueprint
	out *bytes.Buffer
}

// Header draws the names of the columns.
func (c columns) Header(_ [][]string, ctx tw.Formatting) { c.line(ctx.Row) }

// Row draws one line of cells.
func (c columns) Row(_ []string, ctx tw.Formatting) { c.line(ctx.Row) }

func (c columns) line(row tw.RowContext) {
	for i := range len(row.Widths) {
		text := row.Current[i].Data
		c.out.WriteString(text)
		for range row.Widths.Get(i) - width(text) {
			c.out.WriteByte(' ')
		}
	}
	c.out.WriteByte('\n')
}
