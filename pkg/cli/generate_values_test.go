package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// changedChart is the fixture of the official chart with one text of a file replaced.
func changedChart(t *testing.T, file, old, replacement string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "airflow")
	if err := os.CopyFS(dir, os.DirFS("../../testdata/charts/official")); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, file)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), old) {
		t.Fatalf("%s does not hold %q", file, old)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(text), old, replacement)), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func generateValues(t *testing.T, args ...string) (code int, out, errOut string) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	s, o, e := streams()
	code = Main(context.Background(), append([]string{"kubectl-airflowsec", "generate", "values", "af", "-n", "team", "--only", "networkpolicy"}, args...), s)
	return code, o.String(), e.String()
}

// In the charts 1.17 to 1.21 the workers' policy admits a webserver, which
// Airflow 3 does not have: the toggle would cut the api-server off the task logs.
func TestAToggleThatCutsANeededFlowStaysOff(t *testing.T) {
	chart := changedChart(t, "templates/policies.yaml", `"component" $web "release"`, `"component" "webserver" "release"`)
	code, out, errOut := generateValues(t, "--chart", chart)
	if code != exitFindings {
		t.Errorf("exit %d", code)
	}
	if strings.Contains(out, "networkPolicies") || strings.Contains(out, "apiServer") || !strings.Contains(out, "primaryAccessOnlyFrom") {
		t.Errorf("written:\n%s", out)
	}
	for _, want := range []string{
		"The proof holds for what is written, and not everything is: with these values 25 of 25 flows pass.\n",
		"Not turned on: networkPolicies.enabled, because it would cut what Airflow needs:\n",
		"  api-server → worker:8793 (required; without it logs of running tasks cannot be seen in the web UI): no rule of af-worker-policy lets it through\n",
		"  api-server → triggerer:8794 (required; without it logs of deferred tasks cannot be seen in the web UI): no rule of af-triggerer-policy lets it through\n",
	} {
		if !strings.Contains(errOut, want) {
			t.Errorf("%q is missing in\n%s", want, errOut)
		}
	}
	// On already, it is no worse with what lets the workers through, and the rest is said.
	code, out, errOut = generateValues(t, "--chart", chart, "--set", "networkPolicies.enabled=true")
	if code != exitFindings || !strings.Contains(out, "component: worker") || strings.Contains(out, "networkPolicies:") {
		t.Errorf("exit %d, written:\n%s", code, out)
	}
	if want := "Cut by policies that are there already: api-server → worker:8793"; !strings.Contains(errOut, "The proof does NOT hold") || !strings.Contains(errOut, want) {
		t.Errorf("%q is missing in\n%s", want, errOut)
	}
}

// Charts up to 1.18 have a toggle, but Airflow 2's names.
func TestAirflow2KeepsItsLogs(t *testing.T) {
	chart := changedChart(t, "templates/policies.yaml", `"component" $web "release"`, `"component" "webserver" "release"`)
	code, out, errOut := generateValues(t, "--chart", chart, "--set", "airflowVersion=2.9.3,images.airflow.tag=2.9.3")
	if code != exitClean || !strings.Contains(out, "networkPolicies:\n") {
		t.Errorf("exit %d, written:\n%s\n%s", code, out, errOut)
	}
}

// A fork's login proxy has a port of its own, and the values may name that one only.
func TestAPortThatTheValuesLeaveOutIsLetThrough(t *testing.T) {
	code, out, _ := generateValues(t, "--chart", "../../testdata/charts/official", "--set", "apiServer.networkPolicy.ingress.ports[0].port=9999")
	for _, want := range []string{"port: 9999", "port: 8080", "component: worker"} {
		if code != exitClean || !strings.Contains(out, want) {
			t.Errorf("exit %d, %q is missing in\n%s", code, want, out)
		}
	}
}

// A schema that refuses the key is a reason, not the end.
func TestAToggleThatDoesNotRender(t *testing.T) {
	chart := changedChart(t, "values.schema.json", `"executor": {`, `"networkPolicies": {"type": "object", "properties": {"enabled": {"enum": [false]}}}, "executor": {`)
	code, out, errOut := generateValues(t, "--chart", chart)
	if want := "Not turned on: networkPolicies.enabled: " + chart + ": refuses the values: "; code != exitFindings || !strings.Contains(errOut, want) {
		t.Errorf("exit %d, %q is missing in\n%s", code, want, errOut)
	}
	if !strings.Contains(out, "primaryAccessOnlyFrom") {
		t.Errorf("written:\n%s", out)
	}
}
