package check

import (
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// exceptions keeps count of what each exception of a profile covered.
type exceptions struct {
	with *profile.Profile
	now  time.Time
	used []bool
}

func newExceptions(with *profile.Profile, now time.Time) *exceptions {
	return &exceptions{with: with, now: now, used: make([]bool, len(with.Exceptions))}
}

// cover says whether an exception in force covers the finding, and marks all that do as used.
func (e *exceptions) cover(id string, f rule.Finding) bool {
	if e.with.IsMandatory(id) {
		return false
	}
	covered := false
	for i, exception := range e.with.Exceptions {
		if !exception.Expired(e.now) && exception.Covers(id, f) {
			e.used[i] = true
			covered = true
		}
	}
	return covered
}

func (e *exceptions) states() []Exception {
	out := []Exception{}
	for i, exception := range e.with.Exceptions {
		state := Unused
		switch {
		case exception.Expired(e.now):
			state = Expired
		case e.used[i]:
			state = Used
		}
		out = append(out, Exception{
			Rule: exception.Rule, Scope: exception.Scope(), Reason: exception.Reason, Owner: exception.Owner,
			Expires: exception.Expires.Format(time.DateOnly), State: state,
		})
	}
	return out
}
