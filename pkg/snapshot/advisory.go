package snapshot

import "time"

// Advisories are published records about Airflow and its providers that the
// user gave, beside those that this program holds.
type Advisories struct {
	Name    string     `json:"name"` // the file or directory they came from
	Newest  time.Time  `json:"newest"`
	Records []Advisory `json:"records"`
}

// Advisory is one published record about one Python package.
type Advisory struct {
	// ID is the CVE's, where the record names one, else the record's own.
	ID string `json:"id"`
	// Package is the name in the Python Package Index, normalised.
	Package string `json:"package"`
	// Ranges and Versions are what the record covers.
	Ranges   []VersionRange `json:"ranges,omitempty"`
	Versions []string       `json:"versions,omitempty"`
	// Severity is the makers' word, as they write it; empty where they gave none.
	Severity string `json:"severity,omitempty"`
	// CVSS is the base score of version 3; 0 where there is none.
	CVSS    float64 `json:"cvss,omitempty"`
	Summary string  `json:"summary,omitempty"`
	Source  string  `json:"source,omitempty"` // a public page
	// Modified is when the record was changed last.
	Modified  time.Time `json:"modified"`
	Withdrawn bool      `json:"withdrawn,omitempty"`
}

// VersionRange covers the versions from Introduced on ("0" is from the first
// one) and before Fixed, or up to LastAffected; with neither it is open.
type VersionRange struct {
	Introduced   string `json:"introduced"`
	Fixed        string `json:"fixed,omitempty"`
	LastAffected string `json:"lastAffected,omitempty"`
}
