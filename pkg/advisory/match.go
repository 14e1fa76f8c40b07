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

// span is a range of versions with its ends read; an end that is nil bounds nothing.
type span struct {
	snapshot.VersionRange
	from, end, last *Version
}

// spans are a record's ranges. The table has read them, for a check asks about hundreds.
func (r Record) spans() []span {
	if r.read != nil {
		return r.read
	}
	return spansOf(r.Ranges)
}

// spansOf reads ranges. Words that are no versions bound nothing: too much is
// said rather than too little.
func spansOf(ranges []snapshot.VersionRange) []span {
	out := make([]span, len(ranges))
	for i, s := range ranges {
		out[i] = span{VersionRange: s, end: readable(s.Fixed), last: readable(s.LastAffected)}
		if s.Introduced != "0" {
			out[i].from = readable(s.Introduced)
		}
	}
	return out
}

func readable(text string) *Version {
	v, err := ParseVersion(text)
	if text == "" || err != nil {
		return nil
	}
	return &v
}

// holds: from Introduced on and before Fixed, or up to LastAffected.
func (s span) holds(v Version) bool {
	return (s.from == nil || v.comparePublic(*s.from) >= 0) &&
		(s.end == nil || v.comparePublic(*s.end) < 0) &&
		(s.last == nil || v.comparePublic(*s.last) <= 0)
}

// Covers says whether a record covers a version.
func (r Record) Covers(v Version) bool {
	return slices.ContainsFunc(r.spans(), func(s span) bool { return s.holds(v) }) ||
		slices.ContainsFunc(r.Versions, func(text string) bool {
			listed, err := ParseVersion(text)
			return err == nil && listed.comparePublic(v) == 0
		})
}

// FixedIn is the version that closes a record for a version it covers; empty where none is named.
func (r Record) FixedIn(v Version) string {
	for _, s := range r.spans() {
		if s.holds(v) && s.Fixed != "" {
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
	return slices.ContainsFunc(r.spans(), func(s span) bool {
		if !s.holds(from) {
			return false
		}
		return s.Fixed == "" && s.LastAffected == "" || s.end != nil && before.text != "" && before.comparePublic(*s.end) <= 0
	})
}

// CoversSome says whether a record covers any version from one on and before another.
func (r Record) CoversSome(from, before Version) bool {
	return slices.ContainsFunc(r.spans(), func(s span) bool {
		if s.holds(from) {
			return true
		}
		return s.from != nil && s.from.comparePublic(from) > 0 && (before.text == "" || s.from.comparePublic(before) < 0)
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
