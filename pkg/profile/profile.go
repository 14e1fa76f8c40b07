// Package profile says which rules count, how much, with which parameters,
// and which findings somebody has accepted, by whom and until when.
package profile

import (
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// Profile is a resolved hardening profile: everything it extends is already in it.
type Profile struct {
	Name string
	// Level is the built-in profile at the bottom: it decides which Pod Security level is asked for.
	Level rule.Level
	// Off are the rules switched off, by ID.
	Off map[string]bool
	// On are rules of a higher level switched on, by ID.
	On map[string]bool
	// Severity replaces a rule's own, by ID.
	Severity   map[string]rule.Severity
	Mandatory  []string
	Parameters rule.Parameters
	Exceptions []Exception
}

// Exception accepts the findings of one rule in one place until a day.
type Exception struct {
	Rule      string
	Component string
	Container string
	// Kind and Name pick one object; both empty means any.
	Kind, Name string
	Reason     string
	Owner      string
	// Expires is the last day the exception holds, UTC.
	Expires time.Time
}

// Covers says whether the exception's scope holds a finding. It does not look at the day.
func (e Exception) Covers(id string, f rule.Finding) bool {
	return e.Rule == id &&
		(e.Component == "" || e.Component == f.Component) &&
		(e.Container == "" || e.Container == f.Container) &&
		(e.Kind == "" || e.Kind == f.Target.Kind) &&
		(e.Name == "" || e.Name == f.Target.Name)
}

// Expired says whether the exception's last day lies before now.
func (e Exception) Expired(now time.Time) bool {
	return now.UTC().After(e.Expires.AddDate(0, 0, 1).Add(-time.Nanosecond))
}

// Scope is the exception's place in words: "component=redis, container=redis".
func (e Exception) Scope() string {
	text := ""
	for _, part := range [][2]string{{"component", e.Component}, {"container", e.Container}, {"kind", e.Kind}, {"name", e.Name}} {
		if part[1] == "" {
			continue
		}
		if text != "" {
			text += ", "
		}
		text += part[0] + "=" + part[1]
	}
	return text
}

// Has says whether a rule counts in this profile.
func (p *Profile) Has(r *rule.Rule) bool {
	if p.Off[r.ID] {
		return false
	}
	return p.On[r.ID] || holds(p.Level, r.Level)
}

// holds says whether a profile of one level has the rules of another.
func holds(profile, of rule.Level) bool {
	for _, l := range rule.Levels {
		if l == of {
			return true
		}
		if l == profile {
			return false
		}
	}
	return false
}

// IsMandatory says that no exception may silence a rule.
func (p *Profile) IsMandatory(id string) bool {
	for _, m := range p.Mandatory {
		if m == id {
			return true
		}
	}
	return false
}

// SeverityOf is the severity of a finding of r here: the profile's, else the finding's own, else the rule's.
func (p *Profile) SeverityOf(r *rule.Rule, f rule.Finding) rule.Severity {
	if s, set := p.Severity[r.ID]; set {
		return s
	}
	if f.Severity != "" {
		return f.Severity
	}
	return r.Severity
}
