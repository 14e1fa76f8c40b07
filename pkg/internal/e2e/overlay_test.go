package e2e

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
)

// overlayCase is a chart with what it needs beside the overlay to be ready here.
type overlayCase struct {
	chart, set string
}

// The cluster makes no volumes, and the community chart's own stores are out of its values' reach.
var overlayCases = []overlayCase{
	{"official", "workers.persistence.enabled=false,triggerer.persistence.enabled=false"},
	{"official", "executor=KubernetesExecutor,triggerer.persistence.enabled=false"},
	{"community", "postgresql.enabled=false,redis.enabled=false,externalDatabase.host=db,externalDatabase.passwordSecret=db,externalRedis.host=broker"},
	{"community", "postgresql.enabled=false,redis.enabled=false,externalDatabase.host=db,externalDatabase.passwordSecret=db,airflow.executor=KubernetesExecutor,workers.enabled=false,flower.enabled=false"},
}

const enforced = "pod-security.kubernetes.io/enforce=restricted"

// TestTheOverlayPassesAdmission installs charts with the overlay that was
// written for them into namespaces that enforce restricted: the API server
// admits every pod, and another upgrade changes nothing of that.
func TestTheOverlayPassesAdmission(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	p := newProgram(t, c)
	for i, it := range overlayCases {
		chart, err := controlplane.Chart(it.chart)
		if err != nil {
			t.Fatal(err)
		}
		overlay := writeOverlay(t, p, "--chart", chart, "--set", it.set)
		for _, helm := range []string{"helm3", "helm4"} {
			namespace := helm + "-" + string(rune('a'+i))
			run(t, c, "kubectl", "create", "namespace", namespace)
			run(t, c, "kubectl", "label", "namespace", namespace, enforced)
			install(t, c, helm, it.chart, namespace, "af", "--set", it.set, "-f", overlay)
			admitted(t, c, namespace)
			run(t, c, helm, "upgrade", "af", chart, "-n", namespace, "--reuse-values")
			admitted(t, c, namespace)
		}
	}
}

// TestTheOverlayOfALiveRelease takes a release that was installed plain through
// an upgrade with the overlay that was written for it from the cluster.
func TestTheOverlayOfALiveRelease(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	p := newProgram(t, c)
	for i, it := range overlayCases {
		chart, err := controlplane.Chart(it.chart)
		if err != nil {
			t.Fatal(err)
		}
		for _, helm := range []string{"helm3", "helm4"} {
			namespace := helm + "-" + string(rune('a'+i))
			install(t, c, helm, it.chart, namespace, "af", "--set", it.set)
			admitted(t, c, namespace)
			overlay := writeOverlay(t, p, "-n", namespace)
			run(t, c, "kubectl", "label", "namespace", namespace, enforced)
			run(t, c, helm, "upgrade", "af", chart, "-n", namespace, "--reset-then-reuse-values", "-f", overlay)
			admitted(t, c, namespace)
			out, talk, code := p.run(nil, "generate", "values", "af", "-n", namespace)
			if code != 0 || !strings.Contains(out, "There is nothing to change") {
				t.Errorf("%s, %s: after the upgrade: exit code %d, %s%s", it.chart, helm, code, out, talk)
			}
		}
	}
}

// writeOverlay is the file of an overlay whose proof holds.
func writeOverlay(t *testing.T, p *program, source ...string) string {
	t.Helper()
	out, talk, code := p.run(nil, append([]string{"generate", "values", "af"}, source...)...)
	if code != 0 || !strings.Contains(talk, "and 0 after") {
		t.Fatalf("%v: exit code %d, and on standard error: %s", source, code, talk)
	}
	file := filepath.Join(t.TempDir(), "overlay.yaml")
	if err := os.WriteFile(file, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// admitted waits until every workload of a namespace has its pods, which it
// gets from no controller that admission refuses.
func admitted(t *testing.T, c *controlplane.Cluster, namespace string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := c.WaitReady(ctx, namespace); err != nil {
		events, _ := c.Run(t.Context(), controlplane.Admin, "kubectl", "get", "events", "-n", namespace, "--field-selector", "type=Warning")
		t.Fatalf("%s: %v\n%s", namespace, err, events)
	}
}

func run(t *testing.T, c *controlplane.Cluster, command string, args ...string) {
	t.Helper()
	if _, err := c.Run(t.Context(), controlplane.Admin, command, args...); err != nil {
		t.Fatal(err)
	}
}
