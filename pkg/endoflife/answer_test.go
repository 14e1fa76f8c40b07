package endoflife

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// say asks the tables about a version and puts the answer into one text.
func say(t *testing.T, tables *Tables, product, version, now string) string {
	t.Helper()
	table, ok := tables.Of(product)
	if !ok {
		t.Fatalf("no table of %s", product)
	}
	answer := table.At(version, date(now).Add(time.Hour))
	switch {
	case answer.Unknown != "":
		return answer.Unknown
	case answer.Ended:
		return answer.When()
	}
	return "supported"
}

func TestBuiltinAnswers(t *testing.T) {
	for _, c := range []struct{ product, version, now, want string }{
		{"airflow", "2.8.4", "2026-11-21", "since 2026-04-22 (this program's table of 2026-08-22)"},
		{"airflow", "2.11.2", "2026-04-22", "supported"}, // the last day counts
		{"airflow", "2.11.2", "2026-04-23", "since 2026-04-22 (this program's table of 2026-08-22)"},
		{"airflow", "3.2.2", "2026-11-21", "since 2026-07-06 (this program's table of 2026-08-22)"},
		{"airflow", "3.3.1", "2026-11-21", "supported"},
		{"airflow", "3.3.1", "2027-11-21", "this program's table of 2026-08-22 is too old to tell about 3.3.1"}, // a newer line may have shipped
		{"airflow", "3.4.0", "2026-11-21", "3.4.0 is newer than this program's table of 2026-08-22"},
		{"airflow", "1.10.15", "2026-11-21", "since 2021-06-17 (this program's table of 2026-08-22)"},
		{"airflow", "1.9.0", "2026-11-21", "since 2018-08-27 (this program's table of 2026-08-22)"},
		{"airflow", "prod", "2026-11-21", "prod is not a version"},
		{"airflow", "0.9", "2026-11-21", "0.9 is not in this program's table of 2026-08-22"},
		{"kubernetes", "v1.36.3", "2026-11-21", "supported"},
		{"kubernetes", "v1.34.1-eks-113cf36", "2026-11-21", "since 2026-10-27 (this program's table of 2026-09-15)"},
		{"kubernetes", "v1.29.0+k3s1", "2026-11-21", "since 2025-07-15 (this program's table of 2026-09-15)"},
		{"kubernetes", "1.38+", "2026-11-21", "1.38+ is newer than this program's table of 2026-09-15"},
		{"kubernetes", "1.37", "2027-10-29", "since 2027-10-28 (this program's table of 2026-09-15)"},
		{"postgresql", "18.4", "2026-11-21", "supported"}, // a line is a major version
		{"postgresql", "14.20", "2026-11-21", "since 2026-11-12 (this program's table of 2026-08-22)"},
		{"postgresql", "19.0", "2026-11-21", "19.0 is newer than this program's table of 2026-08-22"},
		{"redis", "7.2", "2026-11-21", "supported"},
		{"redis", "7.0.15", "2026-11-21", "since 2024-07-29 (this program's table of 2026-08-22)"},
		{"redis", "8.4", "2026-11-21", "8.4 is newer than this program's table of 2026-08-22"},
		{"mysql", "8.0.36", "2026-11-21", "since 2026-04-30 (this program's table of 2026-08-22)"},
	} {
		if got := say(t, With(nil), c.product, c.version, c.now); got != c.want {
			t.Errorf("%s %s on %s: got %s, want %s", c.product, c.version, c.now, got, c.want)
		}
	}
}

// TestFile keeps the built-in tables readable: sources, real days, the newest line first.
func TestFile(t *testing.T) {
	var tables map[string]struct {
		Sources []string
		Read    string
		Lines   []snapshot.EndOfLifeLine
	}
	if err := json.Unmarshal(file, &tables); err != nil {
		t.Fatal(err)
	}
	for product, table := range tables {
		if field, problem := Bad(snapshot.EndOfLifeTable{Product: product, Read: table.Read, Lines: table.Lines}); problem != "" {
			t.Errorf("%s: %s %s", product, field, problem)
		}
		if len(table.Sources) == 0 || table.Read == "" {
			t.Errorf("the table of %s has no source or no day", product)
		}
		if !slices.IsSortedFunc(table.Lines, func(a, b snapshot.EndOfLifeLine) int { return -compare(a.Line, b.Line) }) {
			t.Errorf("the lines of %s are not in order", product)
		}
	}
	for name, product := range products {
		if _, ok := tables[product]; !ok {
			t.Errorf("%s stands for %s, which has no table", name, product)
		}
	}
	if len(tables) != 7 {
		t.Errorf("%d tables", len(tables))
	}
}
