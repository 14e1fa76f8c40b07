package endoflife

import (
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

type line = snapshot.EndOfLifeLine

func given(tables ...snapshot.EndOfLifeTable) *snapshot.EndOfLife {
	return &snapshot.EndOfLife{Name: "eol", Tables: tables}
}

func airflowOf(read, latest string, lines ...line) snapshot.EndOfLifeTable {
	return snapshot.EndOfLifeTable{Product: "airflow", Read: read, Latest: latest, Lines: lines}
}

// TestGivenTables: which of several tables answers, and what stays of the others.
func TestGivenTables(t *testing.T) {
	newer := airflowOf("2026-10-01", "", line{Line: "3.4"}, line{Line: "2", End: "2027-01-31"})
	older := airflowOf("2026-01-01", "", line{Line: "3.3", End: "2026-02-01"}, line{Line: "2.11", End: "2026-03-01"})
	open := airflowOf("2026-10-01", "", line{Line: "3.3"})
	undated := airflowOf("", "2026-09-01", line{Line: "3.3", End: "2026-09-30"}, line{Line: "2"}, line{Line: "1", Ended: true})
	for name, c := range map[string]struct {
		given                  *snapshot.EndOfLife
		version, now, expected string
	}{
		"a newer line":                          {given(newer), "3.4.0", "2026-11-21", "supported"},
		"one newer still":                       {given(newer), "3.5.0", "2026-11-21", "3.5.0 is newer than the given table of 2026-10-01"},
		"the next line ended it":                {given(newer), "3.3.1", "2026-11-21", "since 3.4 shipped (the given table of 2026-10-01)"},
		"an end moved":                          {given(newer), "2.11.2", "2026-11-21", "supported"},
		"and reached":                           {given(newer), "2.11.2", "2027-02-01", "since 2027-01-31 (the given table of 2026-10-01)"},
		"a line that only the program has":      {given(newer), "3.1.8", "2026-11-21", "since 2026-04-07 (this program's table of 2026-08-22)"},
		"the rest of a major version stays":     {given(open), "1.8.0", "2026-11-21", "since 2018-08-27 (this program's table of 2026-08-22)"},
		"an open line seen later":               {given(open), "3.3.1", "2027-03-01", "supported"},
		"and too long ago":                      {given(open), "3.3.1", "2027-06-01", "the given table of 2026-10-01 is too old to tell about 3.3.1"},
		"older than the program's":              {given(older), "3.3.1", "2026-11-21", "supported"},
		"older, but alone in naming a line":     {given(older), "2.11.2", "2026-04-01", "since 2026-03-01 (the given table of 2026-01-01)"},
		"two, the newer last":                   {given(older, newer), "3.3.1", "2026-11-21", "since 3.4 shipped (the given table of 2026-10-01)"},
		"two, the newer first":                  {given(newer, older), "3.3.1", "2026-11-21", "since 3.4 shipped (the given table of 2026-10-01)"},
		"the newer of two that are older":       {given(older, airflowOf("2025-12-01", "", line{Line: "2.11", End: "2025-12-31"})), "2.11.2", "2026-11-21", "since 2026-03-01 (the given table of 2026-01-01)"},
		"the newer of two that are newer":       {given(newer, airflowOf("2026-09-01", "", line{Line: "2", End: "2026-09-02"})), "2.11.2", "2027-02-01", "since 2027-01-31 (the given table of 2026-10-01)"},
		"of one day, the one read later":        {given(newer, airflowOf("2026-10-01", "", line{Line: "2", End: "2026-09-02"})), "2.11.2", "2027-02-01", "since 2026-09-02 (the given table of 2026-10-01)"},
		"the newer of two without a day":        {given(undated, airflowOf("", "2026-08-01", line{Line: "3.3", End: "2026-08-30"})), "3.3.1", "2026-11-21", "since 2026-09-30 (the given table with releases up to 2026-09-01)"},
		"no day, above the program's":           {given(undated), "3.3.1", "2026-11-21", "since 2026-09-30 (the given table with releases up to 2026-09-01)"},
		"no day, takes no end back":             {given(undated), "2.11.2", "2026-11-21", "since 2026-04-22 (this program's table of 2026-08-22)"},
		"no day, below one with a day":          {given(open, undated), "3.3.1", "2026-11-21", "supported"},
		"ended, nobody knows when":              {given(undated), "1.8.0", "2026-11-21", "any more, since a day that is not known (the given table with releases up to 2026-09-01)"},
		"of another product":                    {given(snapshot.EndOfLifeTable{Product: "redis", Read: "2027-01-01", Lines: []line{{Line: "3.3", End: "2026-01-01"}}}), "3.3.1", "2026-11-21", "supported"},
		"nothing that tells how old it is":      {given(airflowOf("", "", line{Line: "3.4"})), "3.4.0", "2026-11-21", "the given table without a day may be too old to tell about 3.4.0"},
		"no day, a release newer than ours":     {given(airflowOf("", "2026-12-01", line{Line: "3.3"})), "3.3.1", "2027-05-01", "supported"},
		"no day, a release older than ours":     {given(airflowOf("", "2026-01-01", line{Line: "3.3"})), "3.3.1", "2026-11-21", "supported"},
		"a day that the makers named, whatever": {given(airflowOf("2026-10-01", "", line{Line: "3.4"}, line{Line: "3.3", End: "2026-12-31"})), "3.3.1", "2026-11-21", "supported"},
		"the last of its major version":         {given(airflowOf("2026-10-01", "", line{Line: "4.0"}, line{Line: "3.3"})), "3.3.1", "2026-11-21", "supported"},
		"a rest that a table holds open":        {given(airflowOf("2026-10-01", "", line{Line: "3.6"}, line{Line: "3"})), "3.5.0", "2026-11-21", "supported"},
		"Airflow 2 knew no such rule":           {given(airflowOf("2026-10-01", "", line{Line: "2.12"}, line{Line: "2.11"})), "2.11.2", "2026-11-21", "supported"},
	} {
		if got := say(t, With(c.given), "airflow", c.version, c.now); got != c.expected {
			t.Errorf("%s: %s on %s: got %s, want %s", name, c.version, c.now, got, c.expected)
		}
	}
}

func TestOfWhen(t *testing.T) {
	all := With(given(airflowOf("2026-10-01", ""), airflowOf("2026-09-01", ""), airflowOf("", "2027-01-01")))
	if all.Read != "2026-08-22" || all.Given != "eol" || all.GivenNewest != "2026-10-01" {
		t.Errorf("got %+v", all)
	}
	if own := With(nil); own.Given != "" || own.GivenNewest != "" {
		t.Errorf("got %+v", own)
	}
	if _, ok := all.Of("nodejs"); ok {
		t.Error("there is a table of nodejs")
	}
	table, _ := all.Of("postgresql")
	if table.Newest() != "18" || !table.Names("16") || table.Names("16.1") {
		t.Errorf("got %+v", table)
	}
}

func TestBad(t *testing.T) {
	with := func(lines ...line) snapshot.EndOfLifeTable { return airflowOf("2026-10-01", "", lines...) }
	for want, table := range map[string]snapshot.EndOfLifeTable{
		"": with(line{Line: "3.4"}, line{Line: "3", End: "2026-01-31"}, line{Line: "1", Ended: true}),
		"product is none of airflow, kubernetes, mysql, postgresql, rabbitmq, redis, valkey": {Product: "apache-airflow", Lines: []line{{Line: "3"}}},
		"read is not a day such as 2026-11-21":                                               airflowOf("2026-13-01", "", line{Line: "3"}),
		"latest is not a day such as 2026-11-21":                                             airflowOf("", "soon", line{Line: "3"}),
		"lines names no line of versions such as 3.2":                                        with(),
		"lines[1].line is named twice":                                                       with(line{Line: "3.4"}, line{Line: "3.4"}),
		"lines[0].line is not a line of versions such as 3.2 or 2":                           with(line{Line: "3.4.1"}),
		"lines[0].end is not a day such as 2026-11-21":                                       with(line{Line: "3.4", End: "2026-02-30"}),
		"lines[0].ended stands beside an end: it is for one whose day is not known":          with(line{Line: "3.4", End: "2026-02-03", Ended: true}),
	} {
		field, problem := Bad(table)
		got := field + " " + problem
		if got == " " {
			got = ""
		}
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for text, want := range map[string]bool{"3.4": true, "18": true, "": false, "3.": false, "03": false, "3.4.5": false, "-1": false, "+3": false, "3.x": false, "9999999": false} {
		if IsLine(text) != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
