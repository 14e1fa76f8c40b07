package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
)

// TestGenerateValues takes what the program writes for a live release through
// an upgrade, by both Helms: the policies are then there, and nothing is left to change.
func TestGenerateValues(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	p := newProgram(t, c)
	for _, helm := range []string{"helm3", "helm4"} {
		install(t, c, helm, "official", helm, "af")
		out, talk, code := p.run(nil, "generate", "values", "af", "-n", helm, "--only", "networkpolicy")
		if code != 0 || !strings.Contains(talk, "The proof holds") || !strings.Contains(talk, "Not tried: postgresql.networkPolicy.enabled") {
			t.Fatalf("%s: exit code %d, and on standard error: %s", helm, code, talk)
		}
		if !strings.Contains(out, "component: worker") || strings.Contains(out, "postgresql") {
			t.Errorf("%s: written:\n%s", helm, out)
		}
		values := filepath.Join(t.TempDir(), "values.yaml")
		if err := os.WriteFile(values, []byte(out), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Run(t.Context(), controlplane.Admin, helm, "upgrade", "af", filepath.Join(root, "testdata", "charts", "official"), "-n", helm, "--reuse-values", "-f", values); err != nil {
			t.Fatal(err)
		}
		policies, err := c.Run(t.Context(), controlplane.Admin, "kubectl", "get", "networkpolicies", "-n", helm, "-o", "name")
		if err != nil || !strings.Contains(policies, "af-api-server-policy") {
			t.Errorf("%s: the policies are %q, %v", helm, policies, err)
		}
		out, talk, code = p.run(nil, "generate", "values", "af", "-n", helm, "--only", "networkpolicy")
		if code != 0 || !strings.Contains(out, "There is nothing to change") || !strings.Contains(talk, "On already: networkPolicies.enabled") {
			t.Errorf("%s: after the upgrade: exit code %d, %s%s", helm, code, out, talk)
		}
	}
}
