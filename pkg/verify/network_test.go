package verify_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// planned is one release with the policies planned for it.
type planned struct {
	name    string
	model   *airflow.Model
	network *netpol.Network
	flows   []airflow.Flow
	plan    harden.NetworkPlan
}

func planFor(t testing.TB, path string) planned {
	t.Helper()
	m := airflow.New(read(t, path))
	p := planned{name: path, model: m, network: netpol.Of(m), flows: m.Flows(airflow.Declarations{})}
	p.plan = harden.Network(m, p.network, p.flows, harden.ReleaseLabel(m.Release))
	return p
}

func read(t testing.TB, path string) *snapshot.Snapshot {
	t.Helper()
	if strings.HasSuffix(path, "airflow.yaml") { // the sample is a snapshot
		file, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		s, err := collect.ReadSnapshot(file, path)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s, err := collect.FromFiles(context.Background(), collect.Files{Paths: []string{path}, Namespace: "airflow", Now: time.Unix(1_800_000_000, 0)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// releases are the sample and, where there is one, the corpus of rendered charts.
func releases(t testing.TB) map[string]string {
	out := map[string]string{"sample": filepath.Join("..", "..", "testdata", "sample", "airflow.yaml")}
	dir := os.Getenv("AIRFLOWSEC_CORPUS")
	if dir == "" {
		return out
	}
	found, err := filepath.Glob(filepath.Join(dir, "*", "*", "manifest.yaml"))
	if err != nil || len(found) == 0 {
		t.Fatalf("AIRFLOWSEC_CORPUS holds no manifests: %v", err)
	}
	for _, path := range found {
		folder := filepath.Dir(path)
		out[filepath.Base(filepath.Dir(folder))+"/"+filepath.Base(folder)] = path
	}
	return out
}

func eachRelease(t *testing.T, do func(t *testing.T, p planned)) {
	for name, path := range releases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			do(t, planFor(t, path))
		})
	}
}

// stores accept nobody but those who need them.
var stores = []airflow.Component{airflow.Database, airflow.PgBouncer, airflow.Broker}

func TestPlansKeepWhatIsNeededAndDenyTheRest(t *testing.T) {
	eachRelease(t, func(t *testing.T, p planned) {
		proof := verify.Network(p.network, p.flows, p.plan)
		for _, j := range append(proof.Cuts, proof.Unclear...) {
			t.Errorf("%s %s → %s %v is %s: %s %v", j.Flow.ID, j.Flow.From.Name, j.Flow.To.Name, j.Flow.Ports, j.Verdict.State, j.Verdict.Reason, j.Verdict.Losses)
		}
		if !proof.Holds() || proof.Flows < 10 {
			t.Errorf("%d of %d flows kept", proof.Kept, proof.Flows)
		}
		if proof.Pairs == 0 || proof.Denied*10 < proof.Pairs*9 {
			t.Errorf("%d of %d other pairs denied, wanted at least 90 %%", proof.Denied, proof.Pairs)
		}
		for _, pair := range proof.StillOpen {
			if slices.Contains(stores, pair.To.Component) {
				t.Errorf("%s still reaches %s on %s", pair.From.Component, pair.To.Component, pair.Port)
			}
		}
		for _, w := range proof.Left {
			if w.Component != airflow.Other {
				t.Errorf("%s has no policy", w.Ref)
			}
		}
	})
}

// TestEachRuleIsNeeded takes every rule away in turn: the proof must fail and name a flow.
func TestEachRuleIsNeeded(t *testing.T) {
	eachRelease(t, func(t *testing.T, p planned) {
		mutations := 0
		for i := range p.plan.Policies {
			spec := &p.plan.Policies[i].Spec
			for rule := range spec.Ingress {
				mutations++
				kept := spec.Ingress
				spec.Ingress = slices.Delete(slices.Clone(kept), rule, rule+1)
				mustFail(t, p, fmt.Sprintf("%s ingress[%d]", p.plan.Policies[i].Name, rule))
				spec.Ingress = kept
			}
			for rule := range spec.Egress {
				mutations++
				kept := spec.Egress
				spec.Egress = slices.Delete(slices.Clone(kept), rule, rule+1)
				mustFail(t, p, fmt.Sprintf("%s egress[%d]", p.plan.Policies[i].Name, rule))
				spec.Egress = kept
			}
		}
		if mutations < 10 {
			t.Errorf("only %d rules to take away", mutations)
		}
	})
}

func mustFail(t *testing.T, p planned, without string) {
	t.Helper()
	proof := verify.Network(p.network, p.flows, p.plan)
	if proof.Holds() {
		t.Errorf("the proof holds without %s", without)
	}
	for _, j := range proof.Cuts {
		if j.Flow.Why == "" || len(j.Verdict.Losses) == 0 {
			t.Errorf("without %s: flow %s is cut and nothing says where", without, j.Flow.ID)
		}
	}
}

// TestPlansAreTheSameEachTime compares two plans of one release.
func TestPlansAreTheSameEachTime(t *testing.T) {
	eachRelease(t, func(t *testing.T, p planned) {
		again := planFor(t, p.name)
		if a, b := policyNames(p.plan), policyNames(again.plan); a != b || fmt.Sprint(specs(p.plan)) != fmt.Sprint(specs(again.plan)) {
			t.Errorf("two plans differ:\n%s\n%s", a, b)
		}
	})
}

func specs(plan harden.NetworkPlan) []string {
	var out []string
	for _, p := range plan.Policies {
		out = append(out, p.Spec.String())
	}
	return out
}

func policyNames(plan harden.NetworkPlan) string {
	var out []string
	for _, p := range plan.Policies {
		out = append(out, p.Name)
	}
	return strings.Join(out, " ")
}
