// Package check runs a profile's rules over a model and says what came out.
package check

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// APIVersion of a Report; see docs/schema/report.json.
const APIVersion = "airflowsec.io/v1alpha1"

// Report is the answer of one check, as others script against it.
type Report struct {
	APIVersion string              `json:"apiVersion"`
	Kind       string              `json:"kind"` // always "Report"
	Release    Release             `json:"release"`
	Profile    string              `json:"profile"`
	Evaluated  Evaluated           `json:"evaluated"`
	Advisories *Advisories         `json:"advisories,omitempty"`
	EndOfLife  *EndOfLife          `json:"endOfLife,omitempty"`
	Coverage   []snapshot.Coverage `json:"coverage"`
	Summary    Summary             `json:"summary"`
	Results    []Result            `json:"results"`
	Exceptions []Exception         `json:"exceptions"`
}

// Release is what was checked.
type Release struct {
	Name           string `json:"name"`
	Namespace      string `json:"namespace"`
	Revision       int    `json:"revision,omitempty"`
	Chart          Chart  `json:"chart"`
	AirflowVersion string `json:"airflowVersion"`
	Executor       string `json:"executor"`
}

// Chart is the release's chart.
type Chart struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Dialect string `json:"dialect"`
	// Brings is the Airflow chart where this one brings it as a subchart; nil else.
	Brings *Brought `json:"brings,omitempty"`
}

// Brought is a subchart; its version is empty where nothing tells.
type Brought struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Evaluated counts what was judged. Workloads include hook Jobs, CronJobs and the task pod template.
type Evaluated struct {
	Objects    int `json:"objects"`
	Workloads  int `json:"workloads"`
	Containers int `json:"containers"`
}

// Advisories says of when the published flaws are that Airflow's version was compared with.
type Advisories struct {
	Read   string `json:"read"`   // the day the built-in records were collected
	Newest string `json:"newest"` // the day of the newest of them
	// Given is where further records came from, and GivenNewest the day of the newest of those.
	Given       string `json:"given,omitempty"`
	GivenNewest string `json:"givenNewest,omitempty"`
}

// EndOfLife says of when the tables are that tell which versions get fixes.
type EndOfLife struct {
	Read string `json:"read"` // the day the oldest of the built-in tables was collected
	// Given is where further tables came from, and GivenNewest the day of the newest of those; empty where they tell none.
	Given       string `json:"given,omitempty"`
	GivenNewest string `json:"givenNewest,omitempty"`
}

// Summary counts results by outcome, and the findings that count by severity.
type Summary struct {
	Failed        int        `json:"failed"`
	Passed        int        `json:"passed"`
	Unknown       int        `json:"unknown"`
	NotApplicable int        `json:"notApplicable"`
	Excepted      int        `json:"excepted"`
	BySeverity    BySeverity `json:"bySeverity"`
}

// BySeverity counts findings that no exception covers.
type BySeverity struct {
	Critical int `json:"critical"`
	High     int `json:"high"`
	Medium   int `json:"medium"`
	Low      int `json:"low"`
}

// Result is one rule's answer.
type Result struct {
	Rule     string        `json:"rule"`
	Slug     string        `json:"slug"`
	Title    string        `json:"title"`
	Severity rule.Severity `json:"severity"`
	Outcome  rule.Outcome  `json:"outcome"`
	// Reason says why the outcome is unknown, notApplicable or excepted; with failed and passed, what was not judged.
	Reason   string    `json:"reason,omitempty"`
	Findings []Finding `json:"findings"`

	// Incomplete says that something this source should hold could not be read.
	Incomplete bool `json:"-"`
	// Doc is the rule behind the result, for renderers that print its text.
	Doc *rule.Rule `json:"-"`
}

// Finding is one fact that breaks a rule.
type Finding struct {
	Target      Target        `json:"target"`
	Container   string        `json:"container,omitempty"`
	Path        string        `json:"path,omitempty"`
	Message     string        `json:"message"`
	Severity    rule.Severity `json:"severity"`
	Fingerprint string        `json:"fingerprint"`
	// Excepted says an exception covers this finding.
	Excepted bool   `json:"excepted,omitempty"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
	Fixes    []Fix  `json:"fixes"`

	// Changes are what the object must become, as the rule says; plans are made of them.
	Changes []change.Change `json:"-"`
	// Unpatchable says why no patch of the live object makes the changes; empty where one does.
	Unpatchable string `json:"-"`
}

// Target names the object and the part of Airflow it belongs to.
type Target struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
	Component  string `json:"component,omitempty"`
}

// Fix is one way to close a finding.
type Fix struct {
	Kind      rule.FixKind `json:"kind"`
	Summary   string       `json:"summary"`
	ValuesKey string       `json:"valuesKey,omitempty"`
	// Value is what the key must hold; nil where somebody has to decide.
	Value any `json:"-"`
	// Writes says that the fix makes new objects, which generate patches writes; machine formats have it in the summary.
	Writes bool `json:"-"`
}

// ExceptionState says what became of an exception in this run.
type ExceptionState string

// An expired exception covers nothing, whether it would have or not.
const (
	Used    ExceptionState = "used"
	Unused  ExceptionState = "unused"
	Expired ExceptionState = "expired"
)

// Exception is one exception of the profile and what became of it.
type Exception struct {
	Rule    string         `json:"rule"`
	Scope   string         `json:"scope"`
	Reason  string         `json:"reason"`
	Owner   string         `json:"owner"`
	Expires string         `json:"expires"` // YYYY-MM-DD
	State   ExceptionState `json:"state"`
}

// Worst is the highest severity among findings that no exception covers; empty without any.
func (r *Report) Worst() rule.Severity {
	var worst rule.Severity
	for _, result := range r.Results {
		for _, f := range result.Findings {
			if !f.Excepted && f.Severity.Rank() > worst.Rank() {
				worst = f.Severity
			}
		}
	}
	return worst
}

// Incomplete says that a rule has no answer because something could not be read.
func (r *Report) Incomplete() bool {
	for _, result := range r.Results {
		if result.Incomplete {
			return true
		}
	}
	return false
}
