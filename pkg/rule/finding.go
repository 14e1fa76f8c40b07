package rule

import (
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// FixKind says what form a fix has.
type FixKind string

// A patch changes the live object, values change the chart's values, manual is words.
const (
	Patch  FixKind = "patch"
	Values FixKind = "values"
	Manual FixKind = "manual"
)

// Fix is one way to close a finding.
type Fix struct {
	Kind    FixKind `json:"kind"`
	Summary string  `json:"summary"`
	// ValuesKey is the chart's values path that closes the finding, where there is one.
	ValuesKey string `json:"valuesKey,omitempty"`
	// Value is what the key must hold, as decoded JSON; nil where somebody has to decide.
	Value any `json:"-"`
	// Changes are what a patch does; empty for values and manual.
	Changes []change.Change `json:"changes,omitempty"`
}

// Writes says whether the fix makes whole objects.
func (f Fix) Writes() bool {
	return slices.ContainsFunc(f.Changes, func(c change.Change) bool { return c.Op == change.Put })
}

// Finding is one fact that breaks a rule.
type Finding struct {
	Target    snapshot.Ref
	Component string // Airflow's word for the part: scheduler, worker, …; empty where none fits
	Container string
	Path      string // JSON pointer of the field in the object
	Message   string // what is wrong here; never holds a secret
	// Aspect tells the facts apart that break the rule in one field: a CVE, for
	// instance. The finding's fingerprint holds it.
	Aspect string
	// Severity replaces the rule's where the evidence is worse or milder.
	Severity Severity
	Fixes    []Fix
	// Changes are what the object must become, whoever makes it so: a patch of
	// the live object, the chart's values or a post-renderer. Where they are
	// empty, the changes of the patch among the fixes count.
	Changes []change.Change
	// Unpatchable says why no patch of the live object makes the changes; empty where one does.
	Unpatchable string
	// File and Line point into the source where the object came from a file; Line counts from 1.
	File string
	Line int
}

// Outcome is a rule's answer. There is no zero value that means "fine".
type Outcome string

// The outcomes. Unknown: what was needed could not be read. NotApplicable:
// there was nothing to judge. Excepted: all findings are covered by exceptions.
const (
	Failed        Outcome = "failed"
	Passed        Outcome = "passed"
	Unknown       Outcome = "unknown"
	NotApplicable Outcome = "notApplicable"
	Excepted      Outcome = "excepted"
)
