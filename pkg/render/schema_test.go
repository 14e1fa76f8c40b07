package render_test

import (
	"os"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

const reportSchema = "../../docs/schema/report.json"

func compile(t *testing.T, file string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func parsed(t *testing.T, text string) any {
	t.Helper()
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestReportsKeepTheirSchema(t *testing.T) {
	schema := compile(t, reportSchema)
	for name, reports := range map[string][]*check.Report{
		"one": {sample()}, "clean": {clean()}, "unreadable": {unreadable()}, "several": {sample(), clean()}, "none": nil,
	} {
		o := render.Options{Single: len(reports) == 1}
		if err := schema.Validate(parsed(t, printed(t, render.JSON, reports, o))); err != nil {
			t.Errorf("%s as JSON: %v", name, err)
		}
		asJSON, err := yaml.YAMLToJSONStrict([]byte(printed(t, render.YAML, reports, o)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(parsed(t, string(asJSON))); err != nil {
			t.Errorf("%s as YAML: %v", name, err)
		}
	}
}

// TestSchemaRefuses makes sure that the schema says no to what a Report never is.
func TestSchemaRefuses(t *testing.T) {
	schema := compile(t, reportSchema)
	for name, change := range map[string]func(report map[string]any){
		"an unknown field":         func(r map[string]any) { r["extra"] = 1 },
		"no results":               func(r map[string]any) { delete(r, "results") },
		"nothing evaluated":        func(r map[string]any) { r["evaluated"].(map[string]any)["workloads"] = 0 },
		"an unknown dialect":       func(r map[string]any) { r["release"].(map[string]any)["chart"].(map[string]any)["dialect"] = "bitnami" },
		"failed without a finding": func(r map[string]any) { r["results"].([]any)[1].(map[string]any)["findings"] = []any{} },
		"unknown without a reason": func(r map[string]any) { delete(r["results"].([]any)[5].(map[string]any), "reason") },
		"an unknown outcome":       func(r map[string]any) { r["results"].([]any)[0].(map[string]any)["outcome"] = "ok" },
		"a bad date":               func(r map[string]any) { r["exceptions"].([]any)[0].(map[string]any)["expires"] = "soon" },
	} {
		report := parsed(t, printed(t, render.JSON, []*check.Report{sample()}, render.Options{Single: true})).(map[string]any)
		change(report)
		if schema.Validate(report) == nil {
			t.Errorf("the schema accepts %s", name)
		}
	}
}

// TestProfileSchemaKnowsTheComponents keeps the schema's list and Airflow's the same.
func TestProfileSchemaKnowsTheComponents(t *testing.T) {
	schema := compile(t, "../../docs/schema/hardening-profile.json")
	const text = `{"apiVersion": "airflowsec.io/v1alpha1", "kind": "HardeningProfile", "metadata": {"name": "a"}, "spec": {"exceptions": [
		{"rule": "AS101", "component": "COMPONENT", "reason": "r", "owner": "o", "expires": "2027-01-01"}]}}`
	for word := range airflow.ComponentWords() {
		if err := schema.Validate(parsed(t, strings.Replace(text, "COMPONENT", word, 1))); err != nil {
			t.Errorf("the schema does not know the component %s", word)
		}
	}
	if schema.Validate(parsed(t, text)) == nil {
		t.Error("the schema takes any component")
	}
}

// TestSARIF checks what GitHub asks for, and the standard's own schema where
// AIRFLOWSEC_SARIF_SCHEMA names a copy of
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json.
func TestSARIF(t *testing.T) {
	files := []string{"testdata/sarif_github.json"}
	if official := os.Getenv("AIRFLOWSEC_SARIF_SCHEMA"); official != "" {
		files = append(files, official)
	}
	long := sample()
	long.Results[1].Doc = &rule.Rule{Why: strings.Repeat("é ", 2000), Fix: "Do it.", Topics: strings.Split("a b c d e f g h i j", " ")}
	for _, file := range files {
		schema := compile(t, file)
		for name, reports := range map[string][]*check.Report{
			"one": {sample()}, "several": {sample(), clean()}, "none": nil, "hostile": {hostile()}, "long": {long},
		} {
			for _, o := range []render.Options{{Tool: "v1.2.3"}, {Source: "my values.yaml"}, {Source: "/charts/a:b/values.yaml"}} {
				if err := schema.Validate(parsed(t, printed(t, render.SARIF, reports, o))); err != nil {
					t.Errorf("%s against %s: %v", name, file, err)
				}
			}
		}
	}
}

func TestSARIFPointsAtFiles(t *testing.T) {
	got := printed(t, render.SARIF, []*check.Report{sample()}, render.Options{})
	for _, want := range []string{`"uri": "deploy/manifest.yaml"`, `"startLine": 812`, `"uri": "cluster/airflow/secret/rel-metadata.yaml"`} {
		if !strings.Contains(got, want) {
			t.Errorf("the SARIF does not hold %s", want)
		}
	}
	got = printed(t, render.SARIF, []*check.Report{sample()}, render.Options{Source: "./charts/values.yaml"})
	if strings.Contains(got, "cluster/") || !strings.Contains(got, `"uri": "charts/values.yaml"`) {
		t.Error("findings of a chart do not point at its values")
	}
}
