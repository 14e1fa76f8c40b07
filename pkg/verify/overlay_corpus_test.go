package verify

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
)

// overlayRules are those that generate values closes.
var overlayRules = []string{
	"AS101", "AS102", "AS103", "AS104", "AS105", "AS106", "AS107",
	"AS301", "AS302", "AS303", "AS304", "AS305", "AS306", "AS307", "AS308", "AS309",
}

func judgeBy(list []string) func(*airflow.Model) (*check.Report, error) {
	catalogue := slices.DeleteFunc(slices.Clone(rules.All()), func(r *rule.Rule) bool { return !slices.Contains(list, r.ID) })
	return func(m *airflow.Model) (*check.Report, error) {
		return check.Run(m, catalogue, &profile.Profile{Name: "restricted", Level: rule.Restricted})
	}
}

// simulatedRun is an overlay for a model, as far as the catalogue goes.
func simulatedRun(t *testing.T, m *airflow.Model, keys harden.ChartKeys) *overlayRun {
	t.Helper()
	judge := judgeBy(overlayRules)
	report, err := judge(m)
	if err != nil {
		t.Fatal(err)
	}
	o := &overlayRun{reasons: map[string]string{}, OverlayTrial: OverlayTrial{Before: Before{Model: m, Report: report, Judge: judge, Rules: overlayRules}, Quick: judge, Keys: keys}}
	o.plan = harden.Values(m, o.wishes(), keys, nil)
	for _, left := range o.plan.Left {
		o.reasons[left.Fingerprint] = left.Reason
	}
	if err := o.simulate(); err != nil {
		t.Fatal(err)
	}
	return o
}

// TestOverlaysOfTheCorpusAreMinimal: for every rendered release the overlay
// does what it claims when the catalogue's word is taken, each key has an
// effect, and none can be left out.
func TestOverlaysOfTheCorpusAreMinimal(t *testing.T) {
	root := os.Getenv("AIRFLOWSEC_CORPUS")
	if root == "" {
		t.Skip("AIRFLOWSEC_CORPUS does not name the folder of rendered charts")
	}
	folders, err := filepath.Glob(filepath.Join(root, "*", "*", "manifest.yaml"))
	if err != nil || len(folders) < 60 {
		t.Fatalf("%d folders, %v", len(folders), err)
	}
	for _, file := range folders {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(filepath.Dir(dir))+"/"+filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			s, err := collect.FromFiles(context.Background(), collect.Files{Paths: []string{file}, Release: "rel", Namespace: "airflow"})
			if err != nil {
				t.Fatal(err)
			}
			values, err := os.ReadFile(filepath.Join(dir, "values.yaml"))
			if err != nil || yaml.Unmarshal(values, &s.Release.Values) != nil {
				t.Fatalf("its values cannot be read: %v", err)
			}
			o := simulatedRun(t, airflow.New(s), nil)
			o.expectMinimal(t)
			t.Logf("%d keys close %d findings of %d", len(o.plan.Leaves(o.changes)), len(o.claims), len(facts(o.Report)))
			for _, f := range facts(o.Report) {
				if !o.claims[f.Fingerprint] && o.reasons[f.Fingerprint] == "" {
					t.Errorf("left without a reason: %s %s %s %s", f.Rule, f.Target.Kind, f.Target.Name, f.Container)
				}
				if reason := o.reasons[f.Fingerprint]; strings.Contains(reason, "does not close it") {
					t.Errorf("%s %s %s: %s", f.Rule, f.Target.Name, f.Container, reason)
				}
			}
		})
	}
}

func (o *overlayRun) expectMinimal(t *testing.T) {
	t.Helper()
	if harm, err := o.simulatedHarm(o.changes); err != nil || len(harm) > 0 {
		t.Errorf("with the overlay: %v, %v", harm, err)
	}
	for _, leaf := range o.plan.Leaves(o.changes) {
		if len(leaf.Touches) == 0 {
			t.Errorf("%s reaches nothing", leaf.Key())
		}
		if harm, err := o.simulatedHarm(harden.Without(o.changes, leaf)); err != nil || len(harm) == 0 {
			t.Errorf("without %s nothing is lost, %v", leaf.Key(), err)
		}
	}
}
