package change

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

const pod = `{"spec":{"containers":[{"name":"a"},{"name":"b","securityContext":{"privileged":true}}]}}`

func TestApply(t *testing.T) {
	for _, c := range []struct {
		name   string
		change Change
		want   string
	}{
		{"set makes missing maps", Change{Op: Set, Path: "/spec/containers/0/securityContext/privileged", Value: false},
			`{"spec":{"containers":[{"name":"a","securityContext":{"privileged":false}},{"name":"b","securityContext":{"privileged":true}}]}}`},
		{"set by name", Change{Op: Set, Path: "/spec/containers/name=b/securityContext/privileged", Value: false},
			`{"spec":{"containers":[{"name":"a"},{"name":"b","securityContext":{"privileged":false}}]}}`},
		{"remove", Change{Op: Remove, Path: "/spec/containers/1/securityContext"},
			`{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}`},
		{"remove what is absent", Change{Op: Remove, Path: "/spec/nothing/here"}, pod},
		{"set a list entry", Change{Op: Set, Path: "/spec/containers/0", Value: "x"},
			`{"spec":{"containers":["x",{"name":"b","securityContext":{"privileged":true}}]}}`},
		{"escaped key", Change{Op: Set, Path: "/metadata/annotations/a~1b~0c", Value: "1"},
			`{"metadata":{"annotations":{"a/b~c":"1"}},"spec":{"containers":[{"name":"a"},{"name":"b","securityContext":{"privileged":true}}]}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			content := decode(t, pod)
			if err := c.change.Apply(content); err != nil {
				t.Fatal(err)
			}
			if got, _ := json.Marshal(content); string(got) != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestApplyRefusesPathsThatDoNotFit(t *testing.T) {
	for path, want := range map[string]string{
		"":                          "inside the object",
		"/spec/containers/9/x":      "no entry",
		"/spec/containers/-1/x":     "no entry",
		"/spec/containers/name=z/x": `no entry with name "z"`,
		"/spec/containers/0/name/x": "nothing to descend",
	} {
		c := Change{Target: snapshot.Ref{Kind: "Pod", Name: "p"}, Op: Set, Path: path, Value: 1}
		err := c.Apply(decode(t, pod))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "pod/p") {
			t.Errorf("%q: %v, want %q", path, err, want)
		}
	}
	if err := (Change{Op: Remove, Path: "/spec/containers/0"}).Apply(decode(t, pod)); err == nil {
		t.Error("a list entry was removed, which would move the others")
	}
}

func TestEscapeAndSplit(t *testing.T) {
	if got := Split("/" + Escape("a/b~c") + "/d"); len(got) != 2 || got[0] != "a/b~c" || got[1] != "d" {
		t.Errorf("split to %q", got)
	}
}

func decode(t *testing.T, text string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestPut(t *testing.T) {
	c := Change{Op: Put, Value: map[string]any{"kind": "NetworkPolicy"}}
	for _, before := range []string{`{}`, pod} {
		content := decode(t, before)
		if err := c.Apply(content); err != nil {
			t.Fatal(err)
		}
		if got, _ := json.Marshal(content); string(got) != `{"kind":"NetworkPolicy"}` {
			t.Errorf("%s became %s", before, got)
		}
	}
	for _, bad := range []Change{{Op: Put, Value: "text"}, {Op: Put, Path: "/spec", Value: map[string]any{}}} {
		if err := bad.Apply(map[string]any{}); err == nil {
			t.Errorf("%+v was applied", bad)
		}
	}
}
