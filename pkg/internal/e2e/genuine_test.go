package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

const sidecar = `apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}-side, labels: {app: side}}
spec:
  selector: {matchLabels: {app: side}}
  template:
    metadata: {labels: {app: side}}
    spec: {containers: [{name: side, image: "{{ .Values.image }}"}]}
`

// chartWithSubchart is a copy of a fixture chart that has a subchart, too.
func chartWithSubchart(t *testing.T, chart string) string {
	t.Helper()
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "airflow")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(root, "testdata", "charts", chart))); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"Chart.yaml":           "apiVersion: v2\nname: side\nversion: 1.0.0\n",
		"values.yaml":          "image: example.com/side:1\nunset:\n",
		"templates/pod.yaml":   sidecar,
		"templates/NOTES.txt":  "side",
		"templates/_help.tpl":  "",
		"files/something.json": "{}",
	} {
		full := filepath.Join(dir, "charts", "side", name)
		if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func rewrite(t *testing.T, file, old, with string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), old) {
		t.Fatalf("%s holds no %q (%v)", file, old, err)
	}
	if err := os.WriteFile(file, []byte(strings.ReplaceAll(string(text), old, with)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func appendTo(t *testing.T, file, more string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(text, more...), 0o600); err != nil {
		t.Fatal(err)
	}
}

// archived packs a chart, and vouches for it by its digest.
func archived(t *testing.T, c *controlplane.Cluster, chart string) collect.Archive {
	t.Helper()
	packed := t.TempDir()
	if _, err := c.Run(t.Context(), controlplane.Admin, "helm3", "package", chart, "-d", packed); err != nil {
		t.Fatal(err)
	}
	archives, _ := filepath.Glob(filepath.Join(packed, "*.tgz"))
	text, err := os.ReadFile(archives[0])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(text)
	return collect.Archive{Path: archives[0], Digest: hex.EncodeToString(sum[:])}
}

// TestChartIsGenuine holds what both Helms store of a release against the
// archive: what was installed from it is genuine, what was changed is named.
func TestChartIsGenuine(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	for _, chart := range []string{"community", "official"} {
		genuine := chartWithSubchart(t, chart)
		forged := chartWithSubchart(t, chart)
		rewrite(t, filepath.Join(forged, "charts", "side", "templates", "pod.yaml"), "name: side,", "name: side, workingDir: /x,")
		appendTo(t, filepath.Join(forged, "values.yaml"), "\nforged: true\n")
		if err := os.WriteFile(filepath.Join(forged, "templates", "more.yaml"), []byte("# nothing\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		archive := archived(t, c, genuine)
		for _, helm := range []string{"helm3", "helm4"} {
			for name, from := range map[string]string{"genuine": archive.Path, "forged": forged} {
				namespace := strings.Join([]string{helm, chart, name}, "-")
				if _, err := c.Run(t.Context(), controlplane.Admin, helm, "install", "af", from, "-n", namespace, "--create-namespace", "--set", "side.image=example.com/side:2"); err != nil {
					t.Fatal(err)
				}
				cluster := as(t, c.Kubeconfig(controlplane.Admin))
				cluster.Held = archive
				result := resultOf(t, judge(t, read(t, cluster, namespace, "af")), "AS708")
				var found []string
				for _, f := range result.Findings {
					found = append(found, f.Path)
				}
				want := []string{}
				if name == "forged" {
					want = []string{"/chart/charts~1side: Deployment~1af-side", "/chart/templates~1more.yaml", "/chart/values.yaml: forged"}
				}
				slices.Sort(found)
				if !slices.Equal(found, want) || (name == "genuine") != (result.Outcome == rule.Passed) {
					t.Errorf("%s: %s %s %q, want %q", namespace, result.Outcome, result.Reason, found, want)
				}
			}
		}
	}
}
