package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// block is one piece of a guide that a shell runs; docs/guides/README.md tells the kinds.
type block struct {
	kind, text string
	line       int
}

// blocks are those of a guide, in their order.
func blocks(t *testing.T, file string) []block {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var out []block
	inside := false
	for i, line := range strings.Split(string(text), "\n") {
		info, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && !inside:
			kind, isShell := strings.CutPrefix(info, "sh")
			if !isShell {
				t.Errorf("%s:%d: a block that nobody tries", file, i+1)
			}
			out, inside = append(out, block{kind: strings.TrimSpace(kind), line: i + 1}), true
		case fence:
			inside = false
		case inside:
			out[len(out)-1].text += line + "\n"
		}
	}
	if len(out) == 0 || inside {
		t.Fatalf("%s has no commands, or a block without an end", file)
	}
	return out
}

// TestGuides runs the commands of every guide for both charts.
func TestGuides(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	if err := c.InstallCRDs(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := newProgram(t, c)
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	guides, err := filepath.Glob(filepath.Join(root, "docs", "guides", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range guides {
		name := strings.TrimSuffix(filepath.Base(file), ".md")
		if name == "README" {
			continue
		}
		for j, chart := range []string{"official", "community"} {
			t.Run(name+"/"+chart, func(t *testing.T) {
				g := guide{wiring: wiring{T: t, program: p, cluster: c, chart: chart, helm: []string{"helm3", "helm4"}[(i+j)%2], dir: t.TempDir()}, file: file, namespace: name + "-" + chart}
				g.start()
				g.read()
			})
		}
	}
}

// guide is a reader who does what a guide says, with a release full of credentials.
type guide struct {
	wiring
	*standins
	file, namespace string
}

// start installs the release and puts the reader's programs into the PATH.
func (g *guide) start() {
	g.T.Helper()
	g.values = filepath.Join(g.wiring.dir, "values.yaml")
	if err := os.WriteFile(g.values, []byte(wiringCharts[g.chart].values), 0o600); err != nil {
		g.T.Fatal(err)
	}
	install(g.T, g.wiring.cluster, g.helm, g.chart, g.namespace, "airflow", "-f", g.values)
	g.standins = newStandins(g.T, g.wiring.cluster)
	for _, name := range outside { // nothing is there yet
		g.standins.program(name, fmt.Sprintf(recorded+`case " $* " in *" get "*|*" show "*|*" describe"*|*" get-parameter "*) exit 1; esac
`+kept, name, g.standins.dir))
	}
	g.answer("exec", "postgres")
	helm, err := controlplane.Tool(g.T.Context(), g.helm)
	if err != nil {
		g.T.Fatal(err)
	}
	for name, path := range map[string]string{"helm": helm, "kubectl-airflowsec": g.wiring.program.path} {
		if err := os.Symlink(path, filepath.Join(g.standins.dir, "bin", name)); err != nil {
			g.T.Fatal(err)
		}
	}
}

// read runs the blocks, each in the shell that the ones before have left.
func (g *guide) read() {
	g.T.Helper()
	root, err := controlplane.Root()
	if err != nil {
		g.T.Fatal(err)
	}
	script := "set -e\ncd " + g.wiring.dir + "\n"
	done := make(chan struct{})
	go g.operate(done)
	defer func() { done <- struct{}{} }()
	for _, b := range blocks(g.T, g.file) {
		switch b.kind {
		case "names":
			script += b.text + fmt.Sprintf("export NAMESPACE=%s CHART=%s\n", g.namespace, filepath.Join(root, "testdata", "charts", g.chart))
			continue
		case "", "cloud", g.chart:
		case "official", "community":
			continue
		default:
			g.T.Fatalf("%s:%d: what is a block %q?", g.file, b.line, b.kind)
		}
		out, err := g.sh(script + b.text)
		if err != nil {
			g.T.Fatalf("%s:%d: %v\n%s", g.file, b.line, err, out)
		}
		g.unseen(out, wiringCharts[g.chart].secrets...)
		script += exports(b.text)
		if strings.Contains(b.text, "airflowsec check") {
			g.verified()
		}
	}
}

// exports are the lines of a block that later blocks build on.
func exports(text string) string {
	var out string
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "export ") {
			out += line
		}
	}
	return out
}

// verified says that none of the rules that the guides name has a finding.
func (g *guide) verified() {
	g.T.Helper()
	report := judge(g.T, read(g.T, as(g.T, g.wiring.cluster.Kubeconfig(controlplane.Admin)), g.namespace, "airflow"))
	ids := []string{"AS402", "AS403", "AS404", "AS405", "AS406", "AS407", "AS413"}
	if !strings.HasSuffix(g.file, "kubernetes.md") && !strings.HasSuffix(g.file, "rotation.md") {
		ids = append(ids, "AS408", "AS409")
		if g.chart == "official" { // the community chart's own Secret holds settings, too, which AS415 takes for credentials
			ids = append(ids, "AS415")
		}
	}
	for _, id := range ids {
		if result := resultOf(g.T, report, id); result.Outcome == rule.Failed {
			g.T.Errorf("%s:\n%+v", id, result.Findings)
		}
	}
}

// operate plays External Secrets: what arrives at the manager becomes the Secret
// of the ExternalSecret that names it, which is Ready then.
func (g *guide) operate(done chan struct{}) {
	synced := map[string]string{} // a record may be read before it is whole: then it is another one the next time
	for {
		select {
		case <-done:
			return
		case <-time.After(200 * time.Millisecond):
		}
		records := strings.Split(g.standins.text("stdin"), "\n== ")
		var list struct {
			Items []struct {
				Metadata struct{ Name string }
				Spec     struct {
					Data []struct {
						SecretKey string
						RemoteRef struct{ Key, Property string }
					}
				}
			}
		}
		out, err := g.wiring.cluster.Run(g.T.Context(), controlplane.Admin, "kubectl", "get", "externalsecrets", "-n", g.namespace, "-o", "json")
		if err != nil || json.Unmarshal([]byte(out), &list) != nil || len(list.Items) == 0 {
			continue
		}
		newest := map[string]string{}
		for _, record := range records {
			call, value, _ := strings.Cut(record, "\n")
			for _, e := range list.Items {
				for _, d := range e.Spec.Data {
					if holds(call, d.RemoteRef.Key, d.RemoteRef.Property) {
						newest[e.Metadata.Name+"/"+d.SecretKey] = value
					}
				}
			}
		}
		for at, value := range newest {
			if old, known := synced[at]; !known || old != value {
				secret, key, _ := strings.Cut(at, "/")
				g.sync(secret, key, value)
				synced[at] = value
			}
		}
	}
}

// holds says whether a call writes a name of the manager (and Vault's field of it).
func holds(call, name, field string) bool {
	words := strings.Fields(call)
	named, fielded := false, field == ""
	for _, w := range words {
		named = named || w == name
		fielded = fielded || w == field+"=-"
	}
	return named && fielded
}

func (g *guide) sync(secret, key, value string) {
	text, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": secret, "namespace": g.namespace, "labels": map[string]string{"reconcile.external-secrets.io/managed": "true"}},
		"stringData": map[string]string{key: value},
	})
	if err == nil {
		cmd, _ := g.wiring.cluster.Command(g.T.Context(), controlplane.Admin, "kubectl", "apply", "--server-side", "--force-conflicts", "--field-manager=es-"+key, "-f", "-")
		cmd.Stdin = strings.NewReader(string(text))
		_ = cmd.Run()
	}
	_, _ = g.wiring.cluster.Run(g.T.Context(), controlplane.Admin, "kubectl", "patch", "externalsecret", secret, "-n", g.namespace, "--subresource=status", "--type=merge",
		"-p", `{"status":{"conditions":[{"type":"Ready","status":"True"}]}}`)
}
