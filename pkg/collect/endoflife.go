package collect

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/endoflife"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// ReadEndOfLife reads tables of ends of life from a file or from all such files
// of a directory: endoflife.date's, in both versions of its API, or this
// program's own. Tables about other products are left out.
func ReadEndOfLife(path string) (*snapshot.EndOfLife, error) {
	names, err := filesIn(path, ".json", ".jsonl")
	if err != nil {
		return nil, err
	}
	out := &snapshot.EndOfLife{Name: filepath.ToSlash(path)}
	for _, name := range names {
		err := eachValue(name, func(raw json.RawMessage, line int) error {
			tables, bad := endOfLifeTables(raw, fileProduct(name))
			if bad != nil {
				bad.file, bad.line = name, line
				return bad
			}
			out.Tables = append(out.Tables, tables...)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	if len(out.Tables) == 0 {
		return nil, &inputError{file: path, problem: "holds no table about one of " + endoflife.Products() +
			" (a list of cycles is about what its file is named after, as postgresql.json)"}
	}
	return out, nil
}

// fileProduct is the product that a file is named after: postgresql.json, apache-airflow.json.
func fileProduct(name string) string {
	base := filepath.Base(name)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

// endOfLifeTables reads one value in whichever form it has.
func endOfLifeTables(raw json.RawMessage, named string) ([]snapshot.EndOfLifeTable, *inputError) {
	var tables []snapshot.EndOfLifeTable
	var bad *inputError
	var object map[string]json.RawMessage
	switch {
	case strings.HasPrefix(string(raw), "["):
		tables, bad = cycleTable(raw, named)
	case json.Unmarshal(raw, &object) != nil || len(object) == 0:
		bad = &inputError{problem: noEndOfLife}
	case object["result"] != nil:
		tables, bad = resultTables(raw)
	default:
		tables, bad = ownTables(object)
	}
	if bad != nil {
		return nil, bad
	}
	for _, t := range tables {
		if field, problem := endoflife.Bad(t); problem != "" {
			return nil, &inputError{object: t.Product, field: field, problem: problem}
		}
	}
	return tables, nil
}

const noEndOfLife = "is no table of ends of life, neither endoflife.date's nor this program's"

// savedEndOfLife says what is wrong with the tables of a saved snapshot.
func savedEndOfLife(e *snapshot.EndOfLife) error {
	if e == nil {
		return nil
	}
	for i, t := range e.Tables {
		if field, problem := endoflife.Bad(t); problem != "" {
			return fmt.Errorf("endOfLife.tables[%d].%s %s", i, field, problem)
		}
	}
	return nil
}
