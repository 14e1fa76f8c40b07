package advisory

import "slices"

// Upgrade is a version to move to, and what it leaves open.
type Upgrade struct {
	Version string
	Closes  int      // how many of the records in question
	Open    []string // the IDs of those it does not close
}

// Upgrades are the lowest version of a version's own line that closes the most
// of some records, and the lowest of any line that closes all that can be
// closed. An empty Version says that none does; both are the same where the own
// line closes all.
func Upgrades(records []Record, v Version) (own, all Upgrade) {
	own.Open, all.Open = ids(records, nil), ids(records, nil)
	for _, c := range candidates(records, v) {
		u := Upgrade{Version: c.text, Open: ids(records, &c)}
		u.Closes = len(records) - len(u.Open)
		if c.line() == v.line() && u.Closes > own.Closes {
			own = u
		}
		if u.Closes > all.Closes {
			all = u
		}
	}
	return own, all
}

// candidates are the versions after a version that close something, in order.
func candidates(records []Record, v Version) []Version {
	var out []Version
	for _, r := range records {
		for _, text := range r.fixes() {
			c, err := ParseVersion(text)
			if err == nil && c.comparePublic(v) > 0 {
				out = append(out, c)
			}
		}
	}
	slices.SortFunc(out, Version.Compare)
	return slices.CompactFunc(out, func(a, b Version) bool { return a.Compare(b) == 0 })
}

// ids are the records that cover a version, each once; all for none.
func ids(records []Record, v *Version) []string {
	var out []string
	for _, r := range records {
		if v == nil || r.Covers(*v) {
			out = append(out, r.ID)
		}
	}
	return out
}
