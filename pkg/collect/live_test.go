package collect

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// scheduler is the smallest Airflow: one workload with the official chart's labels.
func scheduler(namespace, release string) string {
	return fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: %[2]s-scheduler
  namespace: %[1]s
  labels: {tier: airflow, component: scheduler, release: %[2]s, chart: airflow-1.22.0}
  annotations: {meta.helm.sh/release-name: %[2]s, meta.helm.sh/release-namespace: %[1]s}
spec:
  template:
    metadata: {labels: {tier: airflow, component: scheduler, release: %[2]s}}
    spec:
      serviceAccountName: %[2]s-scheduler
      containers:
      - name: scheduler
        env:
        - {name: KEY, valueFrom: {secretKeyRef: {name: own-key, key: k}}}
---
apiVersion: v1
kind: Namespace
metadata: {name: %[1]s}
---
apiVersion: v1
kind: Secret
metadata: {name: own-key, namespace: %[1]s}
data: {k: Y2FuYXJ5LTNmOWE=}
`, namespace, release)
}

func recordOf(t testing.TB, namespace, name string, number int) string {
	r := releaseOf(name, number)
	r["namespace"] = namespace
	return packed(t, r)
}

// one finds exactly one release and reads it.
func one(t *testing.T, f *fakeAPI, namespace string) (*snapshot.Snapshot, Found) {
	t.Helper()
	c := f.cluster()
	found, _, err := c.Releases(context.Background(), namespace)
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 {
		t.Fatalf("found %d releases: %+v", len(found), found)
	}
	s, err := c.Read(context.Background(), found[0], 0)
	if err != nil {
		t.Fatal(err)
	}
	return s, found[0]
}

func TestReadTakesTheDeployedRevision(t *testing.T) {
	f := newFakeAPI(t, scheduler("team", "af"))
	for n, status := range []string{"superseded", "deployed", "failed"} {
		f.addRecord("team", "af", n+1, status, recordOf(t, "team", "af", n+1))
	}
	s, found := one(t, f, "team")
	if s.Release.Revision != 2 || s.Release.Record != snapshot.Stored || s.Release.ApplyMethod != "ssa" || !slices.Equal(found.Revisions, []int{1, 2, 3}) {
		t.Errorf("got %+v", s.Release)
	}
	if s.ServerVersion != "v1.36.3" || len(s.Release.Manifest) != 1 || len(s.Release.Hooks) != 1 || s.Release.Hooks[0].Origin != snapshot.Hook {
		t.Errorf("got version %s, manifest %v, hooks %v", s.ServerVersion, s.Release.Manifest, s.Release.Hooks)
	}
	if c := s.CoverageOf(snapshot.ReleaseRecord); c.State != snapshot.Read {
		t.Errorf("got %+v", c)
	}
	if !slices.Equal(f.bodies, []string{"sh.helm.release.v1.af.v2"}) {
		t.Errorf("the bodies of %q were fetched", f.bodies)
	}
	if n := f.count("GET /api/v1/namespaces/team/secrets"); n != 3 {
		t.Errorf("Secrets were listed %d times; once for names, once for one body and once for the rest is enough", n)
	}
}

func TestReadWarnsOfANewerRevision(t *testing.T) {
	f := newFakeAPI(t, scheduler("team", "af"))
	f.addRecord("team", "af", 1, "deployed", recordOf(t, "team", "af", 1))
	f.addRecord("team", "af", 2, "pending-upgrade", recordOf(t, "team", "af", 2))
	c := f.cluster()
	var warnings []string
	c.Warn = func(text string) { warnings = append(warnings, text) }
	found, _, err := c.Releases(context.Background(), "team")
	if err != nil {
		t.Fatal(err)
	}
	for _, revision := range []int{0, 2} {
		if _, err := c.Read(context.Background(), found[0], revision); err != nil {
			t.Fatal(err)
		}
	}
	want := "release af in namespace team: revision 2 is pending-upgrade; revision 1, which is deployed, is the one that counts"
	if !slices.Equal(warnings, []string{want}) {
		t.Errorf("got %q", warnings)
	}
}

func TestReadKeepsNoSecretAndNoRecord(t *testing.T) {
	f := newFakeAPI(t, scheduler("team", "af"))
	f.addRecord("team", "af", 1, "deployed", recordOf(t, "team", "af", 1))
	s, _ := one(t, f, "team")
	var b strings.Builder
	if err := WriteSnapshot(&b, s); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), canary) || strings.Contains(b.String(), base64.StdEncoding.EncodeToString([]byte(canary))) {
		t.Error("the snapshot holds a secret")
	}
	if strings.Contains(b.String(), recordPrefix) {
		t.Error("the snapshot holds a stored release")
	}
	if s.Find(snapshot.Secret, "team", "own-key") == nil {
		t.Error("the Secret that a pod refers to is missing")
	}
}

func TestReadAnOlderRevisionJudgesItsManifest(t *testing.T) {
	f := newFakeAPI(t, scheduler("team", "af"))
	old := releaseOf("af", 1)
	old["namespace"], old["manifest"] = "team", strings.ReplaceAll(scheduler("team", "af"), "own-key", "old-key")
	f.addRecord("team", "af", 1, "superseded", packed(t, old))
	f.addRecord("team", "af", 2, "deployed", recordOf(t, "team", "af", 2))
	c := f.cluster()
	found, _, err := c.Releases(context.Background(), "team")
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Read(context.Background(), found[0], 1)
	if err != nil {
		t.Fatal(err)
	}
	if d := s.OfKind(snapshot.Deployment); len(d) != 1 || d[0].Origin != snapshot.Rendered || s.Release.Revision != 1 {
		t.Errorf("got revision %d with %d Deployments", s.Release.Revision, len(d))
	}
	if _, err := c.Read(context.Background(), found[0], 9); err == nil || err.Error() != "release af in namespace team has no revision 9; stored: 1, 2" {
		t.Errorf("got %v", err)
	}
}

func TestReadARevisionWithoutRecord(t *testing.T) {
	f := newFakeAPI(t, scheduler("team", "af"))
	c := f.cluster()
	found, _, err := c.Releases(context.Background(), "team")
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Read(context.Background(), found[0], 4)
	if err == nil || err.Error() != "release af in namespace team: no revision can be read: Helm holds no record of this release in its namespace" {
		t.Errorf("got %v", err)
	}
}

func TestReadWithoutRecord(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*fakeAPI)
		state  snapshot.State
		reason string
	}{
		{"nothing stored", func(*fakeAPI) {}, snapshot.NotCollected, "Helm holds no record of this release in its namespace"},
		{"Secrets refused", func(f *fakeAPI) { f.refuse("secrets", 403, "Forbidden") }, snapshot.Forbidden, "this user may not list secrets in namespace team"},
		{"not gzip", func(f *fakeAPI) {
			f.addRecord("team", "af", 1, "deployed", base64.StdEncoding.EncodeToString([]byte(canary)))
		}, snapshot.NotCollected, "read the release: sh.helm.release.v1.af.v1 in namespace team is not gzip"},
		{"truncated", func(f *fakeAPI) { f.addRecord("team", "af", 1, "deployed", recordOf(t, "team", "af", 1)[:400]) },
			snapshot.NotCollected, "read the release: sh.helm.release.v1.af.v1 in namespace team is truncated"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFakeAPI(t, scheduler("team", "af"))
			test.change(f)
			s, _ := one(t, f, "team")
			got := s.CoverageOf(snapshot.ReleaseRecord)
			if got.State != test.state || got.Reason != test.reason {
				t.Errorf("got %+v", got)
			}
			if s.Release.Record != snapshot.Recognised || s.Release.Chart.Version != "1.22.0" || len(s.OfKind(snapshot.Deployment)) != 1 {
				t.Errorf("got %+v", s.Release)
			}
		})
	}
}

// Every resource in turn is refused or broken: it becomes coverage with a reason, and nothing else is lost.
func TestReadTurnsEachFailureIntoCoverage(t *testing.T) {
	for _, what := range append(append(slices.Clone(inNamespace), acrossCluster...), theNamespace) {
		for code, want := range map[int]snapshot.State{403: snapshot.Forbidden, 500: snapshot.NotCollected, 404: snapshot.Unserved} {
			f := newFakeAPI(t, scheduler("team", "af"))
			f.addRecord("team", "af", 1, "deployed", recordOf(t, "team", "af", 1))
			c := f.cluster()
			found, _, err := c.Releases(context.Background(), "team")
			if err != nil {
				t.Fatal(err)
			}
			f.fault = func(w http.ResponseWriter, r *http.Request) bool {
				path := r.URL.Path
				group := what.group == "" || strings.Contains(path, "/"+what.group+"/")
				inside := what.kind != snapshot.NodeAgents || !strings.Contains(path, "/namespaces/")
				if path == "/apis" || !group || !inside || !slices.Contains(strings.Split(path, "/"), what.resource) || what.resource == "namespaces" && !strings.HasSuffix(path, "/namespaces/team") {
					return path == "/apis" // not JSON: each optional resource is asked for
				}
				f.fail(w, code, map[int]string{403: "Forbidden", 404: "NotFound", 500: "InternalError"}[code], nil)
				return true
			}
			s, err := c.Read(context.Background(), found[0], 0)
			if err != nil {
				t.Fatalf("%s %d: %v", what, code, err)
			}
			if code == 404 && !what.optional {
				want = snapshot.NotCollected // what every API server has is not there: nothing is known
			}
			if code == 404 && (what.kind == snapshot.PolicyEngines || what.kind == snapshot.Backups) {
				want = snapshot.Read // the other kinds of them were asked
			}
			got := s.CoverageOf(what.kind)
			if got.State != want || strings.Contains(got.Reason, canary) || (want == snapshot.Forbidden || want == snapshot.NotCollected) && got.Reason == "" {
				t.Errorf("%s answered %d: got %+v", what, code, got)
			}
		}
	}
}

func TestSearchThatReadsNothingFails(t *testing.T) {
	f := newFakeAPI(t)
	f.fault = func(w http.ResponseWriter, _ *http.Request) bool {
		f.fail(w, 401, "Unauthorized", nil)
		return true
	}
	_, _, err := f.cluster().Releases(context.Background(), "team")
	if err == nil || err.Error() != "nothing could be read: the API server does not accept the credentials" {
		t.Errorf("got %v", err)
	}
	f.server.Close()
	_, _, err = f.cluster().Releases(context.Background(), "team")
	if err == nil || err.Error() != "nothing could be read: the API server cannot be reached (connection refused)" {
		t.Errorf("got %v", err)
	}
}

func TestReadOfAReleaseThatIsGoneFails(t *testing.T) {
	f := newFakeAPI(t, scheduler("team", "af"))
	c := f.cluster()
	found, _, err := c.Releases(context.Background(), "team")
	if err != nil {
		t.Fatal(err)
	}
	f.objects = nil
	_, err = c.Read(context.Background(), found[0], 0)
	if err == nil || !strings.Contains(err.Error(), "release af in namespace team has no live object that could be read") {
		t.Errorf("got %v", err)
	}
}

func TestCancelledIsAnError(t *testing.T) {
	f := newFakeAPI(t, scheduler("team", "af"))
	c := f.cluster()
	found, _, err := c.Releases(context.Background(), "team")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Read(ctx, found[0], 0); err == nil {
		t.Error("a cancelled read gave a snapshot")
	}
	if _, _, err := c.Releases(ctx, "team"); err == nil {
		t.Error("a cancelled search gave releases")
	}
	if _, err := c.Read(context.Background(), found[0], 0); err != nil {
		t.Errorf("the next read fails too: %v", err)
	}
}

func TestReadIsTheSameEachTime(t *testing.T) {
	f := newFakeAPI(t, scheduler("team", "af"), scheduler("team", "other"), strings.ReplaceAll(daemonSet("kube-system", "cilium", true), "image: i", "image: i, env: [{name: TOKEN, value: "+canary+"}]"))
	f.addRecord("team", "af", 1, "deployed", recordOf(t, "team", "af", 1))
	c := f.cluster()
	found, _, err := c.Releases(context.Background(), "team")
	if err != nil {
		t.Fatal(err)
	}
	var first string
	for range 10 {
		s, err := c.Read(context.Background(), found[0], 0)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := WriteSnapshot(&b, s); err != nil {
			t.Fatal(err)
		}
		if first == "" {
			first = b.String()
		}
		if b.String() != first {
			t.Fatal("two reads of one cluster differ")
		}
	}
}
