package cli

import (
	"cmp"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/emit"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// only is what the form can hold of a plan.
func (w planWish) only(set *render.PatchSet, whole *plan.Plan) (*plan.Plan, []plan.Dropped, error) {
	steps, dropped := whole.Only(w.form)
	if w.unheld == nil {
		return steps, dropped, nil
	}
	left, err := w.unheld(emit.Form{Snapshot: set.Model.Snapshot, Plan: steps})
	if err != nil || len(left) == 0 {
		return steps, dropped, err
	}
	steps, dropped = whole.Only(func(s plan.Step) string {
		for _, d := range left {
			if d.Target.Same(s.Target) && d.Path == s.Path {
				return d.Why
			}
		}
		return w.form(s)
	})
	return steps, dropped, nil
}

// whyLeft says why the set does not close a finding; empty where it should.
func whyLeft(set *render.PatchSet, dropped []plan.Dropped, f verify.Fact) string {
	for _, d := range dropped {
		if slices.Contains(d.Fingerprints, f.Fingerprint) {
			return d.Why
		}
	}
	if set.Rights != nil {
		t := f.Target
		reason, _ := set.Rights.Leaves(f.Rule, snapshot.Ref{APIVersion: t.APIVersion, Kind: t.Kind, Namespace: t.Namespace, Name: t.Name})
		return reason
	}
	return ""
}

// The forms. A live patch makes only what the API server takes in place; what
// the next upgrade undoes goes to values or post-render, unless it is asked for.
func liveForm(s plan.Step) string {
	if s.Unpatchable != "" {
		return s.Unpatchable
	}
	if !s.Fate.Safe() {
		return "the next helm upgrade " + fateInWords(s.Fate)
	}
	return ""
}

func liveOnlyForm(s plan.Step) string { return s.Unpatchable }

func wholeForm(plan.Step) string { return "" }

// fateInWords is what the next upgrade does, for the method that the release's record asks for, or for both.
func fateInWords(f plan.Fate) string {
	if out := cmp.Or(f.Release, f.ByMerge); f.ByMerge == f.ByApply || f.Release != "" && f.Release != plan.Survives {
		return out.Words()
	}
	return f.ByMerge.Words() + " with Helm 3 and " + f.ByApply.Words() + " with Helm 4"
}
