package release

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
)

// distVariable names a directory with archives that goreleaser has made; the
// installation tests then take those instead of making their own.
const distVariable = "AIRFLOWSEC_DIST"

// shipment is the release that this machine would download: its archive and
// checksums.txt, and a fixture to judge once the plugin is installed.
type shipment struct{ dir, archive, version, fixture string }

func newShipment(t *testing.T) shipment {
	t.Helper()
	fixture, err := filepath.Abs("testdata/airflow.yaml")
	if err != nil {
		t.Fatal(err)
	}
	s := shipment{dir: t.TempDir(), version: pluginVersion(t), fixture: fixture}
	s.archive = filepath.Join(s.dir, host().Archive(s.version))
	if dist := os.Getenv(distVariable); dist != "" {
		copyFile(t, filepath.Join(dist, host().Archive(s.version)), s.archive)
		copyFile(t, filepath.Join(dist, Checksums), filepath.Join(s.dir, Checksums))
		return s
	}
	stamp := Stamp{Version: s.version, Commit: "0123456789abcdef", Date: "2026-01-02T03:04:05Z"}
	binary, err := Build(t.Context(), root(t), t.TempDir(), host(), stamp)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Archive(root(t), binary, s.dir, s.version, host(), time.Unix(0, 0)); err != nil {
		t.Fatal(err)
	}
	if err := WriteChecksums(s.dir); err != nil {
		t.Fatal(err)
	}
	return s
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func tool(t *testing.T, name string) string {
	t.Helper()
	program, err := controlplane.Tool(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// started is a program with the environment and the first words of its command line.
type started struct {
	env   []string
	words []string
}

// run returns what the program answered; only a program that did not start fails the test.
func (s started) run(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	words := append(s.words[1:len(s.words):len(s.words)], args...)
	cmd := exec.CommandContext(t.Context(), s.words[0], words...)
	cmd.Env = append(os.Environ(), s.env...)
	var out, talk strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &talk
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), talk.String(), cmd.ProcessState.ExitCode()
}

// must is run for a command that has to succeed; it returns all it printed.
func (s started) must(t *testing.T, args ...string) string {
	t.Helper()
	stdout, stderr, code := s.run(t, args...)
	if code != 0 {
		t.Fatalf("%v %v: exit code %d\n%s%s", s.words, args, code, stdout, stderr)
	}
	return stdout + stderr
}

// TestInstall installs the same archive in every way that docs/install.md
// offers, with the real Krew, Helm 3 and Helm 4. Every way must answer as the
// plain binary does.
func TestInstall(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the plugin, Krew, kubectl and both Helms")
	}
	s := newShipment(t)
	plain := started{words: []string{filepath.Join(unpack(t, s.archive, t.TempDir()), filepath.FromSlash(host().Binary()))}}
	ways := []struct {
		name    string
		install func(*testing.T) started
	}{
		{"krew", s.withKrew},
		{"helm3 directory", s.withHelm3Directory},
		{"helm3 git", func(t *testing.T) started { return s.withGit(t, "helm3") }},
		{"helm4 archive", s.withHelm4Archive},
		{"helm4 directory", s.withHelm4Directory},
		{"helm4 git", func(t *testing.T) started { return s.withGit(t, "helm4", "--verify=false") }},
	}
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			installed := way.install(t)
			s.compare(t, installed, plain)
			compareCompletions(t, installed, plain)
		})
	}
}

func (s shipment) compare(t *testing.T, installed, plain started) {
	t.Helper()
	if version := installed.must(t, "version"); !strings.Contains(version, s.version) {
		t.Errorf("version is %q, want %s in it", version, s.version)
	}
	stdout, stderr, code := installed.run(t, "check", "-f", s.fixture, "-o", "json")
	want, _, wantCode := plain.run(t, "check", "-f", s.fixture, "-o", "json")
	if stdout != want || code != wantCode {
		t.Errorf("check answers %q with code %d (%s), the plain binary %q with code %d", stdout, code, stderr, want, wantCode)
	}
	if !strings.Contains(want, "demo-scheduler") {
		t.Errorf("the plain binary does not name demo-scheduler: %q", want)
	}
}
