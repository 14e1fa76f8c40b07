package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
)

// TestRoundTrip starts a cluster with a release, finds it, and stops it the way
// -stop does.
func TestRoundTrip(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test starts a real control plane")
	}
	parent, err := os.MkdirTemp("", "cluster-") // t.TempDir is too long for a socket's name on some systems
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(parent)
	dir := filepath.Join(parent, "cluster")
	if _, err := controlplane.Tool(t.Context(), "helm4"); err != nil {
		t.Fatal(err)
	}
	c, err := open(t.Context(), dir, options{chart: "official", helm: "helm4"})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		c.wait(t.Context())
		close(ended)
	}()
	if out, err := c.cluster.Run(t.Context(), controlplane.Admin, "helm4", "list", "-n", "airflow", "-q"); err != nil || strings.TrimSpace(out) != "airflow" {
		t.Errorf("releases: %q %v", out, err)
	}
	if conn, err := dial(dir); err != nil {
		t.Errorf("the running cluster is not found: %v", err)
	} else {
		conn.Close()
	}
	if err := askToStop(dir); err != nil {
		t.Fatal(err)
	}
	<-ended
	if conn, err := dial(dir); err == nil {
		conn.Close()
		t.Error("a stopped cluster is still found")
	}
}
