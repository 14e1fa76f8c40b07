package collect

import (
	"bytes"
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

var fixedTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

const savedManifests = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {release: rel}}
spec:
  replicas: 3
  template: {spec: {containers: [{name: web, image: "a:1", env: [{name: A, value: hunter2}], resources: {limits: {cpu: 1.5, memory: 1Gi}}}]}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data: {airflow.cfg: "[core]\nexecutor = LocalExecutor\n"}
`

func savedSnapshot(t testing.TB) []byte {
	t.Helper()
	s, err := FromFiles(context.Background(), Files{Paths: []string{"-"}, Stdin: strings.NewReader(savedManifests), Now: fixedTime})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := WriteSnapshot(&out, s); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestSnapshotRoundTrip(t *testing.T) {
	text := savedSnapshot(t)
	s, err := ReadSnapshot(bytes.NewReader(text), "s.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var again bytes.Buffer
	if err := WriteSnapshot(&again, s); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again.Bytes(), text) {
		t.Errorf("got\n%s\nwant\n%s", again.Bytes(), text)
	}
	if replicas := s.Objects[1].At("spec", "replicas"); replicas != int64(3) {
		t.Errorf("replicas are %#v", replicas)
	}
	asJSON, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	fromJSON, err := ReadSnapshot(bytes.NewReader(asJSON), "s.json")
	if err != nil || !reflect.DeepEqual(fromJSON, s) {
		t.Errorf("JSON reads otherwise: %v", err)
	}
}

func TestReadSnapshotRefusesWhatIsNone(t *testing.T) {
	text := string(savedSnapshot(t))
	for _, c := range []struct{ text, want string }{
		{"", "s: is not a snapshot: kind is not Snapshot"},
		{configMapA, "s: is not a snapshot: kind is not Snapshot"},
		{"- hunter2", "s: is not a snapshot: kind is not Snapshot"},
		{"a: [hunter2", "s:1: is not valid YAML (check indentation, brackets and quotes)"},
		{strings.Replace(text, "v1alpha1", "v9", 1), "s: is a snapshot of another version: this program reads airflowsec.io/v1alpha1"},
		{text + "novelty: hunter2\n", `s: is not a snapshot: it has an unknown field "novelty"`},
		{text + "Around:\n- kind: Service\n  name: hunter2\n", `s: is not a snapshot: it has an unknown field "Around"`},
		{strings.Replace(text, "  record: files", "  record: files\n  Hooks:\n  - kind: Job\n    name: hunter2", 1), `s: is not a snapshot: it has an unknown field "release.Hooks"`},
		{strings.Replace(text, "  record: files", "  record: hunter2", 1), "s: is not a snapshot: release.record is none of stored, recognised, chart, files"},
		{strings.Replace(text, "takenAt: \"2026", "takenAt: \"hunter2", 1), "s: is not a snapshot: a field has the wrong form"},
		{strings.Replace(text, "  name: rel", "  name: [hunter2]", 1), "s: is not a snapshot: release.name has the wrong type"},
		{strings.Replace(text, "objects:\n- api", "objects:\n- hunter2\n- api", 1), "s: is not a snapshot: objects[0] has no content"},
		{strings.Replace(text, "  kind: ConfigMap\n  line", "  line", 1), "s: is not a snapshot: objects[0] has no kind or name"},
	} {
		_, err := ReadSnapshot(strings.NewReader(c.text), "s")
		if err == nil || err.Error() != c.want {
			t.Errorf("got %v\nwant %s", err, c.want)
		}
	}
}
