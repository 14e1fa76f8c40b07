package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/release"
)

// program is the plugin itself, built as a release builds it.
type program struct {
	t    *testing.T
	path string
	env  []string
}

func newProgram(t *testing.T, c *controlplane.Cluster) *program {
	t.Helper()
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	path, err := release.Build(t.Context(), root, t.TempDir(), release.Platform{OS: runtime.GOOS, Arch: runtime.GOARCH}, release.Stamp{Version: "0.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	return &program{t: t, path: path, env: append(c.Env(controlplane.Admin), "SOURCE_DATE_EPOCH=1795262400")}
}

// run is what a command line prints on both streams, and how it ends.
func (p *program) run(env []string, args ...string) (out, talk string, code int) {
	p.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(p.t.Context(), p.path, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(p.env, env...), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			p.t.Fatal(err)
		}
		code = exit.ExitCode()
	}
	return stdout.String(), stderr.String(), code
}

// TestTheProgramSaysTheSameLiveAndReplayed runs the real program twenty times
// against a live release, on one processor and on eight, and from a snapshot.
func TestTheProgramSaysTheSameLiveAndReplayed(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	install(t, c, "helm3", "community", "air", "af")
	if err := c.WaitReady(t.Context(), "air"); err != nil { // what still starts may differ from run to run
		t.Fatal(err)
	}
	p := newProgram(t, c)
	first, talk, code := p.run(nil, "check", "af", "-n", "air", "-o", "json")
	if code != 1 || talk != "" {
		t.Fatalf("exit code %d, and on standard error: %s", code, talk)
	}
	for run := range 20 {
		env := []string{fmt.Sprint("GOMAXPROCS=", []int{1, 8}[run%2])}
		if got, _, _ := p.run(env, "check", "af", "-n", "air", "-o", "json"); got != first {
			t.Fatalf("run %d prints something else than the first", run)
		}
	}
	saved := filepath.Join(t.TempDir(), "saved.yaml")
	if _, talk, code := p.run(nil, "snapshot", "af", "-n", "air", "-o", saved); code != 0 {
		t.Fatal(talk)
	}
	if got, _, _ := p.run(nil, "check", "--from", saved, "-o", "json"); got != first {
		t.Error("the snapshot is answered otherwise than the live release")
	}
}

var planted = regexp.MustCompile(`(?i)pLaNtEd\d*|cExhTnRFZ|BMYU50RW|wTGFOdEVk`)

// TestNothingPlantedEscapesFromACluster installs a release full of secrets and
// looks for them in all that the program prints of it, at every verbosity.
func TestNothingPlantedEscapesFromACluster(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	values := filepath.Join(t.TempDir(), "values.yaml")
	text := `fernetKey: pLaNtEd01
data: {metadataConnection: {user: pLaNtEd02, pass: pLaNtEd03}, brokerUrl: "redis://:pLaNtEd04@h:6379/0"}
config: {smtp: {smtp_password: pLaNtEd05}, core: {load_examples: "False"}}
nobodyReadsThis: {password: pLaNtEd06}
scheduler: {podAnnotations: {token: pLaNtEd07}}
`
	if err := os.WriteFile(values, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, helm := range []string{"helm3", "helm4"} {
		install(t, c, helm, "official", helm, "af", "-f", values)
	}
	apply(t, c, `apiVersion: v1
kind: Secret
metadata: {name: more, namespace: helm3, labels: {tier: airflow, release: af}, annotations: {note: pLaNtEd08}}
stringData: {AIRFLOW_CONN_X: "mysql://pLaNtEd09:pLaNtEd10@h/d?p=pLaNtEd11"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: more, namespace: helm3, labels: {tier: airflow, release: af}}
data: {webserver_config.py: "SECRET_KEY = 'pLaNtEd12'", any.json: '{"token": "pLaNtEd13"}'}
`)
	kubectl(t, c, "-n", "helm3", "patch", "secret/af-fernet-key", "-p", `{"stringData":{"fernet-key":"pLaNtEd14"}}`)
	kubectl(t, c, "-n", "helm3", "set", "env", "deployment/af-scheduler", "TOKEN=pLaNtEd15")
	p := newProgram(t, c)
	for _, verbosity := range []string{"0", "6", "9", "99"} {
		lines := [][]string{{"list", "-A"}, {"snapshot", "-n", "helm3", "-o", "-"}, {"snapshot", "-n", "helm4", "-o", "-"}, {"access"}}
		for _, format := range []string{"table", "wide", "json", "yaml", "sarif", "junit", "markdown"} {
			lines = append(lines, []string{"check", "-A", "-o", format, "--profile", "paranoid"})
		}
		for _, format := range []string{"diff", "json", "yaml"} {
			for _, way := range [][]string{{}, {"--against", "release"}, {"--three-way"}} {
				lines = append(lines, append([]string{"diff", "-n", "helm3", "-o", format}, way...))
			}
		}
		for _, line := range lines {
			line = append(line, "-v", verbosity)
			out, talk, code := p.run(nil, line...)
			if code == 2 {
				t.Errorf("%s did not run: %s", strings.Join(line, " "), talk)
			}
			if at := planted.FindStringIndex(out + talk); at != nil {
				t.Errorf("%s prints %q", strings.Join(line, " "), (out + talk)[max(0, at[0]-80):at[1]])
			}
		}
	}
}
