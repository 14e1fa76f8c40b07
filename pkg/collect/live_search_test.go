package collect

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// foundIn are the releases of a namespace as "namespace/name record revision".
func foundIn(t *testing.T, c *Cluster, namespace string) []string {
	t.Helper()
	list, _, err := c.Releases(context.Background(), namespace)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range list {
		out = append(out, fmt.Sprintf("%s/%s %s %d", f.Namespace, f.Name, f.Record, f.Revision))
	}
	return out
}

func TestSearchJoinsRecordsAndWorkloads(t *testing.T) {
	f := newFakeAPI(t, scheduler("a", "af"), scheduler("b", "af"), scheduler("b", "second"))
	f.addRecord("a", "af", 3, "deployed", recordOf(t, "a", "af", 3))
	f.addRecord("b", "second", 1, "failed", recordOf(t, "b", "second", 1))
	want := []string{"a/af stored 3", "b/af recognised 0", "b/second stored 1"}
	if got := foundIn(t, f.cluster(), ""); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := foundIn(t, f.cluster(), "b"); !slices.Equal(got, want[1:]) {
		t.Errorf("in b: got %q", got)
	}
	if got := foundIn(t, f.cluster(), "c"); got != nil {
		t.Errorf("in c: got %q", got)
	}
}

// Across a cluster, only records that may be Airflow's without showing it are opened.
func TestSearchOpensNoRecordThatItNeedNot(t *testing.T) {
	f := newFakeAPI(t, scheduler("a", "af"))
	redis := releaseOf("redis", 1)
	redis["chart"] = map[string]any{"metadata": map[string]any{"name": "redis"}}
	redis["namespace"] = "a"
	f.addRecord("a", "af", 1, "deployed", "not opened, or it would fail")
	f.addRecord("a", "redis", 1, "deployed", packed(t, redis))
	f.addRecord("b", "stuck", 1, "pending-install", recordOf(t, "b", "stuck", 1))
	f.addRecord("b", "gone", 1, "uninstalled", recordOf(t, "b", "gone", 1))
	if got := foundIn(t, f.cluster(), ""); !slices.Equal(got, []string{"a/af stored 1", "b/stuck stored 1"}) {
		t.Errorf("got %q", got)
	}
	if !slices.Equal(f.bodies, []string{recordPrefix + "stuck.v1"}) {
		t.Errorf("the bodies of %q were fetched", f.bodies)
	}
	before := f.count("/secrets")
	if got := foundIn(t, f.cluster(), "a"); !slices.Equal(got, []string{"a/af stored 1"}) {
		t.Errorf("in a: got %q", got)
	}
	if n := f.count("/secrets") - before; n != 2 {
		t.Errorf("%d requests for Secrets: names, and redis' body, are enough", n)
	}
}

// Many releases of one name, half of them without a record, must not open each other's records.
func TestSearchOfManyNamesakesStaysLinear(t *testing.T) {
	f := newFakeAPI(t)
	for i := range 20 {
		namespace := fmt.Sprintf("n%d", i)
		f.add(scheduler(namespace, "airflow"))
		if i%2 == 0 {
			f.addRecord(namespace, "airflow", 1, "deployed", recordOf(t, namespace, "airflow", 1))
		}
	}
	if got := foundIn(t, f.cluster(), ""); len(got) != 20 || len(f.bodies) != 0 {
		t.Errorf("%d releases found, %d records opened", len(got), len(f.bodies))
	}
}

func TestSearchFindsForksWithoutLabelsByTheirRecord(t *testing.T) {
	f := newFakeAPI(t)
	f.addRecord("a", "af", 1, "deployed", recordOf(t, "a", "af", 1))
	if got := foundIn(t, f.cluster(), "a"); !slices.Equal(got, []string{"a/af stored 1"}) {
		t.Errorf("got %q", got)
	}
}

func TestSearchFindsRecordsKeptElsewhere(t *testing.T) {
	flux := strings.Replace(scheduler("team", "af"), "release: af, chart", "release: af, helm.toolkit.fluxcd.io/namespace: flux, chart", 1)
	f := newFakeAPI(t, flux)
	f.addRecord("flux", "af", 4, "deployed", recordOf(t, "team", "af", 4))
	f.addRecord("wrong", "af", 9, "deployed", recordOf(t, "wrong", "af", 9))
	for _, namespace := range []string{"team", ""} {
		got := foundIn(t, f.cluster(), namespace)
		if !slices.Contains(got, "team/af stored 4") {
			t.Errorf("in %q: got %q", namespace, got)
		}
	}
	s, _ := one(t, f, "team")
	if s.Release.Namespace != "team" || len(s.Release.Manifest) != 1 || s.Release.Manifest[0].Namespace != "team" {
		t.Errorf("got %+v", s.Release)
	}
}

func TestSearchReadsTheDriverItIsTold(t *testing.T) {
	f := newFakeAPI(t, scheduler("a", "af"))
	f.objects = append(f.objects, map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap",
		"metadata": map[string]any{"name": recordPrefix + "af.v2", "namespace": "a", "labels": map[string]any{"owner": "helm", "name": "af", "status": "deployed"}},
		"data":     map[string]any{"release": recordOf(t, "a", "af", 2)},
	})
	for driver, want := range map[string]string{"configmap": "a/af stored 2", "": "a/af stored 2", "secret": "a/af recognised 0"} {
		c := f.cluster()
		c.Driver = driver
		if got := foundIn(t, c, "a"); !slices.Equal(got, []string{want}) {
			t.Errorf("HELM_DRIVER=%s: got %q", driver, got)
		}
	}
	f.bodies = nil
	s, _ := one(t, f, "a")
	if !slices.Equal(f.bodies, []string{recordPrefix + "af.v2"}) {
		t.Errorf("the bodies of %q were fetched", f.bodies)
	}
	if s.Release.Revision != 2 || s.Find(snapshot.ConfigMap, "a", recordPrefix+"af.v2") != nil {
		t.Errorf("got %+v", s.Release)
	}
	c := f.cluster()
	c.Driver = "sql"
	if _, _, err := c.Releases(context.Background(), "a"); err == nil || !strings.HasPrefix(err.Error(), "HELM_DRIVER=sql") {
		t.Errorf("got %v", err)
	}
}

func TestSearchSaysWhyThereIsNoRecord(t *testing.T) {
	argo := strings.Replace(scheduler("team", "af"), "annotations: {meta.helm.sh/release-name: af, meta.helm.sh/release-namespace: team}",
		`annotations: {argocd.argoproj.io/tracking-id: "data:apps/Deployment:team/af-scheduler"}`, 1)
	f := newFakeAPI(t, argo)
	s, _ := one(t, f, "team")
	if got := s.CoverageOf(snapshot.ReleaseRecord); got.Reason != "Argo CD applied this release: Helm holds no record of it" {
		t.Errorf("got %+v", got)
	}
}

func TestSearchOfADamagedRecordIsNotSilent(t *testing.T) {
	f := newFakeAPI(t)
	f.addRecord("a", "af", 1, "deployed", "canary-3f9a!")
	list, coverage, err := f.cluster().Releases(context.Background(), "a")
	if err != nil || len(list) != 0 {
		t.Fatalf("got %v %v", list, err)
	}
	i := slices.IndexFunc(coverage, func(c snapshot.Coverage) bool { return c.Kind == snapshot.ReleaseRecord })
	if coverage[i].State != snapshot.NotCollected || coverage[i].Reason != "read the release: sh.helm.release.v1.af.v1 in namespace a is not base64" {
		t.Errorf("got %+v", coverage[i])
	}
}
