package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/wire"
)

// wiredRules are those that a wiring is to pass. The last two ask for a manager,
// which plain Secrets are not.
var wiredRules = []string{"AS402", "AS403", "AS404", "AS405", "AS406", "AS407", "AS409", "AS413", "AS408", "AS415"}

const managerRules = 2

func (o *secretsOptions) model(s *snapshot.Snapshot) *airflow.Model { return airflow.New(s) }

// make plans the wiring and tries it.
func (o *secretsOptions) make(ctx context.Context, model *airflow.Model, r *rendition) (*render.WiringSet, error) {
	if err := refuse(model); err != nil {
		return nil, err
	}
	templated, err := o.templates(ctx, model, r)
	if err != nil {
		return nil, err
	}
	plan, err := wire.Make(model, r.keys, o.wiring, templated)
	if err != nil {
		return nil, err
	}
	set := &render.WiringSet{Plan: plan, Untried: r.partly, Unread: unreadPods(model.Snapshot)}
	if r.partly != "" {
		return set, nil
	}
	o.progress.show("Rendering the chart with the values")
	after, err := r.whole(ctx, harden.Overlay(plan.Changes))
	if err != nil {
		return nil, fmt.Errorf("the chart does not render with these values: %w", err)
	}
	set.Proof = wire.Prove(plan, model, airflow.New(after))
	set.Judged, err = o.judged(plan, after)
	return set, err
}

// unreadPods are the kinds that the wiring stands on and that were not read.
func unreadPods(s *snapshot.Snapshot) []snapshot.Coverage {
	return slices.DeleteFunc(unread(s), func(c snapshot.Coverage) bool { return !slices.Contains(snapshot.Workloads, c.Kind) })
}

// judged are the answers of the rules about secrets for the release with the objects of the plan.
func (o *secretsOptions) judged(plan *wire.Plan, after *snapshot.Snapshot) ([]check.Result, error) {
	wanted := wiredRules
	if plan.Options.Backend == wire.Kubernetes {
		wanted = wanted[:len(wanted)-managerRules]
	}
	some := slices.DeleteFunc(slices.Clone(rules.All()), func(rl *rule.Rule) bool { return !slices.Contains(wanted, rl.ID) })
	report, err := judge(airflow.New(plan.With(after)), some, o.profile)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(report.Results, func(r check.Result) bool { return !slices.Contains(wanted, r.Rule) }), nil
}

// templates says whether the chart renders the annotations of pods as
// templates: versions differ, and Vault's agent has templates of its own.
func (o *secretsOptions) templates(ctx context.Context, model *airflow.Model, r *rendition) (bool, error) {
	if o.wiring.Sync != wire.VaultAgent || model.Dialect != airflow.Official || r.partly != "" {
		return model.Dialect == airflow.Official, nil
	}
	const mark = "airflowsec.io/template"
	path := strings.Split(model.Reachable("airflowPodAnnotations"), ".")
	probe := harden.Overlay([]harden.ValuesChange{{Path: append(path, mark), Value: `{{ print "yes" }}`}})
	s, err := r.again(ctx, probe)
	if err != nil {
		return false, fmt.Errorf("the chart does not render with an annotation: %w", err)
	}
	return slices.ContainsFunc(airflow.New(s).Workloads, func(w *airflow.Workload) bool { return w.Meta.Annotations[mark] == "yes" }), nil
}
