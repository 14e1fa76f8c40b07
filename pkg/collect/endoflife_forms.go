package collect

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	kjson "sigs.k8s.io/json"

	"github.com/airflowsec/kubectl-airflowsec/pkg/endoflife"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// said is one line of versions as a table from elsewhere words it.
type said struct {
	line, shipped string // shipped is the day of its first release
	end           string
	ended         bool
}

// linesOf leaves out what names no line of versions, and what had not shipped
// on the day of the table.
func linesOf(list []said, day string) []snapshot.EndOfLifeLine {
	var out []snapshot.EndOfLifeLine
	for _, s := range list {
		planned := day != "" && endoflife.IsDay(s.shipped) && s.shipped > day
		if endoflife.IsLine(s.line) && !planned {
			out = append(out, snapshot.EndOfLifeLine{Line: s.line, End: s.end, Ended: s.ended})
		}
	}
	return out
}

const notDay = "is not a day such as 2026-11-21"

// lifecycle is what is used of version 1 of the API of endoflife.date.
// Source: https://endoflife.date/docs/api/v1/.
type lifecycle struct {
	SchemaVersion string          `json:"schema_version"`
	GeneratedAt   string          `json:"generated_at"`
	Result        json.RawMessage `json:"result"` // a product, or all of them
}

type lifecycleProduct struct {
	Releases []lifecycleRelease `json:"releases"`
}

type lifecycleRelease struct {
	Name        string `json:"name"`
	ReleaseDate string `json:"releaseDate"`
	IsEol       *bool  `json:"isEol"`
	EolFrom     string `json:"eolFrom"`
}

func resultTables(raw json.RawMessage) ([]snapshot.EndOfLifeTable, *inputError) {
	var d lifecycle
	if bad := exactly(raw, &d); bad != nil {
		return nil, bad
	}
	if !strings.HasPrefix(d.SchemaVersion, "1.") {
		return nil, &inputError{field: "schema_version", problem: "is not 1.x, the version of endoflife.date's documents that is read here"}
	}
	generated, err := time.Parse(time.RFC3339, d.GeneratedAt)
	if err != nil {
		return nil, &inputError{field: "generated_at", problem: "is not a time such as 2026-11-21T12:00:00Z"}
	}
	var out []snapshot.EndOfLifeTable
	for i, one := range listed(d.Result, "") {
		var named struct {
			Name string `json:"name"`
		}
		if exactly(one, &named) != nil || named.Name == "" {
			return nil, &inputError{field: "result", problem: fmt.Sprintf("holds no product with a name at place %d", i)}
		}
		product, known := endoflife.Product(named.Name)
		if !known {
			continue
		}
		table, bad := productTable(one, product, generated.UTC().Format(time.DateOnly))
		if bad != nil {
			bad.object = product
			return nil, bad
		}
		out = append(out, table)
	}
	return out, nil
}

func productTable(raw json.RawMessage, product, day string) (snapshot.EndOfLifeTable, *inputError) {
	t := snapshot.EndOfLifeTable{Product: product, Read: day}
	var p lifecycleProduct
	if bad := exactly(raw, &p); bad != nil {
		return t, bad
	}
	var list []said
	for i, r := range p.Releases {
		s := said{line: r.Name, shipped: r.ReleaseDate}
		if field, problem := r.end(&s); problem != "" {
			return t, &inputError{field: fmt.Sprintf("releases[%d].%s", i, field), problem: problem}
		}
		list = append(list, s)
	}
	t.Lines = linesOf(list, day)
	return t, nil
}

// end reads until when there are fixes. Where a release has ended and the day
// beside that is none, it has ended on a day that is not known.
func (r lifecycleRelease) end(into *said) (field, problem string) {
	switch {
	case endoflife.IsDay(r.EolFrom):
		into.end = r.EolFrom
	case r.IsEol != nil && *r.IsEol:
		into.ended = true
	case r.EolFrom != "":
		return "eolFrom", notDay
	case r.IsEol == nil:
		return "isEol", "is missing, and eolFrom, too"
	}
	return "", ""
}

