package collect

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/endoflife"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// lifecycleText is a product as version 1 of the API of endoflife.date serves it, with the parts that are not read left out.
const lifecycleText = `{"schema_version": "1.2.1", "generated_at": "2026-10-01T01:30:00+02:00", "last_modified": "2026-09-30T00:00:00+00:00",
  "result": {"name": "apache-airflow", "aliases": ["airflow"], "label": "Apache Airflow", "labels": {"eoas": null, "eol": "Supported"},
    "releases": [
      {"name": "3.5", "releaseDate": "2026-12-01", "isEol": false, "eolFrom": null, "isMaintained": true},
      {"name": "3.4", "codename": null, "releaseDate": "2026-09-28", "isLts": false, "isEol": false, "eolFrom": null, "isMaintained": true, "latest": {"name": "3.4.0"}},
      {"name": "3.3", "releaseDate": "2026-07-06", "isEol": true, "eolFrom": "2026-09-28"},
      {"name": "2", "releaseDate": "2020-12-17", "isEol": true, "eolFrom": null},
      {"name": "1.10", "isEol": true, "eolFrom": "0000-00-00"},
      {"name": "1.10-lts", "isEol": true}]}}`

// cyclesText is the same as version 0 serves it.
const cyclesText = `[{"cycle": "3.4", "eol": false, "latest": "3.4.0", "latestReleaseDate": "2026-09-28", "releaseDate": "2026-09-28", "lts": false},
  {"cycle": "3.3", "eol": "2026-09-28", "latestReleaseDate": "2026-08-12", "releaseDate": "2026-07-06"}, {"cycle": "2", "eol": true}]`

// ownText is this program's form.
const ownText = `{"airflow": {"sources": ["https://example.org"], "read": "2026-10-02", "lines": [{"line": "3.4"}, {"line": "2", "ended": true}]},
  "kubernetes": {"read": "2026-10-03", "lines": [{"line": "1.38", "end": "2028-02-28"}]}}`

func endOfLifeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestReadEndOfLife(t *testing.T) {
	type line = snapshot.EndOfLifeLine
	latest := []line{{Line: "3.4"}, {Line: "3.3", End: "2026-09-28"}, {Line: "2", Ended: true}}
	documented := snapshot.EndOfLifeTable{Product: "airflow", Read: "2026-09-30", Lines: append(latest[:3:3], line{Line: "1.10", Ended: true})}
	for name, c := range map[string]struct {
		file, text string
		want       []snapshot.EndOfLifeTable
	}{
		"a product": {"any.json", lifecycleText, []snapshot.EndOfLifeTable{documented}},
		"all products": {"full.json", strings.Replace(strings.Replace(lifecycleText, `"result": {`, `"total": 3, "result": [{"name": "nodejs", "releases": 5}, {`, 1), "]}}", `]}, {"name": "valkey", "releases": [{"name": "8.1", "isEol": false, "eolFrom": "2030-03-31"}]}]}`, 1),
			[]snapshot.EndOfLifeTable{documented, {Product: "valkey", Read: "2026-09-30", Lines: []line{{Line: "8.1", End: "2030-03-31"}}}}},
		"two values":             {"any.jsonl", lifecycleText + "\n" + lifecycleText, []snapshot.EndOfLifeTable{documented, documented}},
		"cycles":                 {"apache-airflow.json", cyclesText, []snapshot.EndOfLifeTable{{Product: "airflow", Latest: "2026-09-28", Lines: latest}}},
		"cycles without any day": {"postgresql.json", `[{"cycle": "14", "eol": "2026-11-12"}]`, []snapshot.EndOfLifeTable{{Product: "postgresql", Lines: []line{{Line: "14", End: "2026-11-12"}}}}},
		"a cycle that is only planned": {"redis.json", `[{"cycle": "9.0", "eol": false, "releaseDate": "2027-01-01"}, {"cycle": "8.2", "eol": false, "latestReleaseDate": "2026-10-01"}]`,
			[]snapshot.EndOfLifeTable{{Product: "redis", Latest: "2026-10-01", Lines: []line{{Line: "8.2"}}}}},
		"this program's": {"own.json", ownText, []snapshot.EndOfLifeTable{
			{Product: "airflow", Read: "2026-10-02", Lines: []line{{Line: "3.4"}, {Line: "2", Ended: true}}},
			{Product: "kubernetes", Read: "2026-10-03", Lines: []line{{Line: "1.38", End: "2028-02-28"}}},
		}},
	} {
		got, err := ReadEndOfLife(filepath.Join(endOfLifeFiles(t, map[string]string{c.file: c.text}), c.file))
		if err != nil || !reflect.DeepEqual(got.Tables, c.want) {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, c.want)
		}
	}
}

