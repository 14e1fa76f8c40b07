package cli

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/emit"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// planWish says which plan to make.
type planWish struct {
	profile *profile.Profile
	kinds   []string // of planKinds
	label   *harden.Label
	needs   []airflow.DeclaredNeed
	// form says why a step should not stand in the form that is to be written; empty where it should.
	form func(plan.Step) string
	// unheld are the steps that the form cannot hold all the same; nil where it holds all.
	unheld func(emit.Form) ([]plan.Dropped, error)
}

// The kinds of changes, as --only names them.
const (
	networkKind = "networkpolicy"
	rbacKind    = "rbac"
	podKind     = "pss"
)

var planKinds = []string{networkKind, rbacKind, podKind}

// kindRules are the rules whose findings each kind closes.
var kindRules = map[string][]string{
	networkKind: {"AS201", "AS202", "AS203", "AS204", "AS205", "AS208", "AS209", "AS210", "AS211"},
	rbacKind:    {"AS301", "AS302", "AS303", "AS304", "AS305", "AS306", "AS307", "AS308", "AS309"},
	podKind:     {"AS101", "AS102", "AS103", "AS104", "AS105", "AS106", "AS107", "AS108", namespaceRule},
}

// namespaceRule asks for labels that depend on what the rest of a plan reaches.
const namespaceRule = "AS109"

// validKinds refuses words of --only that are no kind.
func validKinds(only []string) error {
	for _, kind := range only {
		if !slices.Contains(planKinds, kind) {
			return fmt.Errorf("--only %q: use %s", kind, strings.Join(planKinds, ", "))
		}
	}
	return nil
}

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
		if slices.ContainsFunc(s.Rules, func(id string) bool { return slices.Contains(kindRules[rbacKind], id) }) {
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
	if w.has(podKind) {
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
	if w.has(rbacKind) {
		rights := verify.Rights(set.Model, proof.After, w.rightsOptions(set))
		set.Access = &rights
	}
	return nil
}
