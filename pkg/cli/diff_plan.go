package cli

import (
	"fmt"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/diff"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
)

// diffKinds are what --only may name.
func diffKinds() []string { return []string{"networkpolicy", "rbac", "pss"} }

// fromProfile compares with what the profile asks for.
func (o *diffOptions) fromProfile(model *airflow.Model) (*diff.Diff, error) {
	if err := refuse(model); err != nil {
		return nil, err
	}
	report, err := judge(model, rules.All(), o.profile)
	if err != nil {
		return nil, err
	}
	asked, left := plan.Wanted(report, []string{"AS101", "AS102", "AS103", "AS104", "AS105", "AS106", "AS107", "AS108", "AS109"})
	if slices.Contains(o.kinds, "networkpolicy") {
		network := netpol.Of(model)
		for _, p := range harden.Network(model, network, model.Flows(o.profile.Parameters.Declarations()), harden.ReleaseLabel(model.Release)).Policies {
			asked = append(asked, plan.Asked{Change: change.Change{Target: p.Ref(), Op: change.Put, Value: p.Content()}, Rule: "AS201", Component: string(p.Component)})
		}
	}
	whole, err := plan.Of(asked, left)
	if err != nil {
		return nil, err
	}
	return diff.OfProfile(diff.Profile{Snapshot: model.Snapshot, Report: report, Plan: whole})
}

// unanswered are the rules that have no answer because something could not be read.
func unanswered(report *check.Report, ids []string) []string {
	var out []string
	for _, result := range report.Results {
		if result.Incomplete && slices.Contains(ids, result.Rule) {
			out = append(out, fmt.Sprintf("%s: %s", result.Rule, result.Reason))
		}
	}
	return out
}
