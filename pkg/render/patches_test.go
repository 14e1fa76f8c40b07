package render_test

import (
	"bytes"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
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
	account := snapshot.Ref{APIVersion: "v1", Kind: "ServiceAccount", Namespace: "af", Name: "af-worker"}
	fact := verify.Fact{Rule: "AS104", Finding: check.Finding{Target: check.Target{APIVersion: ref.APIVersion, Kind: ref.Kind, Namespace: "af", Name: "worker", Component: "worker"}, Container: "worker", Path: "/spec", Message: "may be root"}}
	return &render.PatchSet{
		Model: airflow.New(&snapshot.Snapshot{Release: snapshot.Release{Name: "af", Namespace: "af"}}), Label: harden.ReleaseLabel("af"),
		Kinds: []string{"networkpolicy", "rbac", "pss"},
		Plan: &plan.Plan{Steps: []plan.Step{{
			Change: change.Change{Target: ref, Op: change.Set, Path: "/spec/x", Value: true}, Rules: []string{"AS104"}, Component: "worker", Container: "worker", ValuesKey: "a.b",
			Fate: plan.Fate{Owners: []string{"helm"}, SetByHelm: true, ByMerge: plan.Reverted, ByApply: plan.Conflicts, Release: plan.Reverted, Reason: "Helm sets it"},
		}}},
		Dropped: []plan.Dropped{{Step: plan.Step{
			Change: change.Change{Target: ref, Op: change.Remove, Path: "/spec/y"}, Rules: []string{"AS102"}, Fate: plan.Fate{ByMerge: plan.Mixed, ByApply: plan.Survives},
		}, Why: "nobody takes it away"}},
		Proof: &verify.PlanProof{
			Closed: []verify.Fact{fact}, Left: []plan.Left{{Rule: "AS104", Finding: fact.Finding, Reason: "Helm puts it back"}},
			Broken: []verify.Fact{fact}, New: []verify.Fact{fact}, Unknown: []string{"AS203"}, Cuts: []verify.Judged{{Flow: flow, Verdict: lost}},
		},
		Rights: &harden.RBACPlan{Notes: []string{"the provider's version is not known"}},
		Access: &verify.RightsProof{
			Needed: 2, Covered: 1,
			Missing:   []verify.Right{{Workload: ref, Component: "worker", Account: account, Namespace: "af", Rules: []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"get"}}}, Why: "tasks"}},
			Tokenless: []verify.Right{{Workload: ref, Account: account, Before: true}}, Beyond: []verify.Right{{Account: account, Role: ref}},
		},
		Admissions: []snapshot.Admission{
			{Ref: ref, Trial: "apply", Asked: true, Accepted: true, Warnings: []string{"soon gone"}}, {Ref: ref, Trial: "pod", Asked: true, Message: "violates PodSecurity"},
			{Ref: ref, Trial: "pod", Message: "this user may not ask"},
		},
		Objects: []map[string]any{{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": map[string]any{"name": "x"}}},
		Flows: &verify.NetworkProof{
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
	in := func(node any, path ...string) map[string]any {
		for _, key := range path {
			node = node.(map[string]any)[key]
			if list, ok := node.([]any); ok {
				node = list[0]
			}
		}
		return node.(map[string]any)
	}
	first := func(set map[string]any, list string) map[string]any { return in(set, "proof", "flows", list) }
	for name, change := range map[string]func(set map[string]any){
		"an unknown field":        func(set map[string]any) { set["extra"] = 1 },
		"no proof":                func(set map[string]any) { delete(set, "proof") },
		"a cut that says no why":  func(set map[string]any) { delete(first(set, "cut"), "why") },
		"an unknown demand":       func(set map[string]any) { first(set, "unread")["demand"] = "wished" },
		"ports that are not told": func(set map[string]any) { first(set, "open")["ports"] = nil },
		"an open end for ever":    func(set map[string]any) { delete(first(set, "open"), "close") },
		"a step of no rule":       func(set map[string]any) { in(set, "steps")["rules"] = []any{} },
		"an unknown fate":         func(set map[string]any) { in(set, "steps", "fate")["byMerge"] = "lost" },
		"a left finding of no":    func(set map[string]any) { delete(in(set, "left"), "rule") },
		"a right of nobody":       func(set map[string]any) { delete(in(set, "proof", "rights", "missing"), "account") },
		"an admission of nothing": func(set map[string]any) { delete(in(set, "proof", "admissions"), "target") },
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
		"The proof does NOT hold: replayed on a copy and checked again, 1 finding closed, 1 left.\n",
		"Still open, although the plan is made to close it: AS104 deployment/worker: may be root\n",
		"New after the plan: AS104 deployment/worker: may be root\n",
		"No answer any more after the plan: AS203\n",
		"Cut by the plan: worker → api:8080",
		"Left: AS104 on deployment/worker: Helm puts it back.\n",
		"The proof of the rights does NOT hold: 1 of 2 needs of the Kubernetes API are covered.\n",
		"Missing: deployment/worker as af-worker: tasks\n",
		"Without a token, as before: deployment/worker\n",
		"Note: the provider's version is not known\n",
		"Server-side dry run: the API server takes 1 of 3.\n",
		"Warning: deployment/worker: soon gone\n",
		"Refused: a pod of deployment/worker: violates PodSecurity\n",
		"Not asked: a pod of deployment/worker: this user may not ask\n",
		"The proof of the connections does NOT hold: 1 of 3 needed flows pass; of 2 other connections between Airflow's pods 1 are denied.",
		"Cut: worker → api:8080,8000-8010/UDP (required; every task fails): egress of worker to api on 8080\n",
		"Not decided: worker → api:8080,8000-8010/UDP (required; every task fails): nobody can tell\n",
		"Not read: worker → api (required; every task fails): nobody can tell\n",
		"Open wider than needed: worker → api: it has no name. To close: give it one.\n",
		"Closed: worker → api: it has no name. To close: give it one.\n",
		"Still open: worker → worker:8080, which nothing needs: policy all lets it in.\n",
		"Left as it is: deployment/worker",
		"No longer part of the set, and still in force: kubectl delete deployment -n af worker\n",
		"Not read: NetworkPolicy (forbidden) no rights\n",
		"other",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in\n%s", want, b.String())
		}
	}
}
