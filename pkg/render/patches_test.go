package render_test

import (
	"bytes"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

const patchSchema = "../../docs/schema/patch-set.json"

// everything is a set of patches about which there is all to say.
func everything() *render.PatchSet {
	ref := snapshot.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "af", Name: "worker"}
	worker := &airflow.Workload{Component: airflow.Worker, Ref: ref}
	port := airflow.Port{Number: 8080, Protocol: "TCP"}
	flow := airflow.Flow{
		ID: "execution-api", From: airflow.End{Workload: worker, Name: "worker"}, To: airflow.End{Place: airflow.Host, Name: "api"},
		Ports: []airflow.Port{port, {Number: 8000, End: 8010, Protocol: "UDP"}}, Demand: airflow.Required, Why: "every task fails",
	}
	anywhere := flow
	anywhere.Ports = nil
	lost := netpol.Verdict{State: netpol.Cut, Losses: []netpol.Loss{{From: "worker", To: "api", Port: port, Direction: netpol.Egress}}}
	unclear := netpol.Verdict{State: netpol.Unclear, Reason: "nobody can tell"}
	open := harden.Open{Flow: anywhere, Policy: "airflowsec-af-worker", Reason: "it has no name", Close: "give it one"}
	return &render.PatchSet{
		Model: airflow.New(&snapshot.Snapshot{Release: snapshot.Release{Name: "af", Namespace: "af"}}), Label: harden.ReleaseLabel("af"),
		Plan: harden.NetworkPlan{Policies: make([]harden.PlannedPolicy, 1)},
		Proof: verify.NetworkProof{
			Flows: 3, Kept: 1, Pairs: 2, Denied: 1,
			Cuts: []verify.Judged{{Flow: flow, Verdict: lost}}, Unclear: []verify.Judged{{Flow: flow, Verdict: unclear}}, Unread: []verify.Judged{{Flow: anywhere, Verdict: unclear}},
			StillOpen: []verify.Pair{{From: worker, To: worker, Port: port, Policy: "all"}}, Open: []harden.Open{open}, Closed: []harden.Open{open},
			Left: []*airflow.Workload{worker}, Beside: []verify.Beside{{Pod: airflow.Pod{Name: "other"}, Policies: []string{"airflowsec-af-task-pod"}}},
		},
		Stale: []snapshot.Ref{ref}, Unread: []snapshot.Coverage{{Kind: snapshot.NetworkPolicy, State: snapshot.Forbidden, Reason: "no rights"}},
	}
}

func printedPatches(t *testing.T, format render.Format) string {
	t.Helper()
	set := everything()
	set.Plan.Policies[0].APIVersion, set.Plan.Policies[0].Kind = "networking.k8s.io/v1", "NetworkPolicy"
	var b bytes.Buffer
	if err := render.Patches(&b, format, set); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestPatchSetKeepsItsSchema(t *testing.T) {
	schema := compile(t, patchSchema)
	if err := schema.Validate(parsed(t, printedPatches(t, render.JSON))); err != nil {
		t.Errorf("as JSON: %v", err)
	}
	asJSON, err := yaml.YAMLToJSONStrict([]byte(printedPatches(t, render.YAML)))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(parsed(t, string(asJSON))); err != nil {
		t.Errorf("as YAML: %v", err)
	}
}

// TestPatchSetSchemaRefuses makes sure that the schema says no to what a set never is.
func TestPatchSetSchemaRefuses(t *testing.T) {
	schema := compile(t, patchSchema)
	proof := func(set map[string]any) map[string]any { return set["proof"].(map[string]any) }
	first := func(set map[string]any, list string) map[string]any {
		return proof(set)[list].([]any)[0].(map[string]any)
	}
	for name, change := range map[string]func(set map[string]any){
		"an unknown field":        func(set map[string]any) { set["extra"] = 1 },
		"no proof":                func(set map[string]any) { delete(set, "proof") },
		"a cut that says no why":  func(set map[string]any) { delete(first(set, "cut"), "why") },
		"an unknown demand":       func(set map[string]any) { first(set, "unread")["demand"] = "wished" },
		"ports that are not told": func(set map[string]any) { first(set, "open")["ports"] = nil },
		"an open end for ever":    func(set map[string]any) { delete(first(set, "open"), "close") },
		"an object of no kind":    func(set map[string]any) { delete(set["objects"].([]any)[0].(map[string]any), "kind") },
	} {
		set := parsed(t, printedPatches(t, render.JSON)).(map[string]any)
		change(set)
		if schema.Validate(set) == nil {
			t.Errorf("the schema accepts %s", name)
		}
	}
}

// TestProofSaysEverything reads the summary that goes to standard error.
func TestProofSaysEverything(t *testing.T) {
	var b bytes.Buffer
	if err := render.Proof(&b, everything()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"The proof does NOT hold: 1 of 3 needed flows pass; of 2 other connections between Airflow's pods 1 are denied.",
		"Cut: worker → api:8080,8000-8010/UDP (required; every task fails): egress of worker to api on 8080\n",
		"Not decided: worker → api:8080,8000-8010/UDP (required; every task fails): nobody can tell\n",
		"Not read: worker → api (required; every task fails): nobody can tell\n",
		"Open wider than needed: worker → api: it has no name. To close: give it one.\n",
		"Closed: worker → api: it has no name. To close: give it one.\n",
		"Still open: worker → worker:8080, which nothing needs: policy all lets it in.\n",
		"Left as it is: deployment/worker",
		"No longer part of the set, and still in force: kubectl delete networkpolicy -n af worker\n",
		"Not read: NetworkPolicy (forbidden) no rights\n",
		"other",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}
