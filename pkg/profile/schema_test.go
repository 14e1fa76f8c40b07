package profile_test

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile("../../docs/schema/hardening-profile.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func value(t *testing.T, text string) any {
	t.Helper()
	asJSON, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(asJSON)))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSchemaAcceptsProfiles(t *testing.T) {
	s := schema(t)
	builtin, err := filepath.Glob("builtin/*.yaml")
	if err != nil || len(builtin) != 3 {
		t.Fatalf("built-in profiles: %v, %v", builtin, err)
	}
	texts := map[string]string{
		"acme": acme,
		"connections": peer(`egress: [{to: 10.1.0.0/16, host: db.example.com, why: w}, {to: app=vault, namespace: "*", ports: [8200, 53/UDP, 8000-8010], components: [worker, web], why: w},
			{namespace: vault, ports: [1], why: w}], ingressFrom: [{from: app=proxy, namespace: login, ports: ["8080"], components: [statsd], why: w}]`),
	}
	for _, file := range builtin {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = string(text)
	}
	for name, text := range texts {
		if err := s.Validate(value(t, text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := profile.Load("p.yaml", files{"p.yaml": texts["connections"]}.read, catalogue); err != nil {
		t.Error(err)
	}
}

func TestSchemaRefusesMistakes(t *testing.T) {
	s := schema(t)
	for name, text := range map[string]string{
		"an unknown field":       head + "spec: {ruels: []}\n",
		"an unknown top field":   head + "spec: {extends: baseline}\nstatus: {}\n",
		"another kind":           strings.Replace(acme, "HardeningProfile", "Profile", 1),
		"an exception no scope":  exception("rule: AS108, reason: r, owner: o, expires: 2027-03-31"),
		"an exception no owner":  exception("rule: AS108, component: broker, reason: r, expires: 2027-03-31"),
		"an exception no reason": exception("rule: AS108, component: broker, owner: o, expires: 2027-03-31"),
		"an exception no end":    exception("rule: AS108, component: broker, owner: o, reason: r"),
		"a bad date":             exception("rule: AS108, component: broker, owner: o, reason: r, expires: soon"),
		"a bad severity":         head + "spec: {extends: baseline, rules: [{id: AS101, severity: awful}]}\n",
		"an empty rule entry":    head + "spec: {extends: baseline, rules: [{id: AS101}]}\n",
		"an unknown parameter":   head + "spec: {extends: baseline, parameters: {registries: []}}\n",
		"a peer without why":     peer("egress: [{to: a, ports: [1]}]"),
		"a peer without ports":   peer("egress: [{to: a, why: w}]"),
		"a peer nowhere":         peer("egress: [{ports: [1], why: w}]"),
		"a peer of a bad port":   peer("egress: [{to: a, ports: [http], why: w}]"),
		"a peer in a bad place":  peer("egress: [{to: a=b, namespace: A_b, ports: [1], why: w}]"),
		"a peer of no component": peer("ingressFrom: [{from: a=b, components: [cache], why: w}]"),
		"a host that comes in":   peer("ingressFrom: [{from: a=b, host: a, why: w}]"),
	} {
		if s.Validate(value(t, text)) == nil {
			t.Errorf("the schema accepts %s", name)
		}
	}
}

// TestSchemaKnowsEveryFieldOfPeers keeps the schema's two kinds of connections and the Go type the same.
func TestSchemaKnowsEveryFieldOfPeers(t *testing.T) {
	text, err := os.ReadFile("../../docs/schema/hardening-profile.json")
	if err != nil {
		t.Fatal(err)
	}
	defs := value(t, string(text)).(map[string]any)["$defs"].(map[string]any)
	known := maps.Clone(defs["egress"].(map[string]any)["properties"].(map[string]any))
	maps.Copy(known, defs["ingressFrom"].(map[string]any)["properties"].(map[string]any))
	peer := reflect.TypeFor[airflow.Peer]()
	if peer.NumField() != len(known) {
		t.Errorf("the schema has %d fields, a peer %d", len(known), peer.NumField())
	}
	for i := range peer.NumField() {
		name, _, _ := strings.Cut(peer.Field(i).Tag.Get("json"), ",")
		if known[name] == nil {
			t.Errorf("the schema does not know the field %s", name)
		}
	}
}

// TestSchemaKnowsEveryParameter keeps the schema and the Go type the same.
func TestSchemaKnowsEveryParameter(t *testing.T) {
	text, err := os.ReadFile("../../docs/schema/hardening-profile.json")
	if err != nil {
		t.Fatal(err)
	}
	defs := value(t, string(text)).(map[string]any)["$defs"].(map[string]any)
	known := defs["parameters"].(map[string]any)["properties"].(map[string]any)
	parameters := reflect.TypeFor[rule.Parameters]()
	if parameters.NumField() != len(known) {
		t.Errorf("the schema has %d parameters, the profile %d", len(known), parameters.NumField())
	}
	for i := range parameters.NumField() {
		name, _, _ := strings.Cut(parameters.Field(i).Tag.Get("json"), ",")
		if known[name] == nil {
			t.Errorf("the schema does not know the parameter %s", name)
		}
	}
}
