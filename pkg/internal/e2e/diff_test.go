package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
)

// networkPlugin lets no rule wonder which plugin a cluster has.
const networkPlugin = `apiVersion: apps/v1
kind: DaemonSet
metadata: {name: calico-node, namespace: kube-system}
spec:
  selector: {matchLabels: {app: calico-node}}
  template:
    metadata: {labels: {app: calico-node}}
    spec: {hostNetwork: true, containers: [{name: calico-node, image: 'calico/node:v3.30.0'}]}
`

// TestDiff: a fresh release does not differ from what either Helm installed,
// whatever the API server and a restart added; what a person edits or deletes
// shows, with who did it. What an upgrade brings shows between its revisions,
// and the way back is a preview.
func TestDiff(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	apply(t, c, networkPlugin)
	p := newProgram(t, c)
	for _, helm := range []string{"helm3", "helm4"} {
		for _, chart := range []string{"community", "official"} {
			namespace := helm + "-" + chart
			install(t, c, helm, chart, namespace, "af")
			kubectl(t, c, "-n", namespace, "rollout", "restart", "deployment/af-scheduler")
			drift := []string{"diff", "af", "-n", namespace, "--against", "release"}
			if out, talk, code := p.run(nil, drift...); code != 0 || out != "" || !strings.Contains(talk, "No difference between live and release") {
				t.Errorf("%s: fresh: exit code %d\n%s%s", namespace, code, out, talk)
			}
			edit(t, c, namespace)
			broker := map[string]string{"community": "service/af-redis-master", "official": "service/af-redis"}[chart]
			kubectl(t, c, "-n", namespace, "delete", broker)
			out, talk, code := p.run(nil, drift...)
			for _, want := range []string{
				"# Deployment " + namespace + "/af-scheduler (scheduler): ", "set by kubectl-edit",
				"\n-        image: evil.example/airflow:1\n", "\n-  replicas: 3\n", "\n-      hostPID: true\n",
				": Helm installed it, and it is gone",
			} {
				if code != 1 || !strings.Contains(out, want) {
					t.Errorf("%s: exit code %d, no %q in\n%s%s", namespace, code, want, out, talk)
				}
			}
			if strings.Contains(out, "restartedAt") || strings.Contains(out, "dnsPolicy") {
				t.Errorf("%s: what the API server added shows:\n%s", namespace, out)
			}
		}
		revisions(t, c, p, helm)
	}
}

// edit is what somebody does at night: through an editor, as kubectl edit.
func edit(t *testing.T, c *controlplane.Cluster, namespace string) {
	t.Helper()
	script := filepath.Join(t.TempDir(), "editor")
	text := `#!/bin/sh
sed -i -e 's|image: .*|image: evil.example/airflow:1|' -e 's|replicas: 1|replicas: 3|' -e 's|dnsPolicy: ClusterFirst|&\n      hostPID: true|' "$1"
`
	if err := os.WriteFile(script, []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
	cmd, err := c.Command(t.Context(), controlplane.Admin, "kubectl", "-n", namespace, "edit", "deployment/af-scheduler")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(cmd.Env, "KUBE_EDITOR="+script)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// revisions takes a release through an upgrade that opens a door.
func revisions(t *testing.T, c *controlplane.Cluster, p *program, helm string) {
	t.Helper()
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	chart, namespace := filepath.Join(root, "testdata", "charts", "official"), helm+"-upgrade"
	install(t, c, helm, "official", namespace, "af")
	if _, err := c.Run(t.Context(), controlplane.Admin, helm, "upgrade", "af", chart, "-n", namespace, "--set", "apiServer.service.type=LoadBalancer"); err != nil {
		t.Fatal(err)
	}
	for _, way := range []struct {
		revision      string
		code          int
		brought, gone bool
	}{{"1..2", 1, true, false}, {"1..", 1, true, false}, {"2..1", 3, false, true}} { // nothing here tells of scans and of the API server
		out, talk, code := p.run(nil, "diff", "af", "-n", namespace, "--revision", way.revision)
		if code != way.code || strings.Contains(out, "\n+ ") != way.brought || strings.Contains(out, "\n- ") != way.gone || !strings.Contains(out, "AS206 ") {
			t.Errorf("%s: --revision %s: exit code %d\n%s%s", helm, way.revision, code, out, talk)
		}
	}
	_, talk, code := p.run(nil, "diff", "af", "-n", namespace, "--revision", "1..9")
	if want := "no revision 9; stored: 1, 2"; code != 2 || !strings.Contains(talk, want) {
		t.Errorf("%s: a revision that does not exist: exit code %d, %s", helm, code, talk)
	}
	kubectl(t, c, "-n", namespace, "patch", "service/af-api-server", "-p", `{"spec":{"type":"ClusterIP"}}`)
	out, talk, code := p.run(nil, "diff", "af", "-n", namespace, "--three-way", "-q")
	if code != 1 || !strings.Contains(out, "Service "+namespace+"/af-api-server") || !strings.Contains(out, "ClusterIP") || talk != "" {
		t.Errorf("%s: --three-way: exit code %d\n%s%s", helm, code, out, talk)
	}
}
