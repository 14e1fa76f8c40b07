package controlplane

import (
	"strings"
	"testing"
)

func TestCRDs(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test downloads modules where they are missing")
	}
	crds, err := CRDs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range crds {
		if !strings.Contains(text, "\n  name: "+name+"\n") || !strings.Contains(text, "kind: CustomResourceDefinition") {
			t.Errorf("%s is not the CRD of that name", name)
		}
	}
	if len(crds) != len(crdFiles) {
		t.Errorf("%d CRDs for %d files", len(crds), len(crdFiles))
	}
}

// testCRDs: what a CRD does not know is refused, and what it knows is stored.
func testCRDs(t *testing.T, c *Cluster) {
	if err := c.InstallCRDs(t.Context()); err != nil {
		t.Fatal(err)
	}
	const auth = `
apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultAuth
metadata: {name: airflow, namespace: default}
spec: {method: kubernetes, mount: kubernetes, kubernetes: {role: airflow, serviceAccount: airflow}}
`
	if err := c.Apply(t.Context(), auth); err != nil {
		t.Error(err)
	}
	err := c.Apply(t.Context(), strings.Replace(auth, "mount:", "mounted:", 1))
	if err == nil || !strings.Contains(err.Error(), "unknown field") {
		t.Errorf("an unknown field is taken: %v", err)
	}
}
