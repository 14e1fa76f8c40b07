package cli

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/diff"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// fromProfile compares with what the whole plan makes of the release, in whatever form it is applied.
func (o *diffOptions) fromProfile(model *airflow.Model) (*diff.Diff, error) {
	wish := planWish{profile: o.profile, kinds: o.kinds, form: wholeForm}
	set, err := wish.make(model)
	if err != nil {
		return nil, err
	}
	unread := append(unanswered(set.Before, wish.rules()), unreadKinds(unread(model.Snapshot))...)
	slices.Sort(unread)
	var settings []plan.Setting
	if slices.Equal(o.kinds, planKinds) { // none of the kinds is about them
		settings = plan.Settings(set.Before, wish.rules())
	}
	return diff.OfProfile(diff.Profile{
		Settings: settings,
		Snapshot: model.Snapshot, Report: set.Before, Plan: set.Plan, Left: set.Proof.Left, Unread: unread,
		Note: func(s plan.Step) string { return stepNote(s, model.Snapshot.Offline()) },
	})
}

// stepNote says why no patch of the live object makes a step, or what undoes it; nothing is live offline.
func stepNote(s plan.Step, offline bool) string {
	switch {
	case s.Unpatchable != "":
		return s.Unpatchable
	case offline || s.Fate.Safe():
		return ""
	}
	return "set by a live patch, the next helm upgrade " + fateInWords(s.Fate)
}

// unanswered are the rules that have no answer because something could not be read.
func unanswered(report *check.Report, ids []string) []string {
	var out []string
	for _, result := range report.Results {
		if result.Incomplete && slices.Contains(ids, result.Rule) {
			out = append(out, result.Rule+": "+result.Reason)
		}
	}
	return out
}

func unreadKinds(list []snapshot.Coverage) []string {
	var out []string
	for _, c := range list {
		out = append(out, fmt.Sprintf("%s: %s", c.Kind, cmp.Or(c.Reason, string(c.State))))
	}
	return out
}
