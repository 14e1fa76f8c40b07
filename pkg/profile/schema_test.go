package profile_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"

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
	texts := map[string]string{"acme": acme}
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
		"a peer without why":     head + "spec: {extends: baseline, parameters: {egress: [{to: a}]}}\n",
	} {
		if s.Validate(value(t, text)) == nil {
			t.Errorf("the schema accepts %s", name)
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
