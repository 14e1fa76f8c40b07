package controlplane

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// ForTest starts a cluster for one test and stops it at the test's end. With
// go test -short the test is skipped. When the test has failed, the end of each
// log is shown.
func ForTest(t testing.TB, options Options) *Cluster {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: this test starts a real control plane")
	}
	// The test's own context ends before its cleanups, and the logs with it.
	c, err := Start(context.WithoutCancel(t.Context()), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			c.showLogs(t)
		}
		c.Stop()
	})
	return c
}

func (c *Cluster) showLogs(t testing.TB) {
	logs, _ := filepath.Glob(c.path("*.log"))
	for _, path := range logs {
		if text, err := os.ReadFile(path); err == nil && path != c.AuditLog() {
			t.Logf("%s ends with\n%s", filepath.Base(path), tail(string(text), 5))
		}
	}
}
