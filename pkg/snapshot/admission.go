package snapshot

// Admission is what the API server says of one object in a server-side dry run.
type Admission struct {
	Ref Ref `json:"target"`
	// Trial is "apply" for the object itself, "pod" for a pod as its template would make it.
	Trial string `json:"trial"`
	// Accepted says that the API server, all admission included, takes it; Asked that it answered the question at all.
	Asked    bool `json:"asked"`
	Accepted bool `json:"accepted"`
	// Message is why not; Warnings are what it says besides.
	Message  string   `json:"message,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}
