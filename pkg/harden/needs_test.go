package harden_test

import (
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
)

const (
	needsHead = "apiVersion: airflowsec.io/v1alpha1\nkind: Needs\n"
	oneRule   = "rules: [{apiGroups: [sparkoperator.k8s.io], resources: [sparkapplications, sparkapplications/status], verbs: [create, get]}]"
)

func TestParseNeeds(t *testing.T) {
	got, err := harden.ParseNeeds("needs.yaml", []byte(needsHead+`
needs:
- why: SparkKubernetesOperator
  components: [workers, triggerer]
  namespaces: [spark]
  `+oneRule+`
- why: a password
  rules: [{apiGroups: [""], resources: [secrets], verbs: [get], resourceNames: [dag-password]}]
`))
	if err != nil || len(got) != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	if spark := got[0]; len(spark.Components) != 2 || spark.Components[0] != airflow.Worker || spark.Namespaces[0] != "spark" || len(spark.Rules) != 2 {
		t.Errorf("got %+v", spark)
	}
	if secret := got[1]; len(secret.Components) != 0 || secret.Rules[0].ResourceNames[0] != "dag-password" {
		t.Errorf("got %+v", secret)
	}
}

// mistakes are bad files: the text after the head, the error, and whether the schema sees it, too.
var mistakes = map[string]struct {
	text, want string
	bySchema   bool
}{
	"nothing":               {"", "needs.yaml:1: needs is missing", true},
	"an empty list":         {"needs: []", "needs.yaml:3: needs must be a list with at least one entry", true},
	"an unknown field":      {"needs:\n- why: w\n  rulez: []", "needs.yaml:5: needs[0].rulez is not a field of Needs", true},
	"a field twice":         {"needs:\n- why: w\n  why: v\n  " + oneRule, "needs.yaml:5: needs[0].why stands there twice", false},
	"no why":                {"needs:\n- " + oneRule, "needs.yaml:4: needs[0].why is missing", true},
	"no rules":              {"needs:\n- why: w", "needs.yaml:4: needs[0].rules is missing", true},
	"an unknown component":  {"needs:\n- why: w\n  components: [cache]\n  " + oneRule, `needs.yaml:5: needs[0].components[0] is "cache", which is no part`, true},
	"a store":               {"needs:\n- why: w\n  components: [database]\n  " + oneRule, `needs.yaml:5: needs[0].components[0] is "database"`, true},
	"a bad namespace":       {"needs:\n- why: w\n  namespaces: [A_b]\n  " + oneRule, `needs.yaml:5: needs[0].namespaces[0] is "A_b"`, true},
	"every verb":            {needWith(`apiGroups: [""], resources: [pods], verbs: ["*"]`), "needs.yaml:5: needs[0].rules[0].verbs[0] is a wildcard", true},
	"every resource":        {needWith(`apiGroups: [""], resources: ["*"], verbs: [get]`), "needs[0].rules[0].resources[0] is a wildcard", true},
	"every group":           {needWith(`apiGroups: ["*"], resources: [pods], verbs: [get]`), "needs[0].rules[0].apiGroups[0] is a wildcard", true},
	"every subresource":     {needWith(`apiGroups: [""], resources: ["pods/*"], verbs: [get]`), "needs[0].rules[0].resources[0] is a wildcard", true},
	"every Secret":          {needWith(`apiGroups: [""], resources: [configmaps, secrets], verbs: [create, list]`), "needs.yaml:5: needs[0].rules[0] may list every Secret of the namespace: give resourceNames", true},
	"roles":                 {needWith(`apiGroups: [rbac.authorization.k8s.io], resources: [roles], verbs: [create]`), "needs[0].rules[0] grants roles.rbac.authorization.k8s.io, by which", false},
	"tokens of others":      {needWith(`apiGroups: [""], resources: [serviceaccounts/token], verbs: [create]`), "grants serviceaccounts/token", false},
	"no verbs":              {needWith(`apiGroups: [""], resources: [pods]`), "needs.yaml:5: needs[0].rules[0].verbs is missing", true},
	"a number":              {needWith(`apiGroups: [1], resources: [pods], verbs: [get]`), "needs[0].rules[0].apiGroups[0] must be text", true},
	"paths":                 {needWith(`nonResourceURLs: [/metrics], verbs: [get]`), "needs[0].rules[0].nonResourceURLs is not a field of Needs", true},
	"a text for a list":     {"needs: all", "needs.yaml:3: needs must be a list", true},
	"an alias for a list":   {"needs: &a\n- why: w\n  rules: *a", "needs[0].rules must be a list", false},
	"a second document":     {"needs:\n- why: w\n  " + oneRule + "\n---\na: b", "needs.yaml: it must hold one document", false},
	"what is not YAML":      {"needs: [", "needs.yaml: it is not YAML", false},
	"a namespace for all":   {"needs:\n- why: w\n  namespaces: []\n  " + oneRule, "needs[0].namespaces must be a list with at least one entry", true},
	"a wildcard for a name": {needWith(`apiGroups: [""], resources: [secrets], verbs: [get], resourceNames: ["*"]`), "resourceNames[0] is a wildcard", true},
}

func needWith(rule string) string { return "needs:\n- why: w\n  rules: [{" + rule + "}]" }

func TestParseNeedsRefuses(t *testing.T) {
	s := needsSchema(t)
	for name, c := range mistakes {
		_, err := harden.ParseNeeds("needs.yaml", []byte(needsHead+c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
		if c.bySchema && s.Validate(needsValue(t, needsHead+c.text)) == nil {
			t.Errorf("the schema accepts %s", name)
		}
	}
	for name, text := range map[string]string{
		"apiVersion must be": "kind: Needs\n", "kind must be": "apiVersion: airflowsec.io/v1alpha1\nkind: Need\n",
		"the file is empty": " \n", "the file must hold fields": "[]",
	} {
		if _, err := harden.ParseNeeds("needs.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %q", err, name)
		}
	}
}

func needsSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile("../../docs/schema/needs.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func needsValue(t *testing.T, text string) any {
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

// TestNeedsSchemaKnowsEveryComponent keeps the schema and the parser the same.
func TestNeedsSchemaKnowsEveryComponent(t *testing.T) {
	s := needsSchema(t)
	for word := range airflow.ComponentWords() {
		text := needsHead + "needs:\n- why: w\n  components: [" + word + "]\n  " + oneRule
		_, err := harden.ParseNeeds("needs.yaml", []byte(text))
		if bySchema := s.Validate(needsValue(t, text)); (err == nil) != (bySchema == nil) {
			t.Errorf("%s: the parser says %v, the schema %v", word, err, bySchema)
		}
	}
}
