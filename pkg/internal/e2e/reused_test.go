package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// TestReusedValues upgrades as people do, with --reuse-values: the old password
// is then in the newest record, which is no change of the chart.
func TestReusedValues(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	archive := archived(t, c, filepath.Join(root, "testdata", "charts", "official"))
	for _, helm := range []string{"helm3", "helm4"} {
		cluster := as(t, c.Kubeconfig(controlplane.Admin))
		cluster.History, cluster.Held = true, archive
		namespace := "reused-" + helm
		for _, step := range []struct{ args, says string }{
			{"install --create-namespace --set data.metadataConnection.pass=Zq81kfPlanted77w", ""},
			{"upgrade --reuse-values --set data.metadataConnection.pass=", "revisions 1 and 2 in Helm's storage hold the database password at data.metadataConnection.pass, revision 2 in its copy"},
			{"upgrade --reset-then-reuse-values", "revisions 1 and 2 in Helm's storage hold the database password at data.metadataConnection.pass, which revision 3 does not hold"},
		} {
			words := strings.Fields(step.args)
			if _, err := c.Run(t.Context(), controlplane.Admin, helm, append([]string{words[0], "af", archive.Path, "-n", namespace}, words[1:]...)...); err != nil {
				t.Fatal(err)
			}
			s := read(t, cluster, namespace, "af")
			report := judge(t, s)
			if genuine := resultOf(t, report, "AS708"); genuine.Outcome != rule.Passed {
				t.Errorf("%s: %s: the chart is held to be changed: %+v", helm, step.args, genuine)
			}
			says := ""
			for _, f := range resultOf(t, report, "AS414").Findings {
				if f.Path == "/values/data/metadataConnection/pass" {
					says += f.Message
				}
			}
			if !strings.HasPrefix(says, step.says) || step.says == "" && says != "" {
				t.Errorf("%s: %s: AS414 says %q, want %q", helm, step.args, says, step.says)
			}
			if text := written(t, s); strings.Contains(text, "Planted") {
				t.Errorf("%s: %s: the password is shown", helm, step.args)
			}
		}
	}
}
