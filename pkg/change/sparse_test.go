package change

import (
	"encoding/json"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func TestSparse(t *testing.T) {
	target := snapshot.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "team", Name: "web"}
	at := func(op Op, path string, value any) Change {
		return Change{Target: target, Op: op, Path: path, Value: value}
	}
	object, left := Sparse(target, []Change{
		at(Set, "/spec/template/spec/containers/name=a/securityContext/privileged", false),
		at(Set, "/spec/template/spec/containers/name=b/volumeMounts/mountPath=~1tmp", map[string]any{"mountPath": "/tmp", "name": "tmp"}),
		at(Set, "/spec/template/spec/containers/name=a/securityContext/capabilities/drop", []any{"ALL"}),
		at(Remove, "/spec/template/spec/hostNetwork", nil),
		at(Set, "/data/pod.yaml#/spec", nil),
		at(Set, "/spec/template/spec/containers/0/x", 1),
	})
	got, _ := json.Marshal(object)
	const want = `{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"team"},"spec":{"template":{"spec":{"containers":[` +
		`{"name":"a","securityContext":{"capabilities":{"drop":["ALL"]},"privileged":false}},` +
		`{"name":"b","volumeMounts":[{"mountPath":"/tmp","name":"tmp"}]}]}}}}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if len(left) != 3 {
		t.Errorf("left %v", left)
	}
}

func TestUndoPutsBack(t *testing.T) {
	const before = `{"data":{"pod.yaml":"spec:\n  containers:\n  - name: base\n"},"spec":{"a":{"b":1},"containers":[{"name":"x"}]}}`
	for _, c := range []Change{
		{Op: Set, Path: "/spec/a/b", Value: int64(2)},
		{Op: Set, Path: "/spec/new/deep/one", Value: true},
		{Op: Set, Path: "/spec/containers/name=y", Value: map[string]any{"name": "y"}},
		{Op: Set, Path: "/spec/containers/name=x/securityContext/privileged", Value: false},
		{Op: Set, Path: "/data/pod.yaml#/spec/securityContext", Value: map[string]any{"runAsNonRoot": true}},
		{Op: Remove, Path: "/spec/a/b"},
		{Op: Remove, Path: "/spec/gone"},
	} {
		content := decode(t, before)
		undo, ok := c.Undo(content)
		if err := c.Apply(content); err != nil || !ok {
			t.Fatalf("%s: %v %v", c.Path, err, ok)
		}
		if err := undo.Apply(content); err != nil {
			t.Fatalf("%s: %v", c.Path, err)
		}
		if got, _ := json.Marshal(content); string(got) != before {
			t.Errorf("%s %s became %s", c.Op, c.Path, got)
		}
	}
	if _, ok := (Change{Op: Put, Value: map[string]any{}}).Undo(nil); ok {
		t.Error("there is nothing to put back of a new object")
	}
}
