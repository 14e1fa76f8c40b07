package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
)

// TestUmbrellaRelease installs a company's chart that brings the Airflow chart:
// its values are in Helm's record as the chart's own, mixed with Airflow's.
func TestUmbrellaRelease(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Chart.yaml":  "apiVersion: v2\nname: acme\nversion: 0.1.0\nappVersion: 1.16.0\ndependencies:\n- {name: airflow, version: 1.22.0, alias: flow}\n",
		"values.yaml": "flow:\n  fernetKey: Zm9yIHRlc3RzIG9ubHksIFBsYW50ZWQga2V5IDEyMzQ=\n  data: {metadataConnection: {pass: Zq81kfPlanted77w}}\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.CopyFS(filepath.Join(dir, "charts", "airflow"), os.DirFS(filepath.Join(root, "testdata", "charts", "official"))); err != nil {
		t.Fatal(err)
	}
	for _, helm := range []string{"helm3", "helm4"} {
		namespace := "umbrella-" + helm
		for _, step := range []struct {
			args string
			want []string
		}{
			{"install --create-namespace", []string{"AS402 /values/flow/data/metadataConnection/pass", "AS402 /values/flow/fernetKey"}},
			{"upgrade --set flow.fernetKey=null --set flow.fernetKeySecretName=own", []string{"AS402 /values/flow/data/metadataConnection/pass", "AS712 /values/flow/fernetKey#chart"}},
		} {
			words := strings.Fields(step.args)
			if _, err := c.Run(t.Context(), controlplane.Admin, helm, append([]string{words[0], "af", dir, "-n", namespace}, words[1:]...)...); err != nil {
				t.Fatal(err)
			}
			s := read(t, as(t, c.Kubeconfig(controlplane.Admin)), namespace, "af")
			report := judge(t, s)
			if brings := report.Release.Chart.Brings; brings == nil || brings.Version != "1.22.0" || report.Release.Chart.Name != "acme" || report.Release.AirflowVersion != "3.2.2" {
				t.Errorf("%s: %s: the release is %+v, brings %+v", helm, step.args, report.Release, brings)
			}
			var got []string
			for _, id := range []string{"AS402", "AS406", "AS413", "AS712"} {
				for _, f := range resultOf(t, report, id).Findings {
					if strings.Contains(f.Path, "metadataConnection") || strings.Contains(f.Path, "ernet") {
						got = append(got, id+" "+f.Path)
					}
				}
			}
			if !slices.Equal(got, step.want) {
				t.Errorf("%s: %s: got %q, want %q", helm, step.args, got, step.want)
			}
			if text := written(t, s); strings.Contains(text, "Planted") || strings.Contains(text, "Zm9y") {
				t.Errorf("%s: %s: a secret is shown", helm, step.args)
			}
		}
	}
}
