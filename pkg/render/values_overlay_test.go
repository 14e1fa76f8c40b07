package render_test

import (
	"bytes"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

const valuesSchema = "../../docs/schema/values-overlay.json"

// wholeOverlay is an overlay about which there is all to say.
func wholeOverlay() *render.ValuesSet {
	const finger = "0123456789abcdef0123"
	ref := snapshot.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "af", Name: "worker"}
	flow := airflow.Flow{ID: "f", From: airflow.End{Name: "worker"}, To: airflow.End{Name: "api"}, Ports: []airflow.Port{{Number: 8080, Protocol: "TCP"}}, Demand: airflow.Required, Why: "tasks fail"}
	cut := verify.Judged{Flow: flow, Verdict: netpol.Verdict{State: netpol.Cut, Losses: []netpol.Loss{{From: "worker", To: "api", Port: flow.Ports[0], Direction: netpol.Ingress}}}}
	fact := verify.Fact{Rule: "AS103", Finding: check.Finding{
		Target:    check.Target{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "af", Name: "worker", Component: "worker"},
		Container: "worker", Message: "it may", Fingerprint: finger,
	}}
	right := verify.Right{Workload: ref, Component: airflow.Worker, Account: ref, Why: "it launches pods"}
	return &render.ValuesSet{
		Release: "af", Namespace: "af", Profile: "restricted", Untried: "it cannot be rendered", Renders: 7,
		Changes: []harden.ValuesChange{
			{Path: []string{"securityContexts", "pod"}, Value: map[string]any{"runAsNonRoot": true}, Rules: []string{"AS104"}, Why: "the pods", Fingerprints: []string{finger}},
			{Path: []string{"networkPolicies", "enabled"}, Value: true, Rules: []string{"AS201"}, Why: "the policies"},
		},
		Network: &verify.ValuesProof{
			Flows: 3, Kept: 1, On: []harden.Toggle{{Key: "on"}}, Untried: []harden.Toggle{{Key: "later"}},
			Refused: []verify.RefusedToggle{{Toggle: harden.Toggle{Key: "no"}, Cuts: []verify.Cut{{Judged: cut}}}, {Toggle: harden.Toggle{Key: "bad"}, Reason: "it does not render"}},
			Cuts:    []verify.Cut{{Judged: cut}}, Unclear: []verify.Judged{cut},
		},
		Overlay: &verify.OverlayProof{
			Closed: []verify.Fact{fact}, Broken: []verify.Fact{fact}, New: []verify.Fact{fact}, Cuts: []verify.Judged{cut},
			Left:         []verify.LeftFact{{Fact: fact, Key: "web.resources", Reason: "needs your decision"}, {Fact: fact, Reason: "no key"}},
			Strays:       []verify.Stray{{Target: ref, Component: "worker", Container: "worker", Message: "fsGroup was 0"}},
			DeniedBefore: 9, DeniedAfter: 1, Confirmed: []string{"a.b"}, Assumed: []string{"c.d"},
			Access: verify.RightsProof{Needed: 2, Covered: 1, Missing: []verify.Right{right}, Tokenless: []verify.Right{right}, Beyond: []verify.Right{right}},
		},
		Unread: []snapshot.Coverage{{Kind: snapshot.NetworkPolicy, State: snapshot.Forbidden, Reason: "no rights"}},
	}
}

func printedValues(t *testing.T, format render.Format, set *render.ValuesSet) string {
	t.Helper()
	var b bytes.Buffer
	if err := render.Values(&b, format, set); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestValuesOverlayKeepsItsSchema(t *testing.T) {
	schema := compile(t, valuesSchema)
	for name, set := range map[string]*render.ValuesSet{"whole": wholeOverlay(), "empty": {Release: "af", Namespace: "af", Profile: "restricted"}} {
		if err := schema.Validate(parsed(t, printedValues(t, render.JSON, set))); err != nil {
			t.Errorf("%s as JSON: %v", name, err)
		}
		asJSON, err := yaml.YAMLToJSONStrict([]byte(printedValues(t, render.YAML, set)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(parsed(t, string(asJSON))); err != nil {
			t.Errorf("%s as YAML: %v", name, err)
		}
	}
}

func TestValuesOverlaySchemaRefuses(t *testing.T) {
	schema := compile(t, valuesSchema)
	first := func(node any) map[string]any { return node.([]any)[0].(map[string]any) }
	for name, change := range map[string]func(set, proof map[string]any){
		"an unknown field":         func(set, _ map[string]any) { set["extra"] = 1 },
		"no proof":                 func(set, _ map[string]any) { delete(set, "proof") },
		"a key without a rule":     func(set, _ map[string]any) { first(set["keys"])["rules"] = []any{} },
		"a left finding of none":   func(set, _ map[string]any) { delete(first(set["left"]), "reason") },
		"a finding without a name": func(_, proof map[string]any) { delete(first(proof["new"]), "fingerprint") },
		"a stray of nothing":       func(_, proof map[string]any) { delete(first(proof["alsoChanged"]), "target") },
		"a count below nothing":    func(_, proof map[string]any) { proof["renders"] = -1 },
	} {
		set := parsed(t, printedValues(t, render.JSON, wholeOverlay())).(map[string]any)
		change(set, set["proof"].(map[string]any))
		if schema.Validate(set) == nil {
			t.Errorf("the schema accepts %s", name)
		}
	}
}

func TestOverlayProofSaysEverything(t *testing.T) {
	var b bytes.Buffer
	if err := render.OverlayProof(&b, wholeOverlay()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Not tried: values for Pod Security and rights: it cannot be rendered.\n",
		"The proof does NOT hold: the overlay closes 1 finding; Pod Security refuses 9 workloads before and 1 after. The chart was rendered 7 times.\n",
		"Claimed and still open: AS103 deployment/worker: it may\n", "New with these values: AS103 deployment/worker: it may\n",
		"Also changed: deployment/worker container worker: fsGroup was 0\n", "Cut by these values: worker → api:8080",
		"Missing: a right that deployment/worker needs: it launches pods\n", "Missing: a token that deployment/worker needs\n",
		"Not left out in a rendering, for there are too many: c.d\n",
		"Left: AS103 on deployment/worker container worker: needs your decision (web.resources)\n",
		"Left: AS103 on deployment/worker container worker: no key\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}
