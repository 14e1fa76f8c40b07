package endoflife

import (
	"cmp"
	_ "embed" // the tables
	"encoding/json"
	"slices"
	"sync"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Tables are all that a run knows.
type Tables struct {
	// Read is the day the oldest of the built-in tables was collected.
	Read string
	// Given is where the user's tables came from and GivenNewest the day of the newest; empty without.
	Given, GivenNewest string

	of map[string]Table
}

// Table is what is known of one product.
type Table struct {
	// From is the newest table about it.
	From  Source
	Lines []Line // the newest first
}

// Line is one line of versions, with the table that says so.
type Line struct {
	snapshot.EndOfLifeLine
	From Source
	// Next is the line that ended this one by shipping; empty where none did.
	Next string
}

// Source is one table.
type Source struct {
	Given        bool
	Read, Latest string // as in the snapshot
}

// String names the table as messages do.
func (s Source) String() string {
	switch {
	case !s.Given:
		return "this program's table of " + s.Read
	case s.Read != "":
		return "the given table of " + s.Read
	case s.Latest != "":
		return "the given table with releases up to " + s.Latest
	}
	return "the given table without a day"
}

// day is when the table was right for certain.
func (s Source) day() string { return cmp.Or(s.Read, s.Latest) }

// file holds the built-in tables: what they say changes more often than code
// does. Kubernetes' days are its makers' own; some providers mend a line for
// longer. Lines that are not named one by one ended at the latest with the last that is.
//
//go:embed tables.json
var file []byte

// builtin reads the file once; its test keeps it readable.
var builtin = sync.OnceValue(func() []snapshot.EndOfLifeTable {
	var tables map[string]snapshot.EndOfLifeTable
	if err := json.Unmarshal(file, &tables); err != nil {
		panic("tables.json: " + err.Error())
	}
	var out []snapshot.EndOfLifeTable
	for product, t := range tables {
		t.Product = product
		out = append(out, t)
	}
	return out
})

// With are the built-in tables and the user's, line by line.
func With(given *snapshot.EndOfLife) *Tables {
	out := &Tables{of: map[string]Table{}}
	if given == nil {
		given = &snapshot.EndOfLife{}
	}
	out.Given = given.Name
	for _, t := range given.Tables {
		out.GivenNewest = max(out.GivenNewest, t.Read)
	}
	for _, t := range builtin() {
		if out.Read == "" || t.Read < out.Read {
			out.Read = t.Read
		}
		out.of[t.Product] = merged(t, given.Tables)
	}
	return out
}

// Of is the table of one product.
func (t *Tables) Of(product string) (Table, bool) {
	table, ok := t.of[product]
	return table, ok
}

// layer is one table about a product.
type layer struct {
	snapshot.EndOfLifeTable
	from Source
}

// layers are the tables about a product in the order in which they count, the
// last one most: by their days. One that tells no day was given to be used, so
// it counts more than what this program holds, and less than any newer one that
// tells its day. Neither a file's own time nor the clock decides.
func layers(own snapshot.EndOfLifeTable, given []snapshot.EndOfLifeTable) []layer {
	var older, undated, newer []layer
	byDay := func(a, b snapshot.EndOfLifeTable) int {
		return cmp.Compare(cmp.Or(a.Read, a.Latest), cmp.Or(b.Read, b.Latest))
	}
	for _, g := range slices.SortedStableFunc(slices.Values(given), byDay) {
		l := layer{g, Source{Given: true, Read: g.Read, Latest: g.Latest}}
		switch {
		case g.Product != own.Product:
		case g.Read == "":
			undated = append(undated, l)
		case g.Read < own.Read:
			older = append(older, l)
		default:
			newer = append(newer, l)
		}
	}
	return slices.Concat(older, []layer{{own, Source{Read: own.Read}}}, undated, newer)
}

// merged lays the tables of one product over each other, line by line: what a
// newer one does not name stays as the older one has it.
func merged(own snapshot.EndOfLifeTable, given []snapshot.EndOfLifeTable) Table {
	var t Table
	for _, l := range layers(own, given) {
		t.From = l.from
		for _, line := range l.Lines {
			t.put(Line{EndOfLifeLine: line, From: l.from})
		}
	}
	slices.SortFunc(t.Lines, func(a, b Line) int { return -compare(a.Line, b.Line) })
	t.findNext(own.Product)
	return t
}

func (t *Table) put(line Line) {
	i := slices.IndexFunc(t.Lines, func(l Line) bool { return l.Line == line.Line })
	switch {
	case i < 0:
		t.Lines = append(t.Lines, line)
	case !line.takesNothingBack(t.Lines[i]):
		t.Lines[i] = line
	}
}

// takesNothingBack says that a line without an end, in a table that may be
// older than another one, says nothing against what the other one says.
func (l Line) takesNothingBack(other Line) bool {
	return l.From.Read == "" && !l.closed() && (other.closed() || l.From.Latest <= other.From.day())
}

func (l Line) closed() bool { return l.Ended || l.End != "" }

// findNext closes the lines that the next one ended.
func (t *Table) findNext(product string) {
	first, is := untilNext[product]
	for i := 1; is && i < len(t.Lines); i++ {
		line, next := &t.Lines[i], t.Lines[i-1]
		major, minor, _ := place(line.Line)
		if above, _, _ := place(next.Line); !line.closed() && major >= first && minor >= 0 && above == major {
			line.Next, line.From = next.Line, next.From
		}
	}
}

// compare orders lines by their numbers; the rest of a major version comes before its lines.
func compare(a, b string) int {
	majorA, minorA, _ := place(a)
	majorB, minorB, _ := place(b)
	return cmp.Or(cmp.Compare(majorA, majorB), cmp.Compare(minorA, minorB))
}