// TestReadBuiltinEndOfLife: what this program holds can be copied, changed and given back.
func TestReadBuiltinEndOfLife(t *testing.T) {
	got, err := ReadEndOfLife(filepath.Join("..", "endoflife", "tables.json"))
	if err != nil || len(got.Tables) != 7 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if with := endoflife.With(got); with.GivenNewest != "2026-09-15" {
		t.Errorf("got %+v", with)
	}
}

func TestReadEndOfLifeOfADirectory(t *testing.T) {
	dir := endOfLifeFiles(t, map[string]string{
		"b.json": ownText, "apache-airflow.json": cyclesText, "nodejs.json": `[{"cycle": 5}]`, "README.md": "#",
		"python.json": `{"schema_version": "1.2.1", "generated_at": "2026-10-01T00:00:00Z", "result": {"name": "python", "releases": []}}`,
	})
	got, err := ReadEndOfLife(dir)
	if err != nil || len(got.Tables) != 3 || got.Tables[0].Latest != "2026-09-28" || got.Tables[1].Read != "2026-10-02" {
		t.Fatalf("got %+v, %v", got, err)
	}
}

// TestBadEndOfLife: each mistake is an error that names file and field, and shows nothing of what stands there.
func TestBadEndOfLife(t *testing.T) {
	document := func(releases string) string {
		return `{"schema_version": "1.2.1", "generated_at": "2026-10-01T00:00:00Z", "result": {"name": "apache-airflow", "releases": [` + releases + `]}}`
	}
	const none = "holds no table about one of airflow, kubernetes, mysql, postgresql, rabbitmq, redis, valkey (a list of cycles is about what its file is named after, as postgresql.json)"
	const unlike = "is no table of ends of life, neither endoflife.date's nor this program's"
	for text, want := range map[string]string{
		"":                                     "redis.json: is empty",
		"{":                                    "redis.json:1: is not JSON",
		"5":                                    "redis.json:1: " + unlike,
		"{}":                                   "redis.json:1: " + unlike,
		`{"vulns": []}`:                        "redis.json:1: " + unlike,
		"\n\n[1]":                              "redis.json:3: redis has the wrong type",
		"[]":                                   "redis.json:1: redis lines names no line of versions such as 3.2",
		`["8.2"]`:                              "redis.json:1: redis has the wrong type",
		`[{"eol": true}]`:                      "redis.json:1: redis [0].cycle is missing",
		`[{"cycle": 8.2}]`:                     "redis.json:1: redis cycle has the wrong type",
		`[{"cycle": "8.2"}]`:                   "redis.json:1: redis [0].eol is neither a day such as 2026-11-21 nor true or false",
		`[{"cycle": "8.2", "eol": "hunter2"}]`: "redis.json:1: redis [0].eol is neither a day such as 2026-11-21 nor true or false",
		`[{"cycle": "8.2", "eol": null}]`:      "redis.json:1: redis [0].eol is neither a day such as 2026-11-21 nor true or false",
		`[{"cycle": "8.2", "eol": true, "latestReleaseDate": "hunter2"}]`:   "redis.json:1: redis [0].latestReleaseDate is not a day such as 2026-11-21",
		`[{"cycle": "8.2", "eol": true}, {"cycle": "8.2", "eol": false}]`:   "redis.json:1: redis lines[1].line is named twice",
		strings.Replace(document(""), "1.2.1", "2.0.0", 1):                  "redis.json:1: schema_version is not 1.x, the version of endoflife.date's documents that is read here",
		strings.Replace(document(""), "2026-10-01T00:00:00Z", "hunter2", 1): "redis.json:1: generated_at is not a time such as 2026-11-21T12:00:00Z",
		strings.Replace(document(""), "apache-airflow", "", 1):              "redis.json:1: result holds no product with a name at place 0",
		strings.Replace(document(""), "apache-airflow", "nodejs", 1):        "redis.json: " + none,
		document(""): "redis.json:1: airflow lines names no line of versions such as 3.2",
		document(`{"name": "3.3-hunter2", "isEol": true}`):                                   "redis.json:1: airflow lines names no line of versions such as 3.2",
		document(`{"name": "3.3"}`):                                                          "redis.json:1: airflow releases[0].isEol is missing, and eolFrom, too",
		document(`{"name": "3.3", "isEOL": true}`):                                           "redis.json:1: airflow releases[0].isEol is missing, and eolFrom, too",
		document(`{"name": "3.3", "isEol": "hunter2"}`):                                      "redis.json:1: airflow releases.isEol has the wrong type",
		document(`{"name": "3.3", "isEol": false, "eolFrom": "hunter2"}`):                    "redis.json:1: airflow releases[0].eolFrom is not a day such as 2026-11-21",
		`{"airflow": {"lines": [{"line": "3.3"}]}}`:                                          "redis.json:1: airflow read is missing: it is the day the table is of",
		`{"airflow": {"read": "hunter2", "lines": [{"line": "3.3"}]}}`:                       "redis.json:1: airflow read is not a day such as 2026-11-21",
		`{"airflow": {"read": "2026-10-01", "lines": [{"line": "3.3", "ends": "hunter2"}]}}`: `redis.json:1: airflow lines[0] is no line of a table: it has an unknown field "ends"`,
		`{"airflow": {"read": "2026-10-01", "lines": [{"line": "3.3", "end": "hunter2"}]}}`:  "redis.json:1: airflow lines[0].end is not a day such as 2026-11-21",
		`{"airflow": {"read": "2026-10-01", "lines": [{"line": "hunter2"}]}}`:                "redis.json:1: airflow lines[0].line is not a line of versions such as 3.2 or 2",
		`{"airflow": {"read": "2026-10-01", "line": []}}`:                                    `redis.json:1: airflow is no table of ends of life: it has an unknown field "line"`,
		`{"airflow": {"read": "2026-10-01", "lines": [{"line": "3.3"}]}, "rediss": {}}`:      `redis.json:1: the key "rediss" is none of airflow, kubernetes, mysql, postgresql, rabbitmq, redis, valkey`,
	} {
		_, err := ReadEndOfLife(filepath.Join(endOfLifeFiles(t, map[string]string{"redis.json": text}), "redis.json"))
		if err == nil {
			t.Errorf("%s: no error", text)
			continue
		}
		if got := err.Error()[strings.Index(err.Error(), "redis.json"):]; got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
	}
	if _, err := ReadEndOfLife(filepath.Join(t.TempDir(), "none.json")); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := ReadEndOfLife(filepath.Join(endOfLifeFiles(t, map[string]string{"osv.json": "[1]"}), "osv.json")); err == nil || !strings.Contains(err.Error(), none) {
		t.Errorf("a list in a file of another name: %v", err)
	}
}

// TestSavedEndOfLife: tables travel in a snapshot, and what is none is refused there, too.
func TestSavedEndOfLife(t *testing.T) {
	s, err := FromFiles(context.Background(), Files{Paths: []string{"-"}, Stdin: strings.NewReader("apiVersion: v1\nkind: Service\nmetadata: {name: s}\n"), Now: fixedTime})
	if err != nil {
		t.Fatal(err)
	}
	if s.EndOfLife, err = ReadEndOfLife(filepath.Join(endOfLifeFiles(t, map[string]string{"own.json": ownText}), "own.json")); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := WriteSnapshot(&out, s); err != nil {
		t.Fatal(err)
	}
	back, err := ReadSnapshot(strings.NewReader(out.String()), "s")
	if err != nil || !reflect.DeepEqual(back.EndOfLife, s.EndOfLife) {
		t.Fatalf("got %+v, %v", back, err)
	}
	const want = "s: is not a snapshot: endOfLife.tables[1].lines[0].end is not a day such as 2026-11-21"
	if _, err := ReadSnapshot(strings.NewReader(strings.Replace(out.String(), "2028-02-28", "hunter2", 1)), "s"); err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
