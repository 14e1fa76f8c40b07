package rule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Severity is how bad a finding is by default.
type Severity string

// Severities, from mild to bad.
const (
	Low      Severity = "low"
	Medium   Severity = "medium"
	High     Severity = "high"
	Critical Severity = "critical"
)

// Severities are all of them, the worst first.
var Severities = []Severity{Critical, High, Medium, Low}

// Rank is 1 for low to 4 for critical, 0 for anything else.
func (s Severity) Rank() int {
	for i, known := range Severities {
		if s == known {
			return len(Severities) - i
		}
	}
	return 0
}

// Level is the mildest built-in profile that holds a rule.
type Level string

// Levels, each holding the one before.
const (
	Baseline   Level = "baseline"
	Restricted Level = "restricted"
	Paranoid   Level = "paranoid"
)

// Levels are all of them, the mildest first.
var Levels = []Level{Baseline, Restricted, Paranoid}

// Ref points from a rule to what others call the same thing. Edition is part
// of the name, because control numbers move between editions.
type Ref struct {
	Source string `json:"source"`        // "CIS Kubernetes Benchmark v1.12"
	ID     string `json:"id,omitempty"`  // "5.2.6"
	URL    string `json:"url,omitempty"` // a public page
}

// Rule is one thing that is true of a secure release.
type Rule struct {
	ID    string // AS101; never reused
	Slug  string // no-privilege-escalation
	Title string // a sentence that is true when the rule passes
	Why   string // what an attacker gains when it is not
	Fix   string // what to do, as an order
	// Severity of a finding that does not carry its own.
	Severity Severity
	Level    Level
	// FixKinds are the kinds of fix a finding offers: patch, values, manual.
	FixKinds []FixKind
	// Topics name the parts of a deployment the rule is about: Web, Sched, Work, Flower, DB, Redis, Sec, Cfg, Img, Chart, Git, K8s, Helm, App.
	Topics []string
	Refs   []Ref
	// Needs must have been read, or the rule cannot pass. Uses is evidence it also looks at where there is any.
	Needs []snapshot.Kind
	Uses  []snapshot.Kind
	Check func(*Pass)
}

// Evidence are the kinds that the rule needs and those that it uses beside them, each once.
func (r *Rule) Evidence() (needs, uses []snapshot.Kind) {
	for _, kind := range r.Needs {
		if !slices.Contains(needs, kind) {
			needs = append(needs, kind)
		}
	}
	for _, kind := range r.Uses {
		if !slices.Contains(needs, kind) && !slices.Contains(uses, kind) {
			uses = append(uses, kind)
		}
	}
	return needs, uses
}

var (
	idForm   = pattern.New(`^AS[1-9]\d{2}$`)
	slugForm = pattern.New(`^[a-z0-9]+(-[a-z0-9]+)*$`)
)

// Validate refuses a rule that is incomplete or malformed.
func (r *Rule) Validate() error {
	var bad []string
	need := func(ok bool, what string) {
		if !ok {
			bad = append(bad, what)
		}
	}
	need(idForm.MatchString(r.ID), "ID must look like AS101")
	need(slugForm.MatchString(r.Slug), "Slug must be lower-case words with dashes")
	need(r.Title != "" && !strings.HasSuffix(r.Title, "."), "Title must be a sentence without a full stop")
	need(len(r.Why) > 20, "Why must say what an attacker gains")
	need(len(r.Fix) > 10, "Fix must say what to do")
	need(r.Severity.Rank() > 0, "Severity is missing")
	need(r.Level == Baseline || r.Level == Restricted || r.Level == Paranoid, "Level is missing")
	need(len(r.FixKinds) > 0, "FixKinds is missing")
	need(len(r.Topics) > 0, "Topics is missing")
	need(len(r.Refs) > 0, "Refs is missing")
	need(r.Check != nil, "Check is missing")
	if len(bad) > 0 {
		return fmt.Errorf("rule %s: %s", r.ID, strings.Join(bad, "; "))
	}
	return nil
}
