package advisory

import (
	"cmp"
	_ "embed" // the records
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Table are all records a run knows.
type Table struct {
	// Read is the day the built-in records were collected, Newest that of the newest one, as YYYY-MM-DD.
	Read, Newest string
	// Given is where the user's records came from and GivenNewest the day of the newest; empty without.
	Given, GivenNewest string
	Records            []Record
}

// Record is one flaw of one package.
type Record struct {
	snapshot.Advisory
	// When names what has to be so for the flaw to be reached, as the rules know it; empty where nothing is known.
	When string
	// Only3 says that the record covers Airflow 2 by its letter, though it is about parts that only Airflow 3 has.
	Only3 bool
	// Exploited is the day since when CISA lists the flaw as exploited, YYYY-MM-DD; empty where it does not.
	Exploited string

	read []span // Ranges, read once
}

// row is one line of the file.
type row struct {
	ID, Package, Introduced, Fixed, Severity, Summary, Source, When, Exploited string

	CVSS  float64
	Only3 bool
}

// file holds the records. Sources stand in each of them: Apache's security
// site and mails, the Python Packaging Advisory Database; scores and the list
// of exploited flaws are CISA's. The texts are our own.
//
//go:embed advisories.json
var file []byte

// builtin reads the file once.
var builtin = sync.OnceValue(func() *Table {
	var content struct {
		Read, Newest string
		Records      []row
	}
	if err := json.Unmarshal(file, &content); err != nil {
		panic("advisories.json: " + err.Error())
	}
	modified, _ := time.Parse(time.DateOnly, content.Read)
	t := &Table{Read: content.Read, Newest: content.Newest}
	for _, r := range content.Records {
		ranges := []snapshot.VersionRange{{Introduced: r.Introduced, Fixed: r.Fixed}}
		t.add(Record{When: r.When, Only3: r.Only3, Exploited: r.Exploited, Advisory: snapshot.Advisory{
			ID: r.ID, Package: r.Package, Ranges: ranges, Severity: r.Severity, CVSS: r.CVSS,
			Summary: r.Summary, Source: r.Source, Modified: modified,
		}})
	}
	t.sort()
	t.readRanges()
	return t
})

// add joins rows that are about one flaw of one package.
func (t *Table) add(r Record) {
	if i := t.index(r.ID, r.Package); i >= 0 {
		t.Records[i].Ranges = append(t.Records[i].Ranges, r.Ranges...)
		t.Records[i].Only3 = t.Records[i].Only3 || r.Only3
		return
	}
	t.Records = append(t.Records, r)
}

func (t *Table) index(id, name string) int {
	return slices.IndexFunc(t.Records, func(r Record) bool { return r.ID == id && r.Package == name })
}

func (t *Table) sort() {
	slices.SortStableFunc(t.Records, func(a, b Record) int {
		return cmp.Or(cmp.Compare(a.Package, b.Package), compareIDs(a.ID, b.ID))
	})
}

// compareIDs puts CVE-2026-9999 before CVE-2026-10000.
func compareIDs(a, b string) int {
	return cmp.Or(cmp.Compare(prefix(a), prefix(b)), cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

// prefix is an ID's part that is of one length: CVE-2026.
func prefix(id string) string { return id[:min(len(id), len("CVE-2026"))] }

// Builtin are the records this program holds.
func Builtin() *Table { return builtin() }

// With is the built-in table and the user's records: of two about one flaw of
// one package the one that was changed last counts. What is known beside the
// record (what enables the flaw, whether it is exploited) stays.
func With(given *snapshot.Advisories) *Table {
	t := *builtin()
	if given == nil {
		return &t
	}
	t.Records = slices.Clone(t.Records)
	t.Given, t.GivenNewest = given.Name, given.Newest.UTC().Format(time.DateOnly)
	for _, a := range latest(given.Records) {
		i := t.index(a.ID, a.Package)
		switch {
		case i < 0 && !a.Withdrawn:
			t.Records = append(t.Records, t.known(a))
		case i >= 0 && a.Modified.After(t.Records[i].Modified) && a.Withdrawn:
			t.Records = slices.Delete(t.Records, i, i+1)
		case i >= 0 && a.Modified.After(t.Records[i].Modified):
			t.Records[i] = t.known(a)
		}
	}
	t.sort()
	t.readRanges()
	return &t
}

func (t *Table) readRanges() {
	for i := range t.Records {
		t.Records[i].read = spansOf(t.Records[i].Ranges)
	}
}

// known gives a record what the built-in table knows beside it. The mark of
// Airflow 3 is for records that begin with the first version: one that names a
// version of Airflow 2 means it.
func (t *Table) known(a snapshot.Advisory) Record {
	out := Record{Advisory: a}
	for _, r := range builtin().Records {
		if r.ID != a.ID {
			continue
		}
		out.When, out.Exploited = cmp.Or(out.When, r.When), cmp.Or(out.Exploited, r.Exploited)
		if r.Package == a.Package {
			out.Only3 = r.Only3 && !slices.ContainsFunc(a.Ranges, func(s snapshot.VersionRange) bool { return strings.HasPrefix(s.Introduced, "2") })
			out.Severity, out.Summary = cmp.Or(out.Severity, r.Severity), cmp.Or(r.Summary, out.Summary)
			out.CVSS = cmp.Or(out.CVSS, r.CVSS)
		}
	}
	return out
}

// latest keeps the record changed last of those about one flaw of one package.
// A withdrawn one gives way: many are withdrawn because another stands for the same flaw.
func latest(list []snapshot.Advisory) []snapshot.Advisory {
	type flaw struct{ id, name string }
	best := map[flaw]int{}
	var out []snapshot.Advisory
	for _, a := range list {
		i, seen := best[flaw{a.ID, a.Package}]
		switch {
		case !seen:
			best[flaw{a.ID, a.Package}] = len(out)
			out = append(out, a)
		case out[i].Withdrawn == a.Withdrawn && a.Modified.After(out[i].Modified), out[i].Withdrawn && !a.Withdrawn:
			out[i] = a
		}
	}
	return out
}
