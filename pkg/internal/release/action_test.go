package release

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// action is what is read of action.yml.
type action struct {
	Inputs map[string]struct{ Default string }
	Runs   struct {
		Steps []struct {
			ID, Run string
			Env     map[string]string
		}
	}
}

func readAction(t *testing.T) action {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var a action
	if err := yaml.Unmarshal(text, &a); err != nil {
		t.Fatal(err)
	}
	return a
}

var inputName = regexp.MustCompile(`^\$\{\{ inputs\.([a-z-]+) \}\}$`)

// run does what a runner does with the action's first step, and returns what it printed and put out.
func (a action) run(t *testing.T, dir string, inputs map[string]string) (printed, outputs string, err error) {
	t.Helper()
	step := a.Runs.Steps[0]
	out := filepath.Join(t.TempDir(), "output")
	cmd := exec.Command("bash", "-e", "-c", step.Run)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GITHUB_ACTION_PATH="+root(t), "GITHUB_OUTPUT="+out, "GITHUB_STEP_SUMMARY="+filepath.Join(dir, "summary.md"), "XDG_CACHE_HOME="+t.TempDir())
	for name, value := range step.Env {
		input := inputName.FindStringSubmatch(value)
		if input == nil {
			t.Fatalf("%s is %s, which is no input alone", name, value)
		}
		given, found := inputs[input[1]]
		if !found {
			given = a.Inputs[input[1]].Default
		}
		cmd.Env = append(cmd.Env, name+"="+given)
	}
	text, err := cmd.CombinedOutput()
	put, _ := os.ReadFile(out)
	return string(text), string(put), err
}

// Every input reaches the script, and none is pasted into it, where it could be a command.
func TestActionPassesInputsAsVariables(t *testing.T) {
	a := readAction(t)
	step := a.Runs.Steps[0]
	if strings.Contains(step.Run, "${{") {
		t.Errorf("the script holds an expression: %s", step.Run)
	}
	used := []string{"upload"} // a condition of the step that follows
	for _, value := range step.Env {
		used = append(used, inputName.FindStringSubmatch(value)[1])
	}
	for name := range a.Inputs {
		if !slices.Contains(used, name) {
			t.Errorf("input %s reaches nothing", name)
		}
	}
}

func TestActionJudgesAChart(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the fake program is a shell script")
	}
	a, dir := readAction(t), t.TempDir()
	program := filepath.Join(dir, "fake")
	writeFile(t, program, "#!/bin/sh\nprintf '%s\\n' \"$@\" >>\"$(dirname \"$0\")/calls\"\necho '{\"version\": \"2.1.0\"}'\nexit ${FAKE_CODE:-0}\n")
	if err := os.Chmod(program, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("FAKE_CODE", "1")
	printed, outputs, err := a.run(t, dir, map[string]string{
		"program": program, "chart": "charts/my airflow", "values": "a.yaml\n\n  b c.yaml \n", "set": "x=$(touch pwned)", "args": "--keyring=k.gpg", "fail-on": "high",
	})
	if err != nil || outputs != "sarif=airflowsec.sarif\nexit-code=1\n" {
		t.Fatalf("%v, outputs %q, printed %s", err, outputs, printed)
	}
	calls, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	want := "check\n--chart=charts/my airflow\n--values=a.yaml\n--values=b c.yaml\n--set=x=$(touch pwned)\n--namespace=airflow\n--profile=restricted\n--fail-on=high\n--keyring=k.gpg\n--output=sarif\n--\nairflow\n"
	if !strings.HasPrefix(string(calls), want) {
		t.Errorf("called with\n%s\nwant\n%s", calls, want)
	}
	if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
		t.Error("an input was run as a command")
	}
	if summary, err := os.ReadFile(filepath.Join(dir, "summary.md")); err != nil || len(summary) == 0 {
		t.Errorf("no summary: %v", err)
	}

	t.Setenv("FAKE_CODE", "2")
	if _, outputs, err := a.run(t, dir, map[string]string{"program": program, "manifests": "m.yaml"}); err == nil || outputs != "" {
		t.Errorf("a check that did not run gives %v, outputs %q", err, outputs)
	}
	if _, err := os.Stat(filepath.Join(dir, "airflowsec.sarif")); err == nil {
		t.Error("a check that did not run leaves a SARIF file that looks complete")
	}
	for want, inputs := range map[string]map[string]string{
		"give chart or manifests":           {"program": program},
		"give chart or manifests, not both": {"program": program, "chart": "c", "manifests": "m"},
	} {
		if printed, _, err := a.run(t, dir, inputs); err == nil || !strings.Contains(printed, want) {
			t.Errorf("%v: %v, %s", inputs, err, printed)
		}
	}
}

// The real program through the real action, on a fixture chart.
func TestActionWithTheProgram(t *testing.T) {
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("builds the program; the fake one is tried above")
	}
	dir := t.TempDir()
	program, err := Build(t.Context(), root(t), t.TempDir(), host(), Stamp{Version: "0.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(dir, "prod.yaml"), "web:\n  service:\n    type: LoadBalancer\n")
	printed, outputs, err := readAction(t).run(t, dir, map[string]string{
		"program": program, "chart": filepath.Join(root(t), "testdata/charts/community"), "values": "prod.yaml",
	})
	if err != nil || !strings.Contains(outputs, "exit-code=1\n") {
		t.Fatalf("%v, outputs %q, printed %s", err, outputs, printed)
	}
	sarif, err := os.ReadFile(filepath.Join(dir, "airflowsec.sarif"))
	if err != nil || !strings.Contains(string(sarif), `"prod.yaml"`) {
		t.Errorf("the SARIF file names no values file (%v)", err)
	}
}
