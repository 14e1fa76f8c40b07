package render_test

import (
	"bytes"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/wire"
)

const wiringSchema = "../../docs/schema/secrets-wiring.json"

// wholeWiring is a wiring about which there is all to say.
func wholeWiring() *render.WiringSet {
	secret := wire.Now{Via: wire.InSecret, Ref: snapshot.Ref{APIVersion: "v1", Kind: "Secret", Namespace: "team", Name: "af-fernet-key"}, Key: "fernet-key"}
	return &render.WiringSet{
		Plan: &wire.Plan{
			Options: wire.Options{Backend: wire.Vault, Sync: wire.ExternalSecrets, VaultMount: "secret", Prefix: "airflow"},
			Release: "af", Namespace: "team", Exec: "deployment/af-scheduler", Container: "scheduler",
			Changes: []harden.ValuesChange{{Path: []string{"fernetKeySecretName"}, Value: "af-managed-fernet-key", Rules: []string{"AS402"}, Why: "taken from this Secret"}},
			Objects: []wire.Object{{Value: map[string]any{"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": map[string]any{"name": "x"}}, Why: "keeps it"}},
			Items: []wire.Item{
				{Name: "fernet-key", What: "the Fernet key", Carrier: wire.BySecret, Secret: "af-managed-fernet-key", Data: []wire.Datum{{Key: "fernet-key", Now: secret, There: wire.There{Name: "airflow/team/af/fernet-key", Field: "value"}}}},
				{Name: "connections/a", What: "connection a", Carrier: wire.ByBackend, Data: []wire.Datum{{Now: wire.Now{Via: wire.InConnection, Name: "a"}, There: wire.There{Name: "airflow/team/af/connections/a", Field: "conn_uri"}}}},
				{Name: "token", What: "variable TOKEN", Carrier: wire.ByPlain, Secret: "af-managed-token", Data: []wire.Datum{{Key: "value", Now: wire.Now{Via: wire.InEnvironment, Name: "TOKEN"}}}},
			},
			Left:  []wire.Left{{Key: "extraSecrets", Reason: "make them"}, {Reason: "these pods mount no token"}},
			Notes: []string{"Users are not moved."},
		},
		Proof:  &wire.Proof{Wired: 3, Broken: []string{"extraSecrets: make them"}},
		Judged: []check.Result{{Rule: "AS402", Outcome: rule.Failed, Findings: []check.Finding{{Target: check.Target{Kind: "Release", Name: "af"}, Message: "it holds a password"}}}, {Rule: "AS405", Outcome: rule.Unknown, Reason: "not read"}, {Rule: "AS404", Outcome: rule.Passed}},
		Unread: []snapshot.Coverage{{Kind: snapshot.NetworkPolicy, State: snapshot.Forbidden, Reason: "no rights"}},
	}
}

func printedWiring(t *testing.T, format render.Format, set *render.WiringSet) string {
	t.Helper()
	var b bytes.Buffer
	if err := render.Wiring(&b, format, set); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestWiringKeepsItsSchema(t *testing.T) {
	schema := compile(t, wiringSchema)
	untried := &render.WiringSet{Plan: &wire.Plan{Options: wire.Options{Backend: wire.Kubernetes}, Release: "af", Namespace: "team"}, Untried: "there is no chart"}
	for name, set := range map[string]*render.WiringSet{"whole": wholeWiring(), "untried": untried} {
		if err := schema.Validate(parsed(t, printedWiring(t, render.JSON, set))); err != nil {
			t.Errorf("%s as JSON: %v", name, err)
		}
		asJSON, err := yaml.YAMLToJSONStrict([]byte(printedWiring(t, render.YAML, set)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(parsed(t, string(asJSON))); err != nil {
			t.Errorf("%s as YAML: %v", name, err)
		}
	}
}

func TestWiringSchemaRefuses(t *testing.T) {
	schema := compile(t, wiringSchema)
	for name, change := range map[string]func(map[string]any){
		"an unknown field":    func(d map[string]any) { d["extra"] = 1 },
		"an unknown backend":  func(d map[string]any) { d["backend"] = "consul" },
		"no proof":            func(d map[string]any) { delete(d, "proof") },
		"a move without read": func(d map[string]any) { delete(d["moves"].([]any)[0].(map[string]any), "read") },
		"an unknown carrier":  func(d map[string]any) { d["items"].([]any)[0].(map[string]any)["carrier"] = "pigeon" },
	} {
		doc := parsed(t, printedWiring(t, render.JSON, wholeWiring())).(map[string]any)
		change(doc)
		if schema.Validate(doc) == nil {
			t.Errorf("the schema accepts %s", name)
		}
	}
}

func TestWiringProofSaysWhatIsLeft(t *testing.T) {
	var b bytes.Buffer
	if err := render.WiringProof(&b, wholeWiring()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"The proof does NOT hold: 2 things to see to.\n", "Not wired: extraSecrets: make them\n", "Still open: AS402 on release/af: it holds a password\n",
		"Passed with these values: AS404\n", "Cannot be told before the Secrets are there: AS405\n", "Note: Users are not moved.\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, b.String())
		}
	}
}
