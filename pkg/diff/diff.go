package diff

import (
	"fmt"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// APIVersion of a Diff; see docs/schema/diff.json.
const APIVersion = "airflowsec.io/v1alpha1"

// Diff is what has to change in a release, object by object.
type Diff struct {
	APIVersion string  `json:"apiVersion"`
	Kind       string  `json:"kind"` // always "Diff"
	Release    Release `json:"release"`
	// From is what stands on the left: live, chart, files, or "revision N" as Helm recorded it.
	From string `json:"from"`
	// Against is what stands on the right: "release", or "profile NAME".
	Against string `json:"against"`
	// Objects are sorted by kind, namespace and name; those that do not differ are left out.
	Objects []Object `json:"objects"`
	// Left are the findings of the rules asked about that no change closes.
	Left []Left `json:"left"`
	// Unread says what could not be compared, and why; sorted.
	Unread []string `json:"unread"`
}

// Release is what was read.
type Release struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	Revision  int    `json:"revision,omitempty"`
}

// Status says what an object's difference is.
type Status string

// The states of an object. New: the right side holds it and the left does not.
// Missing: the same, where Helm installed it.
const (
	Changed Status = "changed"
	New     Status = "new"
	Missing Status = "missing"
)

// Object is one object that differs.
type Object struct {
	snapshot.Ref
	Component string  `json:"component,omitempty"` // Airflow's word
	Status    Status  `json:"status"`
	Rules     []Rule  `json:"rules"` // sorted; empty against the release
	Fields    []Field `json:"fields"`
	// Before and After are the object as YAML with its name and the fields that
	// differ, nothing else; Before is empty where the object is not there.
	Before string `json:"-"`
	After  string `json:"-"`
}

// Rule is a rule that asks for a change.
type Rule struct {
	ID   string `json:"id"`
	Slug string `json:"slug,omitempty"`
}

// Field is one field that differs.
type Field struct {
	// Path is a JSON pointer with list entries by name.
	Path      string `json:"path"`
	Container string `json:"container,omitempty"`
	// Before and After are the values; absent where nothing stands there.
	Before any      `json:"before,omitempty"`
	After  any      `json:"after,omitempty"`
	Rules  []string `json:"rules,omitempty"`
	// Security says that the field matters for security, where no rule asks for it.
	Security bool `json:"security,omitempty"`
	// Note says why no patch of the live object makes the change, or what the next upgrade does to it.
	Note string `json:"note,omitempty"`
}

// Left is a finding that stays.
type Left struct {
	Rule      string `json:"rule"`
	Object    string `json:"object"`
	Container string `json:"container,omitempty"`
	Message   string `json:"message"`
	Reason    string `json:"reason,omitempty"`
}

// Empty says that nothing differs.
func (d *Diff) Empty() bool { return len(d.Objects) == 0 }

// Fields counts the fields that differ.
func (d *Diff) Fields() int {
	n := 0
	for _, o := range d.Objects {
		n += len(o.Fields)
	}
	return n
}

func newDiff(s *snapshot.Snapshot, against string) *Diff {
	return &Diff{
		APIVersion: APIVersion, Kind: "Diff", From: sourceOf(s), Against: against,
		Release: Release{s.Release.Name, s.Release.Namespace, s.Release.Revision},
		Objects: []Object{}, Left: []Left{}, Unread: []string{},
	}
}

// sourceOf says what was read: a saved snapshot of a cluster is what was live
// then, and of an older revision only the record is there.
func sourceOf(s *snapshot.Snapshot) string {
	recorded := slices.ContainsFunc(s.Objects, func(o snapshot.Object) bool { return o.Origin == snapshot.Rendered })
	switch {
	case s.Release.Record == snapshot.FromChart:
		return "chart"
	case s.Release.Record == snapshot.FromFiles:
		return "files"
	case recorded:
		return fmt.Sprintf("revision %d", s.Release.Revision)
	}
	return "live"
}
