package snapshot

// Reference is a chart archive that the release's chart was held against.
type Reference struct {
	Archive string `json:"archive"` // as the user named it
	Name    string `json:"name"`
	Version string `json:"version"`
	SHA256  string `json:"sha256"` // of the archive, in hex
	// SignedBy are the identities of the key that signed the archive; empty where no keyring was given or the signature does not hold.
	SignedBy []string `json:"signedBy,omitempty"`
	// Refused says why the archive itself is not to be trusted: its signature or digest is not the one asked for.
	Refused string `json:"refused,omitempty"`
	// Compared counts the files that were held against each other.
	Compared int `json:"compared"`
	// Differences are sorted by file.
	Differences []Difference `json:"differences,omitempty"`
	// Unread says what could not be compared, and why.
	Unread []string `json:"unread,omitempty"`
}

// Difference is a file of the release's chart that is not the archive's.
type Difference struct {
	// File is a path in the chart, with the key behind a colon for values, or
	// "charts/NAME: Kind/name" for what a subchart has installed.
	File string `json:"file"`
	// What is "changed", "added" (only the release has it) or "missing" (only the archive has it).
	What string `json:"what"`
}
