package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// TestReadsWhatHelmInstalled covers both charts by both Helms, side by side in one cluster.
func TestReadsWhatHelmInstalled(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	ctx := context.Background()
	for _, helm := range []string{"helm3", "helm4"} {
		for _, chart := range []string{"community", "official"} {
			install(t, c, helm, chart, helm+"-"+chart, "af")
		}
	}
	admin := as(t, c.Kubeconfig(controlplane.Admin))
	found, _, err := admin.Releases(ctx, "")
	if err != nil || len(found) != 4 {
		t.Fatalf("found %+v, %v", found, err)
	}
	method := map[string]string{"helm3": "", "helm4": "ssa"}
	for _, f := range found {
		helm, _, _ := strings.Cut(f.Namespace, "-")
		s, err := admin.Read(ctx, f, 0)
		if err != nil {
			t.Fatal(err)
		}
		r := s.Release
		if r.Record != snapshot.Stored || r.Status != "deployed" || r.Revision != 1 || r.ApplyMethod != method[helm] || r.Chart.Name != "airflow" {
			t.Errorf("%s: %+v", f.Namespace, r)
		}
		if s.ServerVersion == "" || len(r.Manifest) == 0 || s.Find(snapshot.ServiceAccount, f.Namespace, "default") == nil {
			t.Errorf("%s: version %q, %d objects in the manifest", f.Namespace, s.ServerVersion, len(r.Manifest))
		}
		for _, kind := range []snapshot.Kind{snapshot.Deployment, snapshot.StatefulSet, snapshot.Service, snapshot.Secret, snapshot.Role, snapshot.RoleBinding} {
			if s.CoverageOf(kind).State != snapshot.Read || len(s.OfKind(kind)) == 0 {
				t.Errorf("%s: %s: %+v, %d objects", f.Namespace, kind, s.CoverageOf(kind), len(s.OfKind(kind)))
			}
		}
		for _, o := range r.Manifest {
			live := s.Find(snapshot.Kind(o.Kind), o.Namespace, o.Name)
			if live == nil || live.Origin != snapshot.Live {
				t.Errorf("%s: %s was installed, but not read from the cluster", f.Namespace, o)
			}
		}
		if again, err := admin.Read(ctx, f, 0); err != nil || written(t, again) != written(t, s) {
			t.Errorf("%s: a second read differs (%v)", f.Namespace, err)
		}
	}
	if none, _, err := admin.Releases(ctx, "default"); err != nil || len(none) != 0 {
		t.Errorf("an empty namespace: %+v, %v", none, err)
	}
}

// TestTwoReleasesInOneNamespace must not mix, task pods included.
func TestTwoReleasesInOneNamespace(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	install(t, c, "helm3", "community", "team", "one")
	install(t, c, "helm4", "official", "team", "two")
	for _, release := range []string{"one", "two"} {
		apply(t, c, fmt.Sprintf(`apiVersion: v1
kind: ServiceAccount
metadata: {name: %[1]s-tasks, namespace: team, labels: {release: %[1]s}}
---
apiVersion: v1
kind: Pod
metadata: {name: task-of-%[1]s, namespace: team, labels: {kubernetes_executor: "True"}}
spec: {serviceAccountName: %[1]s-tasks, containers: [{name: base, image: apache/airflow:2.8.4}]}
`, release))
	}
	admin := as(t, c.Kubeconfig(controlplane.Admin))
	for release, other := range map[string]string{"one": "two", "two": "one"} {
		s := read(t, admin, "team", release)
		for _, o := range s.Objects {
			own := o.Labels()
			if own["release"] == other || own["app.kubernetes.io/instance"] == other || strings.HasPrefix(o.Name, other+"-") {
				t.Errorf("%s holds %s of %s", release, o, other)
			}
		}
		if s.Find(snapshot.Pod, "team", "task-of-"+release) == nil || s.Find(snapshot.Pod, "team", "task-of-"+other) != nil {
			t.Errorf("%s has the pods %s", release, all(s, snapshot.Pod))
		}
	}
}

// TestDriftMisspeltValueAndReplay changes one thing by hand and misspells one
// value: both are found, and a saved snapshot tells the same.
func TestDriftMisspeltValueAndReplay(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	admin := as(t, c.Kubeconfig(controlplane.Admin))
	for helm, chart := range map[string]string{"helm3": "community", "helm4": "official"} {
		install(t, c, helm, chart, chart, "af", "--set", "schedulr.replicas=2,scheduler.replicas=1")
		s := read(t, admin, chart, "af")
		if !slices.Equal(s.Release.Unread, []string{"schedulr"}) {
			t.Errorf("%s: values that reach nothing: %q", chart, s.Release.Unread)
		}
		before := outcomes(t, s)
		if before["AS711"] != rule.Passed || before["AS712"] != rule.Failed {
			t.Errorf("%s: AS711 %s, AS712 %s", chart, before["AS711"], before["AS712"])
		}
		if _, err := c.Run(t.Context(), controlplane.Admin, "kubectl", "patch", "deployment", "af-scheduler", "-n", chart, "--type=json",
			"-p", `[{"op": "add", "path": "/spec/template/spec/containers/0/securityContext", "value": {"privileged": true}}]`); err != nil {
			t.Fatal(err)
		}
		s = read(t, admin, chart, "af")
		after := outcomes(t, s)
		if after["AS711"] != rule.Failed || after["AS101"] != rule.Failed {
			t.Errorf("%s: after the change AS711 %s, AS101 %s", chart, after["AS711"], after["AS101"])
		}
		text := written(t, s)
		replayed, err := collect.ReadSnapshot(strings.NewReader(text), "saved")
		if err != nil {
			t.Fatal(err)
		}
		if written(t, replayed) != text || reportOf(t, replayed) != reportOf(t, s) {
			t.Errorf("%s: the saved snapshot tells something else", chart)
		}
	}
}

func outcomes(t *testing.T, s *snapshot.Snapshot) map[string]rule.Outcome {
	t.Helper()
	out := map[string]rule.Outcome{}
	for _, result := range judge(t, s).Results {
		out[result.Rule] = result.Outcome
	}
	return out
}

func reportOf(t *testing.T, s *snapshot.Snapshot) string {
	t.Helper()
	text, err := json.Marshal(judge(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
