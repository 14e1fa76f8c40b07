package collect

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// policyTemplate reads a value of its own, one of the user's, and the toggle.
// It changes the values, as the official chart's workers do.
const policyTemplate = `{{ $size := .Values.sizes.web }}{{ $_ := set .Values.sizes "web" 1 }}{{ if .Values.networkPolicies.enabled }}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: {{ include "name" . }}-web, labels: {tier: {{ .Values.tier }}, size: "{{ $size }}"}}
spec:
  podSelector: {matchLabels: {component: web}}
  {{- with .Values.from }}
  ingress:
  - from: {{- toYaml . | nindent 4 }}
  {{- end }}
{{ end }}`

// storedRelease is a release whose chart makes the policy of policyTemplate, and
// includes a template of a subchart elsewhere, as charts do that wrap others.
func storedRelease(number int, config map[string]any, manifest string) map[string]any {
	r := releaseOf("af", number)
	file := func(name, text string) map[string]any {
		return map[string]any{"name": name, "data": base64.StdEncoding.EncodeToString([]byte(text))}
	}
	r["config"], r["manifest"] = config, manifest
	r["chart"] = map[string]any{
		"metadata": map[string]any{"name": "airflow", "version": "1.22.0", "home": "https://airflow.apache.org/",
			"dependencies": []any{map[string]any{"name": "postgresql", "version": "1", "condition": "postgresql.enabled"}}},
		"values": map[string]any{"networkPolicies": map[string]any{"enabled": false}, "sizes": map[string]any{"web": 1048576}, "tier": "airflow"},
		"templates": []any{
			file("templates/_names.tpl", `{{ define "name" }}{{ .Release.Name }}{{ end }}`),
			file("templates/web-policy.yaml", policyTemplate),
			file("templates/config.yaml", `{{ include "postgresql.fullname" . }}`),
			file("templates/NOTES.txt", `NetworkPolicy: {{ fail "notes" }}`),
		},
	}
	return r
}

const toggleOn = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: af-web, labels: {tier: airflow, size: '1048576'}}\nspec: {podSelector: {matchLabels: {component: web}}}\n"

func storedChart(t *testing.T, release map[string]any) (*StoredChart, error) {
	t.Helper()
	f := newFakeAPI(t, scheduler("team", "af"))
	f.addRecord("team", "af", 1, "deployed", packed(t, release))
	c := f.cluster()
	found, _, err := c.Releases(t.Context(), "team")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(t.Context(), found[0], 0); err != nil {
		t.Fatal(err)
	}
	return c.Chart(t.Context(), found[0], 0)
}

func on(extra map[string]any) map[string]any {
	return mergeValues(map[string]any{"networkPolicies": map[string]any{"enabled": true}}, extra)
}

func TestStoredChartRendersPolicies(t *testing.T) {
	s, err := storedChart(t, storedRelease(1, map[string]any{"fernetKey": canary}, "---\n# Source: airflow/charts/postgresql/templates/p.yaml\n"+strings.Replace(toggleOn, "af-web", "af-postgresql", 1)))
	if err != nil {
		t.Fatal(err)
	}
	if off, err := s.Policies(t.Context(), nil); err != nil || len(off) != 0 {
		t.Errorf("without the toggle: %v, %v", off, err)
	}
	overlay := on(map[string]any{"from": []any{map[string]any{"podSelector": map[string]any{"matchLabels": map[string]any{"component": "worker"}}}}})
	for range 2 { // rendering must not change the chart
		got, err := s.Policies(t.Context(), overlay)
		if err != nil || len(got) != 1 {
			t.Fatalf("%v, %v", got, err)
		}
		if text := fmt.Sprint(got[0].Ref, got[0].At("metadata", "labels"), got[0].At("spec", "ingress")); text != "networkpolicy/af-web map[size:1048576 tier:airflow] [map[from:[map[podSelector:map[matchLabels:map[component:worker]]]]]]" {
			t.Errorf("got %s", text)
		}
		if got[0].Namespace != "team" || got[0].Source != "airflow/templates/web-policy.yaml" {
			t.Errorf("got %s in %q from %q", got[0].Name, got[0].Namespace, got[0].Source)
		}
	}
}

func TestStoredChartWithItsToggleOn(t *testing.T) {
	manifest := "---\n# Source: airflow/templates/web-policy.yaml\n" + toggleOn
	if _, err := storedChart(t, storedRelease(1, on(nil), manifest)); err != nil {
		t.Error(err)
	}
}

func TestStoredChartThatCannotBeRendered(t *testing.T) {
	const cannot = "the stored chart cannot be rendered here: "
	broken := func(template string) map[string]any {
		r := storedRelease(1, map[string]any{"fernetKey": canary}, "")
		r["chart"].(map[string]any)["templates"] = []any{map[string]any{
			"name": "templates/p.yaml", "data": base64.StdEncoding.EncodeToString([]byte(template + "# NetworkPolicy")),
		}}
		return r
	}
	for _, c := range []struct {
		release map[string]any
		want    string
	}{
		{storedRelease(1, on(nil), ""), cannot + "it gives other NetworkPolicies than Helm installed; give --chart"},
		{storedRelease(1, nil, toggleOn), cannot + "it gives other NetworkPolicies than Helm installed; give --chart"},
		{storedRelease(1, on(nil), strings.Replace(toggleOn, "component: web", "component: worker", 1)), cannot + "it gives other NetworkPolicies than Helm installed; give --chart"},
		{broken(`{{ fail .Values.fernetKey }}`), cannot + "the chart: does not render (airflow/templates/p.yaml:1); give --chart"},
		{broken(`{{ include "postgresql.fullname" . }}`), cannot + `the chart: does not render (airflow/templates/p.yaml:1): error calling include: template: no template "postgresql.fullname" … with template; give --chart`},
		{broken("a: {{ .Values.fernetKey }}: b\n"), ""},
	} {
		_, err := storedChart(t, c.release)
		switch {
		case err == nil:
			t.Errorf("rendered; want %s", c.want)
		case strings.Contains(err.Error(), canary):
			t.Errorf("shows a value: %v", err)
		case c.want != "" && err.Error() != c.want:
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}

func TestStoredChartThatWasNotRead(t *testing.T) {
	f := newFakeAPI(t, scheduler("team", "af"))
	c := f.cluster()
	found, _, err := c.Releases(t.Context(), "team")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Chart(t.Context(), found[0], 0); err == nil || err.Error() != "the stored chart cannot be rendered here: Helm's record of it was not read; give --chart" {
		t.Errorf("got %v", err)
	}
	f.addRecord("team", "af", 1, "deployed", packed(t, storedRelease(1, nil, "")))
	c = f.cluster()
	if found, _, err = c.Releases(t.Context(), "team"); err != nil {
		t.Fatal(err)
	}
	f.refuse("secrets", http.StatusForbidden, "Forbidden")
	if _, err := c.Chart(t.Context(), found[0], 0); err == nil || err.Error() != "the stored chart cannot be rendered here: forbidden; give --chart" {
		t.Errorf("got %v", err)
	}
}
