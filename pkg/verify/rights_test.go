package verify_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// declarations are what a profile may say of what DAGs do.
var declarations = map[string]rule.Parameters{
	"nothing declared": {},
	"pod operators":    {Functions: []airflow.Function{airflow.PodOperator, airflow.PodOperatorDeferrable, airflow.PodOperatorXCom}},
	"two namespaces":   {Functions: []airflow.Function{airflow.PodOperator, airflow.JobOperator}, Namespaces: []string{"airflow", "jobs"}},
}

func rightsOptions(m *airflow.Model, p rule.Parameters) harden.RBACOptions {
	return harden.RBACOptions{Functions: p.Functions, Namespaces: p.Namespaces, Label: harden.ReleaseLabel(m.Release)}
}

// merged is the plan as the command would make it.
func merged(t testing.TB, p harden.RBACPlan) *plan.Plan {
	t.Helper()
	var asked []plan.Asked
	for _, c := range p.Proposed() {
		asked = append(asked, plan.Asked{Change: c.Change, Rule: c.Rule, Component: c.Component, Container: c.Container, Unpatchable: c.Unpatchable})
	}
	out, err := plan.Of(asked, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func replayed(t testing.TB, m *airflow.Model, p *plan.Plan) *airflow.Model {
	t.Helper()
	var changes []change.Change
	for _, s := range p.Steps {
		changes = append(changes, s.Change)
	}
	after, err := verify.Replay(m.Snapshot, changes)
	if err != nil {
		t.Fatal(err)
	}
	return airflow.New(after)
}

func rightsFindings(t testing.TB, m *airflow.Model, parameters rule.Parameters) []check.Finding {
	t.Helper()
	judged := slices.DeleteFunc(rules.All(), func(r *rule.Rule) bool { return r.ID < "AS301" || r.ID > "AS309" })
	report, err := check.Run(m, judged, &profile.Profile{Name: "rights", Level: rule.Paranoid, Parameters: parameters})
	if err != nil {
		t.Fatal(err)
	}
	var out []check.Finding
	for _, r := range report.Results {
		for _, f := range r.Findings {
			f.Message = r.Rule + " " + f.Message
			out = append(out, f)
		}
	}
	return out
}

// TestRightsPlans: a plan closes what it does not say it leaves, keeps what is
// needed, grants nothing beyond, and made twice is empty.
func TestRightsPlans(t *testing.T) {
	for name, path := range releases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := read(t, path)
			for words, parameters := range declarations {
				t.Run(words, func(t *testing.T) { rightsPlan(t, airflow.New(s), parameters) })
			}
		})
	}
}

func rightsPlan(t *testing.T, m *airflow.Model, parameters rule.Parameters) {
	options := rightsOptions(m, parameters)
	findings := rightsFindings(t, m, parameters)
	options.Found = func(rule string, target snapshot.Ref) bool {
		return slices.ContainsFunc(findings, func(f check.Finding) bool { return strings.HasPrefix(f.Message, rule+" ") && refOf(f).Same(target) })
	}
	p := harden.RBAC(m, options)
	if again := harden.RBAC(m, options); !reflect.DeepEqual(p.Proposed(), again.Proposed()) || !reflect.DeepEqual(p.Left, again.Left) {
		t.Error("the same release gives another plan")
	}
	after := replayed(t, m, merged(t, p))
	for _, f := range rightsFindings(t, after, parameters) {
		id, _, _ := strings.Cut(f.Message, " ")
		if reason, left := p.Leaves(id, refOf(f)); !left || reason == "" {
			t.Errorf("%s %s is neither closed nor left", refOf(f), f.Message)
		}
	}
	proof := verify.Rights(m, after, options)
	for _, r := range slices.Concat(proof.Missing, proof.Tokenless) {
		t.Errorf("%s lacks %v in %s (%s), before: %t", r.Workload, r.Rules, r.Namespace, r.Why, r.Before)
	}
	for _, r := range proof.Beyond {
		if _, left := p.Leaves("AS302", r.Role); !left {
			t.Errorf("%s still grants %s %v", r.Role, r.Account, r.Rules)
		}
	}
	options.Found = nil
	if next := harden.RBAC(after, options); len(next.Proposed()) > 0 || len(next.Stale(after, options.Label)) > 0 {
		t.Errorf("a plan on the hardened release is not empty: %v", summary(next))
	}
}

func summary(p harden.RBACPlan) []string {
	var out []string
	for _, c := range p.Proposed() {
		out = append(out, fmt.Sprintf("%s %s%s", c.Rule, c.Target, c.Path))
	}
	return out
}

func refOf(f check.Finding) snapshot.Ref {
	return snapshot.Ref{APIVersion: f.Target.APIVersion, Kind: f.Target.Kind, Namespace: f.Target.Namespace, Name: f.Target.Name}
}
