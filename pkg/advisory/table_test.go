package advisory

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func rows(t *testing.T) []row {
	t.Helper()
	var content struct{ Records []row }
	if err := json.Unmarshal(file, &content); err != nil {
		t.Fatal(err)
	}
	return content.Records
}

// TestFile keeps the file readable: every row has its facts and a public source.
func TestFile(t *testing.T) {
	ids := map[string]bool{}
	for _, r := range rows(t) {
		ids[r.ID] = true
		if !strings.HasPrefix(r.ID, "CVE-") || r.Package == "" || r.Summary == "" || !strings.HasPrefix(r.Source, "https://") {
			t.Errorf("%s lacks something: %+v", r.ID, r)
		}
		if r.Severity != "" && words[r.Severity] == 0 {
			t.Errorf("%s: %q is no severity", r.ID, r.Severity)
		}
		must(t, r.Introduced)
		if r.Fixed != "" && must(t, r.Introduced).Compare(must(t, r.Fixed)) >= 0 {
			t.Errorf("%s ends before it begins", r.ID)
		}
	}
	if len(rows(t)) != 235 || len(ids) != 221 {
		t.Errorf("%d rows about %d flaws", len(rows(t)), len(ids))
	}
	for _, day := range []string{Builtin().Read, Builtin().Newest} {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			t.Errorf("%q is not a day", day)
		}
	}
}

// TestEveryRow asks, for every row, about versions inside, at both ends and
// outside of its range. What is expected comes from the row's own words,
// compared number by number.
func TestEveryRow(t *testing.T) {
	for _, r := range rows(t) {
		asked := []string{"0.0.1", "999"}
		for _, end := range []string{r.Introduced, r.Fixed} {
			if end == "" || end == "0" {
				continue
			}
			asked = append(asked, end, end+"rc1", end+".dev0", end+"b2", end+".post1", end+"+build", before(end), after(end))
		}
		for _, version := range asked {
			want := slices.ContainsFunc(rows(t), func(o row) bool { return o.ID == r.ID && o.Package == r.Package && holds(o, version) })
			got := Builtin().Records[Builtin().index(r.ID, r.Package)].Covers(must(t, version))
			if got != want {
				t.Errorf("%s (%s from %s before %q): %s covered %v, want %v", r.ID, r.Package, r.Introduced, r.Fixed, version, got, want)
			}
		}
	}
}

// holds compares the numbers only, and says by hand what a suffix means at an end.
func holds(r row, version string) bool {
	numbers := version
	for _, suffix := range []string{"rc1", ".dev0", "b2", ".post1", "+build"} {
		numbers = strings.TrimSuffix(numbers, suffix)
	}
	early := strings.HasSuffix(version, "rc1") || strings.HasSuffix(version, ".dev0") || strings.HasSuffix(version, "b2")
	reached := func(bound string) bool { // from the bound on
		switch order := slices.Compare(digits(numbers), digits(bound)); {
		case order == 0:
			return !early
		default:
			return order > 0
		}
	}
	return (r.Introduced == "0" || reached(r.Introduced)) && (r.Fixed == "" || !reached(r.Fixed))
}

// digits are a version's numbers, four of them.
func digits(version string) []int {
	out := make([]int, 4)
	for i, part := range strings.Split(version, ".") {
		out[i], _ = strconv.Atoi(part)
	}
	return out
}

// before and after are neighbours of a version.
func before(version string) string {
	d := digits(version)
	for i := len(d) - 2; i >= 0; i-- {
		if d[i] > 0 {
			d[i]--
			return joined(d)
		}
		d[i] = 99
	}
	return "0.0.1"
}

func after(version string) string {
	d := digits(version)
	d[2]++
	return joined(d)
}

func joined(d []int) string {
	return strconv.Itoa(d[0]) + "." + strconv.Itoa(d[1]) + "." + strconv.Itoa(d[2])
}

func TestRank(t *testing.T) {
	for _, c := range []struct {
		word  string
		score float64
		want  int
	}{
		{"low", 0, 1},
		{"low", 3.9, 1},
		{"low", 9.1, 2}, // one step worse, not two: the makers know who has to be trusted
		{"moderate", 9.8, 3},
		{"moderate", 4.3, 2},
		{"important", 5.3, 3},
		{"high", 9, 4},
		{"critical", 1, 4},
		{"", 9.8, 4},
		{"", 0, 2},
	} {
		if got := (Record{Advisory: snapshot.Advisory{Severity: c.word, CVSS: c.score}}).Rank(); got != c.want {
			t.Errorf("%q and %.1f: got %d, want %d", c.word, c.score, got, c.want)
		}
	}
}

// TestBaseScore: scores that the published calculator of CVSS 3.1 gives.
func TestBaseScore(t *testing.T) {
	for vector, want := range map[string]float64{
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H":     9.8,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H":     10,
		"CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H":     8.8,
		"CVSS:3.1/AV:N/AC:L/PR:L/UI:R/S:C/C:L/I:L/A:N":     5.4,
		"CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H":     7.8,
		"CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:N/A:N":     5.9,
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N":     0,
		"CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:L/I:N/A:N/E:P": 4.3,
	} {
		if got, err := BaseScore(vector); err != nil || got != want {
			t.Errorf("%s: got %v, %v, want %v", vector, got, err, want)
		}
	}
	for _, bad := range []string{"", "CVSS:4.0/AV:N", "CVSS:3.1/AV:N/AC:L", "CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"} {
		if _, err := BaseScore(bad); err == nil {
			t.Errorf("%q was scored", bad)
		}
	}
}

