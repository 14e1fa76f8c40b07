package cli

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/emit"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// asked are the changes of every kind that is wished.
func (w planWish) asked(set *render.PatchSet) (asked []plan.Asked, left []plan.Left) {
	if w.has(podKind) {
		asked, left = plan.Wanted(set.Before, without(kindRules[podKind], namespaceRule))
	}
	if w.has(networkKind) {
		asked = append(asked, w.policies(set)...)
	}
	if w.has(rbacKind) {
		asked = append(asked, w.rights(set)...)
	}
	return asked, left
}

func without(list []string, text string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return s == text })
}

// policies plans and proves the NetworkPolicies.
func (w planWish) policies(set *render.PatchSet) []plan.Asked {
	network := netpol.Of(set.Model)
	flows := w.flows(set.Model)
	planned := harden.Network(set.Model, network, flows, set.Label)
	proof := verify.Network(network, flows, planned)
	set.Network, set.Flows, set.Stale = &planned, &proof, planned.Stale(set.Model, set.Label)
	var out []plan.Asked
	for _, p := range planned.Policies {
		set.Comments[p.Ref().String()] = emit.Reasons(p)
		out = append(out, plan.Asked{
			Change: change.Change{Target: p.Ref(), Op: change.Put, Value: p.Content()}, Rule: "AS201", Component: string(p.Component),
		})
	}
	return out
}

func (w planWish) flows(m *airflow.Model) []airflow.Flow {
	return m.Flows(w.profile.Parameters.Declarations())
}

// labelNamespaces adds the labels of the namespaces, at the level that the pods reach with the other steps.
func (w planWish) labelNamespaces(set *render.PatchSet, steps *plan.Plan) error {
	after, err := verify.Replay(set.Model.Snapshot, steps.Changes())
	if err != nil {
		return err
	}
	levels, err := rules.NamespaceLabels(airflow.New(after, w.needs...), w.profile.Level, w.profile.Parameters.Namespaces...)
	if err != nil {
		return err
	}
	var asked []plan.Asked
	for _, level := range levels {
		for _, c := range level.Changes {
			asked = append(asked, plan.Asked{Change: c, Rule: namespaceRule})
		}
		for _, f := range findingsAbout(set.Before, namespaceRule, level.Target) {
			if level.Unknown != "" {
				steps.Left = append(steps.Left, plan.Left{Rule: namespaceRule, Finding: f, Reason: level.Unknown})
			} else if len(level.Below) > 0 {
				steps.Left = append(steps.Left, plan.Left{Rule: namespaceRule, Finding: f, Reason: "enforce stays at " + string(level.Enforce) + " until these pass more: " + belowInWords(level.Below)})
			}
		}
	}
	labels, err := plan.Of(asked, nil)
	if err != nil {
		return err
	}
	if err := labels.Foresee(set.Model.Snapshot); err != nil {
		return err
	}
	steps.Steps = append(steps.Steps, labels.Steps...)
	return nil
}

// belowInWords names the workloads; their own findings say what they lack.
func belowInWords(below []string) string {
	var out []string
	for _, clause := range below {
		name, _, _ := strings.Cut(clause, " ")
		out = append(out, name)
	}
	return strings.Join(out, ", ")
}

func findingsAbout(report *check.Report, id string, target snapshot.Ref) []check.Finding {
	var out []check.Finding
	for _, r := range report.Results {
		for _, f := range r.Findings {
			if r.Rule == id && f.Target.Kind == target.Kind && f.Target.Namespace == target.Namespace && f.Target.Name == target.Name {
				out = append(out, f)
			}
		}
	}
	return out
}

// rights plans accounts, roles and tokens.
func (w planWish) rights(set *render.PatchSet) []plan.Asked {
	planned := harden.RBAC(set.Model, w.rightsOptions(set))
	set.Rights, set.Stale = &planned, append(set.Stale, planned.Stale(set.Model, set.Label)...)
	for _, o := range planned.Objects {
		set.Comments[o.Ref().String()] = o.Why
	}
	var out []plan.Asked
	wanted := false
	for _, p := range planned.Proposed() {
		asked := plan.Asked{Change: p.Change, Rule: p.Rule, Component: p.Component, Container: p.Container, Unpatchable: p.Unpatchable}
		found := findingsAbout(set.Before, p.Rule, p.Closes())
		wanted = wanted || len(found) > 0
		for _, f := range found {
			asked.Fingerprint = f.Fingerprint
			out = append(out, asked)
		}
		if len(found) == 0 { // what others of the plan stand on
			out = append(out, asked)
		}
	}
	if !wanted { // what no finding of the profile asks for is not changed
		return nil
	}
	return out
}

func (w planWish) rightsOptions(set *render.PatchSet) harden.RBACOptions {
	return harden.RBACOptions{
		Functions: w.profile.Parameters.Functions, Namespaces: w.profile.Parameters.Namespaces, Label: set.Label,
		Keep:  func(rule string, target snapshot.Ref) bool { return isExcepted(set.Before, rule, target) },
		Found: func(rule string, target snapshot.Ref) bool { return len(findingsAbout(set.Before, rule, target)) > 0 },
	}
}

// isExcepted says that the profile leaves a finding as it is.
func isExcepted(report *check.Report, id string, target snapshot.Ref) bool {
	return slices.ContainsFunc(findingsAbout(report, id, target), func(f check.Finding) bool { return f.Excepted })
}
