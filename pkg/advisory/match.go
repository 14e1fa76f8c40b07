package advisory

import (
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Airflow is the package of Airflow itself; Core holds its code since 3.0 and has its version.
const (
	Airflow = "apache-airflow"
	Core    = "apache-airflow-core"
)

// Covering are the records of a package that cover a version.
func (t *Table) Covering(name string, v Version) []Record {
	var out []Record
	for _, r := range t.Of(name) {
		if r.Covers(v) {
			out = append(out, r)
		}
	}
	return out
}

// Of are the records of a package; those of Airflow's core are Airflow's.
func (t *Table) Of(name string) []Record {
	var out []Record
	for _, r := range t.Records {
		if r.Package == name || name == Airflow && r.Package == Core {
			out = append(out, r)
		}
	}
	return out
}

// Covers says whether a record covers a version.
func (r Record) Covers(v Version) bool {
	return slices.ContainsFunc(r.Ranges, func(s snapshot.VersionRange) bool { return within(s, v) }) ||
		slices.ContainsFunc(r.Versions, func(text string) bool {
			listed, err := ParseVersion(text)
			return err == nil && listed.comparePublic(v) == 0
		})
}

// within: from Introduced on and before Fixed, or up to LastAffected. Words
// that are no versions bound nothing: too much is said rather than too little.
func within(s snapshot.VersionRange, v Version) bool {
	if from, err := ParseVersion(s.Introduced); err == nil && s.Introduced != "0" && v.comparePublic(from) < 0 {
		return false
	}
	if end, err := ParseVersion(s.Fixed); s.Fixed != "" && err == nil && v.comparePublic(end) >= 0 {
		return false
	}
	last, err := ParseVersion(s.LastAffected)
	return s.LastAffected == "" || err != nil || v.comparePublic(last) <= 0
}

// FixedIn is the version that closes a record for a version it covers; empty where none is named.
func (r Record) FixedIn(v Version) string {
	for _, s := range r.Ranges {
		if within(s, v) && s.Fixed != "" {
			return s.Fixed
		}
	}
	return ""
}

// fixes are the versions that some range of the record ends with.
func (r Record) fixes() []string {
	var out []string
	for _, s := range r.Ranges {
		if s.Fixed != "" {
			out = append(out, s.Fixed)
		}
	}
	return out
}

// CoversAll says whether a record covers every version from one on and before
// another: the lowest, and all up to the end.
func (r Record) CoversAll(from, before Version) bool {
	return slices.ContainsFunc(r.Ranges, func(s snapshot.VersionRange) bool {
		if !within(s, from) {
			return false
		}
		end, err := ParseVersion(s.Fixed)
		return s.Fixed == "" && s.LastAffected == "" || err == nil && before.text != "" && before.comparePublic(end) <= 0
	})
}

// CoversSome says whether a record covers any version from one on and before another.
func (r Record) CoversSome(from, before Version) bool {
	return slices.ContainsFunc(r.Ranges, func(s snapshot.VersionRange) bool {
		if within(s, from) {
			return true
		}
		begin, err := ParseVersion(s.Introduced)
		return err == nil && begin.comparePublic(from) > 0 && (before.text == "" || begin.comparePublic(before) < 0)
	})
}

// Bounds are two versions as words; "" is the first of all as from, and none as before.
func Bounds(from, before string) (lowest, end Version) {
	lowest, _ = ParseVersion("0")
	if v, err := ParseVersion(from); err == nil {
		lowest = v
	}
	end, _ = ParseVersion(before)
	return lowest, end
}