func TestUpgrades(t *testing.T) {
	for _, c := range []struct{ version, own, all, open string }{
		{"2.8.4", "2.11.1", "3.3.1", "CVE-2026-40913"},
		{"3.2.0", "3.2.2", "3.3.1", "CVE-2026-40913"},
		{"3.3.0", "3.3.1", "3.3.1", "CVE-2026-40913"},
		{"1.10.10", "1.10.15", "3.3.1", "CVE-2026-40913"},
	} {
		v := must(t, c.version)
		own, all := Upgrades(Builtin().Covering(Airflow, v), v)
		if own.Version != c.own || all.Version != c.all || strings.Join(all.Open, " ") != c.open {
			t.Errorf("%s: got %s and %s leaving %v", c.version, own.Version, all.Version, all.Open)
		}
		for _, r := range Builtin().Covering(Airflow, must(t, all.Version)) {
			if r.FixedIn(v) != "" {
				t.Errorf("%s: %s is still open in %s", c.version, r.ID, all.Version)
			}
		}
	}
	if own, all := Upgrades(nil, must(t, "3.3.1")); own.Version != "" || all.Version != "" {
		t.Error("nothing to close, and yet an upgrade")
	}
}

func TestWith(t *testing.T) {
	day := func(text string) time.Time { d, _ := time.Parse(time.DateOnly, text); return d }
	given := func(a ...snapshot.Advisory) *Table {
		return With(&snapshot.Advisories{Name: "given.json", Newest: day("2027-01-02"), Records: a})
	}
	covered := func(table *Table, id, version string) bool {
		return slices.ContainsFunc(table.Covering(Airflow, must(t, version)), func(r Record) bool { return r.ID == id })
	}
	older := snapshot.Advisory{
		ID: "CVE-2024-45034", Package: Airflow, Modified: day("2024-01-01"),
		Ranges: []snapshot.VersionRange{{Introduced: "0", Fixed: "1.0"}},
	}
	newer := older
	newer.Modified = day("2027-01-01")
	withdrawn := newer
	withdrawn.Withdrawn = true
	fresh := newer
	fresh.ID, fresh.Ranges = "CVE-2027-1", []snapshot.VersionRange{{Introduced: "3.3.0", LastAffected: "3.3.1"}}
	for what, c := range map[string]struct {
		table       *Table
		id, version string
		want        bool
	}{
		"alone":                                       {With(nil), older.ID, "2.9.3", true},
		"an older record changes nothing":             {given(older), older.ID, "2.9.3", true},
		"a newer one counts":                          {given(newer), older.ID, "2.9.3", false},
		"also beside an older one":                    {given(newer, older), older.ID, "2.9.3", false},
		"a withdrawn one goes":                        {given(withdrawn), older.ID, "2.9.3", false},
		"a withdrawn one gives way to one that holds": {given(withdrawn, newer), older.ID, "0.9", true},
		"a new one is added":                          {given(fresh), fresh.ID, "3.3.1", true},
		"up to the last one affected":                 {given(fresh), fresh.ID, "3.3.2", false},
		"before it":                                   {given(fresh), fresh.ID, "3.3.0rc1", false},
	} {
		if got := covered(c.table, c.id, c.version); got != c.want {
			t.Errorf("%s: %s covers %s: got %v", what, c.id, c.version, got)
		}
	}
	if table := given(newer); table.Given != "given.json" || table.GivenNewest != "2027-01-02" || len(Builtin().Records) != len(table.Records) {
		t.Errorf("the table says %q of %q", table.Given, table.GivenNewest)
	}
	again := newer
	again.ID = "CVE-2020-13927"
	if i := given(again).index(again.ID, Airflow); given(again).Records[i].When != "open-api" || given(again).Records[i].Exploited == "" {
		t.Error("what is known beside the record is lost")
	}
}

// TestListedVersions: a record may name each version it covers.
func TestListedVersions(t *testing.T) {
	r := Record{Advisory: snapshot.Advisory{Versions: []string{"2.9.2", "2.9.3rc1"}}}
	for version, want := range map[string]bool{"2.9.2": true, "2.9.3rc1": true, "2.9.3": false, "2.9.2+build": true, "2.9.1": false} {
		if got := r.Covers(must(t, version)); got != want {
			t.Errorf("%s: got %v", version, got)
		}
	}
}

func TestCoversAll(t *testing.T) {
	r := Record{Advisory: snapshot.Advisory{Ranges: []snapshot.VersionRange{{Introduced: "5.2.0", Fixed: "7.0.0"}}}}
	for _, c := range []struct {
		from, before string
		want         bool
	}{
		{"5.2.0", "7.0.0", true}, {"6.0", "6.5", true}, {"5.1", "7.0", false}, {"6.0", "8.0", false}, {"6.0", "", false}, {"", "6.0", false},
	} {
		if got := r.CoversAll(Bounds(c.from, c.before)); got != c.want {
			t.Errorf("from %q before %q: got %v", c.from, c.before, got)
		}
	}
	for _, c := range []struct {
		from, before string
		want         bool
	}{
		{"5.0", "5.2.0", false}, {"5.0", "5.3", true}, {"", "", true}, {"6.9", "", true}, {"7.0.0", "", false},
	} {
		if got := r.CoversSome(Bounds(c.from, c.before)); got != c.want {
			t.Errorf("some from %q before %q: got %v", c.from, c.before, got)
		}
	}
}
