package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// model is a snapshot's, with what was given beside it.
func (o *valuesOptions) model(s *snapshot.Snapshot) *airflow.Model {
	o.evidence.beside(s)
	return airflow.New(s, o.needs...)
}

// modelled is a way to render that gives a model.
func (o *valuesOptions) modelled(by func(context.Context, map[string]any) (*snapshot.Snapshot, error)) func(context.Context, map[string]any) (*airflow.Model, error) {
	return func(ctx context.Context, overlay map[string]any) (*airflow.Model, error) {
		s, err := by(ctx, overlay)
		if err != nil {
			return nil, err
		}
		return o.model(s), nil
	}
}

// make tries the chart's own NetworkPolicies, and then what closes the other findings.
func (o *valuesOptions) make(ctx context.Context, model *airflow.Model, r *rendition) (*render.ValuesSet, error) {
	if err := refuse(model); err != nil {
		return nil, err
	}
	if bad := netpol.Of(model).Malformed; len(bad) > 0 {
		return nil, fmt.Errorf("%s does not fit Kubernetes' API, so what it allows cannot be told", bad[0].Ref)
	}
	set := &render.ValuesSet{Release: model.Release, Namespace: model.Namespace, Profile: o.profile.Name, Unread: unread(model.Snapshot)}
	if slices.Contains(o.kinds, networkKind) {
		o.progress.show("Trying the chart's own NetworkPolicies")
		set.Network = o.tryToggles(ctx, model, r)
		set.Changes = set.Network.Changes
		if set.Network.Empty() && len(o.kinds) == 1 {
			return nil, noToggle(set.Network)
		}
	}
	if rules := o.rules(); len(rules) > 0 && r.partly == "" {
		trial, err := o.trial(model, r, rules, set.Changes)
		if err != nil {
			return nil, err
		}
		if set.Overlay, err = verify.Overlay(ctx, trial); err != nil {
			return nil, err
		}
		set.Changes = set.Overlay.Changes
	} else if len(rules) > 0 {
		set.Untried = r.partly
	}
	set.Changes, set.Renders = sortedChanges(set.Changes), r.renders()
	return set, ctx.Err()
}

// rules are those whose findings values close by themselves: for the network
// the chart's toggles are tried, and no chart labels its namespace.
func (o *valuesOptions) rules() []string {
	var out []string
	for _, kind := range without(o.kinds, networkKind) {
		out = append(out, without(kindRules[kind], namespaceRule)...)
	}
	return out
}

func (o *valuesOptions) flows(m *airflow.Model) []airflow.Flow {
	return m.Flows(o.profile.Parameters.Declarations())
}

func (o *valuesOptions) tryToggles(ctx context.Context, model *airflow.Model, r *rendition) *verify.ValuesProof {
	return verify.Values(verify.Release{
		Model: model, Flows: o.flows, Subcharts: r.subcharts,
		Render: func(overlay map[string]any) (*airflow.Model, error) { return o.modelled(r.again)(ctx, overlay) },
	}, harden.NetworkToggles(model, o.flows(model)))
}

func (o *valuesOptions) trial(model *airflow.Model, r *rendition, wanted []string, network []harden.ValuesChange) (t verify.OverlayTrial, err error) {
	all := rules.All()
	judges := func(list []*rule.Rule) func(*airflow.Model) (*check.Report, error) {
		return func(m *airflow.Model) (*check.Report, error) { return judge(m, list, o.profile) }
	}
	t = verify.OverlayTrial{
		Before: verify.Before{Model: model, Judge: judges(all), Flows: o.flows, Rules: wanted, Needs: o.needs},
		Others: o.everything, Render: o.modelled(r.again), Whole: o.modelled(r.whole), Keys: r.keys,
		Rights:  harden.RBACOptions{Functions: o.profile.Parameters.Functions, Namespaces: o.profile.Parameters.Namespaces},
		Network: network, Progress: o.progress.show,
	}
	if t.Report, err = t.Judge(model); err != nil {
		return t, err
	}
	t.Quick = judges(slices.DeleteFunc(slices.Clone(all), func(rl *rule.Rule) bool {
		return !slices.Contains(wanted, rl.ID) && !(o.everything && sets(t.Report, rl.ID))
	}))
	return t, nil
}

// sets says that a finding of a rule knows the value that closes it.
func sets(report *check.Report, id string) bool {
	knows := func(fix check.Fix) bool { return fix.Kind == rule.Values && fix.Value != nil }
	return slices.ContainsFunc(report.Results, func(r check.Result) bool {
		return r.Rule == id && slices.ContainsFunc(r.Findings, func(f check.Finding) bool { return slices.ContainsFunc(f.Fixes, knows) })
	})
}
