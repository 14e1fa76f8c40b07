package plan

import (
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

const redisManifest = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: redis, namespace: team}
spec:
  template:
    spec:
      serviceAccountName: redis
      securityContext: {runAsUser: 0}
      containers:
      - name: redis
        image: redis:7
        volumeMounts: [{name: config, mountPath: /tmp}]
      - name: exporter
        image: exporter:1
        securityContext: {runAsUser: 1000}
      volumes: [{name: config, configMap: {name: c}}, {name: api, emptyDir: {}}]
`

const accountManifest = `{apiVersion: v1, kind: ServiceAccount, metadata: {name: redis, namespace: team}}`

func ref(apiVersion, kind, name string) snapshot.Ref {
	return snapshot.Ref{APIVersion: apiVersion, Kind: kind, Namespace: "team", Name: name}
}

// object is a manifest as an object of namespace team.
func object(t testing.TB, manifest string) snapshot.Object {
	t.Helper()
	content := decoded(t, manifest)
	name, _ := change.Lookup(content, "/metadata/name")
	return snapshot.Object{Ref: ref(content["apiVersion"].(string), content["kind"].(string), name.(string)), Content: content}
}

// installed is a release whose live objects are as its manifest says.
func installed(t testing.TB, manifests ...string) *snapshot.Snapshot {
	t.Helper()
	s := &snapshot.Snapshot{Coverage: []snapshot.Coverage{{Kind: snapshot.ReleaseRecord, State: snapshot.Read}}}
	s.Release.Record = snapshot.Stored
	for _, text := range manifests {
		live, stored := object(t, text), object(t, text)
		live.Origin, stored.Origin = snapshot.Live, snapshot.Rendered
		s.Objects, s.Release.Manifest = append(s.Objects, live), append(s.Release.Manifest, stored)
	}
	return s
}

// fates are those of changes, in the order in which they are given, as "byMerge byApply: reason".
func fates(t testing.TB, s *snapshot.Snapshot, changes ...change.Change) []string {
	t.Helper()
	var asked []Asked
	for _, c := range changes {
		asked = append(asked, Asked{Change: c, Rule: "AS101"})
	}
	p, err := Of(asked, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Foresee(s); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range changes {
		for _, step := range p.Steps {
			if step.Target == c.Target && step.Path == c.Path {
				f := step.Fate
				out = append(out, strings.TrimSuffix(string(f.ByMerge)+" "+string(f.ByApply)+": "+f.Reason, ": "))
			}
		}
	}
	return out
}

const podSpec = "/spec/template/spec"

var redisRef = ref("apps/v1", "StatefulSet", "redis")

func setting(path string, value any) change.Change {
	return change.Change{Target: redisRef, Op: change.Set, Path: podSpec + path, Value: value}
}

func removing(path string) change.Change {
	return change.Change{Target: redisRef, Op: change.Remove, Path: podSpec + path}
}

// TestMixed finds the fields that stay beside one that is put back, where the
// pod then cannot start or work, and no other.
func TestMixed(t *testing.T) {
	account := change.Change{Target: ref("v1", "ServiceAccount", "redis"), Op: change.Set, Path: "/automountServiceAccountToken", Value: false}
	token := map[string]any{"name": "api", "projected": map[string]any{"sources": []any{map[string]any{"serviceAccountToken": map[string]any{"path": "token"}}}}}
	const rootStays = "runAsUser: 0 of the pod is put back beside it, and container redis cannot start"
	for _, test := range []struct {
		name    string
		changes []change.Change
		want    []string
	}{
		{"uid 0 comes back below the pod's runAsNonRoot",
			[]change.Change{setting("/securityContext/runAsUser", int64(999)), setting("/securityContext/runAsNonRoot", true)},
			[]string{"reverted conflicts: the release's manifest sets it to 0", "mixed survives: " + rootStays}},
		{"uid 0 comes back below the container's",
			[]change.Change{setting("/securityContext/runAsUser", int64(999)), setting("/containers/name=redis/securityContext", map[string]any{"runAsNonRoot": true})},
			[]string{"reverted conflicts: the release's manifest sets it to 0", "mixed survives: " + rootStays}},
		{"a container with a uid of its own starts",
			[]change.Change{setting("/securityContext/runAsUser", int64(999)), setting("/containers/name=exporter/securityContext/runAsNonRoot", true)},
			[]string{"reverted conflicts: the release's manifest sets it to 0", "survives survives"}},
		{"the container's own uid, which Helm does not set, stays",
			[]change.Change{setting("/containers/name=redis/securityContext/runAsUser", int64(999)), setting("/containers/name=redis/securityContext/runAsNonRoot", true)},
			[]string{"survives survives", "survives survives"}},
		{"uid 0 that was taken away comes back on both",
			[]change.Change{removing("/securityContext/runAsUser"), setting("/securityContext/runAsNonRoot", true)},
			[]string{"reverted reverted: the release's manifest sets it to 0", "mixed mixed: " + rootStays}},
		{"a pod that cannot start already is not the upgrade's work",
			[]change.Change{setting("/securityContext/runAsNonRoot", true)},
			[]string{"survives survives"}},
		{"the writable mount is Helm's read-only one again",
			[]change.Change{
				setting("/containers/name=redis/volumeMounts/mountPath=~1tmp", map[string]any{"name": "tmp", "mountPath": "/tmp"}),
				setting("/volumes/name=tmp", map[string]any{"name": "tmp", "emptyDir": map[string]any{}}),
				setting("/containers/name=redis/securityContext/readOnlyRootFilesystem", true),
			},
			[]string{`reverted conflicts: the release's manifest sets it to {"mountPath":"/tmp","name":"config"}`, "survives survives",
				"mixed survives: the mount at /tmp is put back beside it, and container redis can write there no more"}},
		{"the token's volume is another one again",
			[]change.Change{
				setting("/volumes/name=api", token), account,
				setting("/containers/name=redis/volumeMounts/mountPath=~1token", map[string]any{"name": "api", "mountPath": "/token", "readOnly": true}),
			},
			[]string{"reverted survives: the release's manifest sets it to {\"emptyDir\":{},\"name\":\"api\"}",
				"mixed survives: the volume with container redis's own token is put back beside it", "survives survives"}},
	} {
		got := fates(t, installed(t, redisManifest, accountManifest), test.changes...)
		if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
			t.Errorf("%s: got\n%s\nwant\n%s", test.name, strings.Join(got, "\n"), strings.Join(test.want, "\n"))
		}
	}
}