// lifecycleCycle is one element of a list of version 0 of the same API.
// Source: https://endoflife.date/docs/api/v0/.
type lifecycleCycle struct {
	Cycle             string          `json:"cycle"`
	Eol               json.RawMessage `json:"eol"` // a day, or whether it has ended
	ReleaseDate       string          `json:"releaseDate"`
	LatestReleaseDate string          `json:"latestReleaseDate"`
}

// cycleTable reads version 0, which names neither its product nor its day. The
// table is at least as new as the newest release that it names.
func cycleTable(raw json.RawMessage, named string) ([]snapshot.EndOfLifeTable, *inputError) {
	product, known := endoflife.Product(named)
	if !known {
		return nil, nil
	}
	var cycles []lifecycleCycle
	if bad := exactly(raw, &cycles); bad != nil {
		bad.object = product
		return nil, bad
	}
	t := snapshot.EndOfLifeTable{Product: product}
	var list []said
	for i, c := range cycles {
		s := said{line: c.Cycle, shipped: c.ReleaseDate}
		field, problem := c.end(&s)
		if c.LatestReleaseDate != "" && !endoflife.IsDay(c.LatestReleaseDate) {
			field, problem = "latestReleaseDate", notDay
		}
		if problem != "" {
			return nil, &inputError{object: product, field: fmt.Sprintf("[%d].%s", i, field), problem: problem}
		}
		t.Latest = max(t.Latest, c.LatestReleaseDate)
		list = append(list, s)
	}
	t.Lines = linesOf(list, t.Latest)
	return []snapshot.EndOfLifeTable{t}, nil
}

func (c lifecycleCycle) end(into *said) (field, problem string) {
	var day string
	switch {
	case c.Cycle == "":
		return "cycle", "is missing"
	case json.Unmarshal(c.Eol, &into.ended) == nil && string(c.Eol) != "null":
		return "", ""
	case json.Unmarshal(c.Eol, &day) == nil && endoflife.IsDay(day):
		into.end = day
		return "", ""
	}
	return "eol", "is neither a day such as 2026-11-21 nor true or false"
}

// ownTable is this program's form, as pkg/endoflife/tables.json has it.
type ownTable struct {
	Sources []string          `json:"sources"`
	Read    string            `json:"read"`
	Lines   []json.RawMessage `json:"lines"`
}

func ownTables(object map[string]json.RawMessage) ([]snapshot.EndOfLifeTable, *inputError) {
	var out []snapshot.EndOfLifeTable
	unknown := ""
	for _, name := range slices.Sorted(maps.Keys(object)) {
		product, known := endoflife.Product(name)
		if !known {
			unknown = cmp.Or(unknown, "the key "+showKey(name)+" is none of "+endoflife.Products())
			continue
		}
		t, bad := ownTableOf(object[name], product)
		if bad != nil {
			bad.object = product
			return nil, bad
		}
		out = append(out, t)
	}
	switch {
	case len(out) == 0:
		return nil, &inputError{problem: noEndOfLife}
	case unknown != "": // a name that is misspelt would be a table that nobody reads
		return nil, &inputError{problem: unknown}
	}
	return out, nil
}

func ownTableOf(raw json.RawMessage, product string) (snapshot.EndOfLifeTable, *inputError) {
	t := snapshot.EndOfLifeTable{Product: product}
	var own ownTable
	if err := strictly(raw, &own); err != nil {
		return t, &inputError{problem: "is no table of ends of life: " + err.Error()}
	}
	if own.Read == "" {
		return t, &inputError{field: "read", problem: "is missing: it is the day the table is of"}
	}
	t.Read = own.Read
	for i, one := range own.Lines {
		var line snapshot.EndOfLifeLine
		if err := strictly(one, &line); err != nil {
			return t, &inputError{field: fmt.Sprintf("lines[%d]", i), problem: "is no line of a table: " + err.Error()}
		}
		t.Lines = append(t.Lines, line)
	}
	return t, nil
}

// exactly decodes what is used of a form; fields of other spellings are others.
func exactly(raw json.RawMessage, into any) *inputError {
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, into); err != nil {
		return &inputError{field: wrongField(err), problem: "has the wrong type"}
	}
	return nil
}
