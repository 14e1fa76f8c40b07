package snapshot

import "time"

// Scan is what a scanner says of one image, in a report that the user gave.
type Scan struct {
	Name    string    `json:"name"`              // the file it came from
	Scanner string    `json:"scanner,omitempty"` // trivy, grype
	Taken   time.Time `json:"taken,omitzero"`
	// Images are the names of the image, with tags and digests.
	Images []string `json:"images"`
	// Counts are the flaws by severity; Fixable the critical and high ones that a newer version closes.
	Counts  ScanCounts `json:"counts"`
	Fixable []ScanFlaw `json:"fixable,omitempty"`
}

// Signature is a signature on an image that was verified with a public key.
type Signature struct {
	Name   string `json:"name"`   // the file it came from
	Key    string `json:"key"`    // the file of the key
	Digest string `json:"digest"` // of the image's manifest: sha256:…
}

// ScanCounts counts flaws by severity.
type ScanCounts struct {
	Critical int `json:"critical"`
	High     int `json:"high"`
	Medium   int `json:"medium"`
	Low      int `json:"low"`
}

// ScanFlaw is one flaw of one package.
type ScanFlaw struct {
	ID       string `json:"id"`
	Severity string `json:"severity"` // critical or high
	Package  string `json:"package,omitempty"`
}
