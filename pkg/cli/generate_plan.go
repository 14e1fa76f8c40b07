package cli

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/emit"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// planWish says which plan to make.
type planWish struct {
	profile *profile.Profile
	kinds   []string // of patchKinds
	label   *harden.Label
	needs   []airflow.DeclaredNeed
	// form says why a step should not stand in the form that is to be written; empty where it should.
	form func(plan.Step) string
	// unheld are the steps that the form cannot hold all the same; nil where it holds all.
	unheld func(emit.Form) ([]plan.Dropped, error)
}

// The kinds of patches.
const (
	networkPatches = "networkpolicy"
	rbacPatches    = "rbac"
	podPatches     = "pss"
)

var patchKinds = []string{networkPatches, rbacPatches, podPatches}

// kindRules are the rules whose findings each kind of patches closes.
var kindRules = map[string][]string{
	networkPatches: {"AS201", "AS202", "AS203", "AS204", "AS205", "AS208", "AS209", "AS210", "AS211"},
	rbacPatches:    {"AS301", "AS302", "AS303", "AS304", "AS305", "AS306", "AS307", "AS308", "AS309"},
	podPatches:     {"AS101", "AS102", "AS103", "AS104", "AS105", "AS106", "AS107", "AS108", namespaceRule},
}

// namespaceRule asks for labels that depend on what the rest of a plan reaches.
const namespaceRule = "AS109"

func (w planWish) has(kind string) bool { return slices.Contains(w.kinds, kind) }

func (w planWish) rules() []string {
	var out []string
	for _, kind := range w.kinds {
		out = append(out, kindRules[kind]...)
	}
	return out
}

// make plans and proves.
func (w planWish) make(model *airflow.Model) (*render.PatchSet, error) {
	if err := plannable(model); err != nil {
		return nil, err
	}
	label := harden.ReleaseLabel(model.Release)
	if w.label != nil {
		label = *w.label
	}
	if wrong := validation.IsValidLabelValue(label.Value); len(wrong) > 0 {
		return nil, fmt.Errorf("the release's name is no value for a label: %s; give --prune-label", wrong[0])
	}
	report, err := judge(model, rules.All(), w.profile)
	if err != nil {
		return nil, err
	}
	set := &render.PatchSet{Model: model, Label: label, Kinds: w.kinds, Before: report, Comments: map[string][]string{}}
	asked, left := w.asked(set)
	whole, err := plan.Of(asked, left)
	if err != nil {
		return nil, err
	}
	return set, w.prove(set, whole)
}

// loadNeeds reads what the user declares that DAGs need; nothing for no file.
func loadNeeds(file string) ([]airflow.DeclaredNeed, error) {
	if file == "" {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return harden.ParseNeeds(file, text)
}

// plannable says why nothing can be planned for a release.
func plannable(model *airflow.Model) error {
	if err := refuse(model); err != nil {
		return err
	}
	network := netpol.Of(model)
	if len(network.Malformed) > 0 {
		return fmt.Errorf("%s does not fit Kubernetes' API, so what it allows cannot be told", network.Malformed[0].Ref)
	}
	if broken := network.Evaluator.Broken(); len(broken) > 0 {
		return fmt.Errorf("what a policy in force allows cannot be told: %w", broken[0])
	}
	return nil
}

// asked are the changes of every kind that is wished.
func (w planWish) asked(set *render.PatchSet) (asked []plan.Asked, left []plan.Left) {
	if w.has(podPatches) {
		asked, left = plan.Wanted(set.Before, without(kindRules[podPatches], namespaceRule))
	}
	if w.has(networkPatches) {
		asked = append(asked, w.policies(set)...)
	}
	if w.has(rbacPatches) {
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

// prove keeps what the form can hold and replays it. Changes of rights depend
// on each other: where those that the form holds would take away what is needed, none is made.
func (w planWish) prove(set *render.PatchSet, whole *plan.Plan) error {
	if err := whole.Foresee(set.Model.Snapshot); err != nil {
		return err
	}
	if err := w.replay(set, whole); err != nil || set.Access == nil || set.Access.Holds() {
		return err
	}
	form := w.form
	w.form = func(s plan.Step) string {
		if slices.ContainsFunc(s.Rules, func(id string) bool { return slices.Contains(kindRules[rbacPatches], id) }) {
			return cmp.Or(form(s), "this form cannot make all changes that the rights need together: use generate values or post-render")
		}
		return form(s)
	}
	return w.replay(set, whole)
}

func (w planWish) replay(set *render.PatchSet, whole *plan.Plan) error {
	steps, dropped, err := w.only(set, whole)
	if err != nil {
		return err
	}
	if w.has(podPatches) {
		if err := w.labelNamespaces(set, steps); err != nil {
			return err
		}
	}
	before := verify.Before{
		Model: set.Model, Report: set.Before, Rules: w.rules(), Flows: w.flows, Needs: w.needs,
		Judge: func(m *airflow.Model) (*check.Report, error) { return judge(m, rules.All(), w.profile) },
	}
	proof, err := verify.Plan(before, steps, func(f verify.Fact) string { return whyLeft(set, dropped, f) })
	if err != nil {
		return err
	}
	set.Plan, set.Dropped, set.Proof = steps, dropped, proof
	if w.has(rbacPatches) {
		rights := verify.Rights(set.Model, proof.After, w.rightsOptions(set))
		set.Access = &rights
	}
	return nil
}

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

// labelNamespaces adds the labels of the namespaces, at the level that the pods reach with the other steps.
func (w planWish) labelNamespaces(set *render.PatchSet, steps *plan.Plan) error {
	after, err := verify.Replay(set.Model.Snapshot, changesOf(steps))
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
			if len(level.Below) > 0 {
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

func changesOf(p *plan.Plan) []change.Change {
	out := make([]change.Change, len(p.Steps))
	for i, s := range p.Steps {
		out[i] = s.Change
	}
	return out
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
	words := map[plan.Outcome]string{
		plan.Survives: "keeps it", plan.Reverted: "puts it back", plan.Conflicts: "fails because of it",
		plan.Mixed: "mixes it into a pod that cannot start",
	}
	if out := cmp.Or(f.Release, f.ByMerge); f.ByMerge == f.ByApply || f.Release != "" && f.Release != plan.Survives {
		return words[out]
	}
	return words[f.ByMerge] + " with Helm 3 and " + words[f.ByApply] + " with Helm 4"
}
