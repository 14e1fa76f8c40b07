package emit

import (
	"errors"
	"strings"
	"testing"

	kyaml "sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

const manifests = `# rendered
---
# Source: airflow/templates/a.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: a # the one
  labels: {tier: "airflow"}
spec:
  replicas: 0x1
  template:
    spec:
      # who runs
      securityContext: {}
      containers:
      # the first
      - name: one
        image: x:1   # fixed
        args: ["a", 'b']
        env: [{name: flag, value: "yes"}]
      - name: two
        securityContext:
          runAsUser: 0 # root
---
apiVersion: v1
kind:   Secret
metadata: {name:   s}
data:
    k:   cGxhaW4=
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: t
  namespace: air
data:
  other: |
    text
  pod.yaml: |
    # the task pod
    spec:
      containers:
        - name: base   # yes
          image: x
`

func workload(name string) snapshot.Ref {
	return snapshot.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "air", Name: name}
}

func TestEdit(t *testing.T) {
	pod := "/spec/template/spec"
	text := snapshot.Ref{APIVersion: "v1", Kind: "ConfigMap", Namespace: "air", Name: "t"}
	role := map[string]any{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": map[string]any{"name": "new", "namespace": "air"}}
	got, err := Edit([]byte(manifests), []change.Change{
		{Target: workload("a"), Op: change.Set, Path: pod + "/securityContext/runAsNonRoot", Value: true},
		{Target: workload("a"), Op: change.Set, Path: pod + "/containers/0/securityContext/capabilities/drop", Value: []any{"ALL"}},
		{Target: workload("a"), Op: change.Set, Path: pod + "/containers/name=two/securityContext/runAsUser", Value: int64(50000)},
		{Target: workload("a"), Op: change.Set, Path: pod + "/volumes/name=tmp", Value: map[string]any{"name": "tmp", "emptyDir": map[string]any{}}},
		{Target: workload("a"), Op: change.Remove, Path: pod + "/containers/name=one/args"},
		{Target: text, Op: change.Set, Path: "/data/pod.yaml#/spec/containers/name=base/securityContext/privileged", Value: false},
		{Target: snapshot.Ref{APIVersion: "v1", Kind: "ServiceAccount", Namespace: "air", Name: "new"}, Op: change.Put, Value: role},
	}, "air")
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer(
		"      securityContext: {}\n", "      securityContext:\n        runAsNonRoot: true\n",
		"        image: x:1   # fixed\n        args: [\"a\", 'b']\n", "        image: x:1 # fixed\n",
		"value: \"yes\"}]\n", "value: \"yes\"}]\n        securityContext:\n          capabilities:\n            drop:\n            - ALL\n",
		"          runAsUser: 0 # root\n", "          runAsUser: 50000 # root\n      volumes:\n      - emptyDir: {}\n        name: tmp\n",
		"base   # yes\n          image: x\n", "base # yes\n          image: x\n          securityContext:\n            privileged: false\n",
	).Replace(manifests) + "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: new\n"
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestEditWithoutAChangeIsTheSameBytes(t *testing.T) {
	for _, text := range []string{manifests, "", "\n\n---\n", "---\r\na: 1\r\n...\r\n# end", "--- {a: 1}\n", "%YAML 1.1\n---\na: 1", "x"} {
		if got, err := Edit([]byte(text), nil, "air"); err != nil || string(got) != text {
			t.Errorf("%q became %q, %v", text, got, err)
		}
	}
}

// What stands for two places is changed in one of them.
func TestEditExpandsAliases(t *testing.T) {
	const text = `apiVersion: apps/v1
kind: Deployment
metadata: {name: a}
one: &x {runAsUser: 1}
two: *x
three:
  <<: *x
  other: 1
`
	got, err := Edit([]byte(text), []change.Change{
		{Target: workload("a"), Op: change.Set, Path: "/two/runAsUser", Value: int64(2)},
		{Target: workload("a"), Op: change.Set, Path: "/three/runAsUser", Value: int64(3)},
	}, "air")
	var out map[string]any
	if err != nil || kyaml.Unmarshal(got, &out) != nil {
		t.Fatal(string(got), err)
	}
	for key, want := range map[string]float64{"one": 1, "two": 2, "three": 3} {
		if value, _ := change.Lookup(out, "/"+key+"/runAsUser"); value != want {
			t.Errorf("%s is %v in\n%s", key, value, got)
		}
	}
}

func TestEditGoesIntoListsAndJSON(t *testing.T) {
	const text = `{"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "b"}},
  {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "air", "x": "yes"}}]}`
	got, err := Edit([]byte(text), []change.Change{{Target: workload("a"), Op: change.Set, Path: "/spec/replicas", Value: int64(2)}}, "elsewhere")
	var out map[string]any
	if err != nil || kyaml.Unmarshal(got, &out) != nil {
		t.Fatal(string(got), err)
	}
	if value, _ := change.Lookup(out, "/items/1/spec/replicas"); value != 2.0 {
		t.Errorf("got\n%s", got)
	}
	if value, _ := change.Lookup(out, "/items/1/metadata/x"); value != "yes" {
		t.Errorf("a text became %v", value)
	}
}

func TestEditRefuses(t *testing.T) {
	token := snapshot.Masked{ID: "1"}.Token()
	for name, c := range map[string]change.Change{
		"nothing to change":          {Target: workload("z"), Op: change.Set, Path: "/spec/x", Value: 1},
		"nothing to descend":         {Target: workload("a"), Op: change.Set, Path: "/kind/x", Value: 1},
		"a list of 2":                {Target: workload("a"), Op: change.Set, Path: "/spec/template/spec/containers/7/x", Value: 1},
		"masked as a secret":         {Target: workload("a"), Op: change.Set, Path: "/spec/x", Value: "a" + token},
		"text that was masked":       {Target: workload("n"), Op: change.Put, Value: map[string]any{"kind": token}},
		"the text is not YAML":       {Target: workload("a"), Op: change.Set, Path: "/spec/template/spec/containers/0/image#/x", Value: true},
		"needs name: b":              {Target: workload("a"), Op: change.Set, Path: "/spec/template/spec/volumes/name=b", Value: map[string]any{}},
		"cannot be removed by its p": {Target: workload("a"), Op: change.Remove, Path: "/spec/template/spec/containers/0"},
	} {
		got, err := Edit([]byte(manifests), []change.Change{c}, "air")
		if err == nil || got != nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestEditShowsNothingOfWhatItCannotRead(t *testing.T) {
	for _, text := range []string{"a: [Planted", "a: &b [*b]\nkind: Planted", "\tPlanted", "a: 'Planted\n---\nb: 1"} {
		if _, err := Edit([]byte(text), []change.Change{{Target: workload("a"), Op: change.Set, Path: "/x", Value: 1}}, "air"); err == nil || strings.Contains(err.Error(), "Planted") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Where two keys are one in JSON, each reading of the document gives another one.
func TestEditRefusesKeysThatAreOneInJSON(t *testing.T) {
	for _, test := range []struct{ labels, path string }{
		{"{00: a}", "/metadata/labels/0"},
		{"{00: a, '0': b}", "/metadata/labels/c"},
		{"{00: a, '0': b}", "/metadata/labels/00"},
		{"{0x1: a, 1: b}", "/metadata/labels/c"},
		{"{yes: a}", "/metadata/labels/true"},
		{"{<<: {off: a}, 'false': b}", "/metadata/labels/c"},
	} {
		doc := "kind: Deployment\napiVersion: apps/v1\nmetadata: {name: a, labels: " + test.labels + "}\n"
		for _, op := range []change.Op{change.Set, change.Remove} {
			if op == change.Remove && strings.Count(test.labels, ",") == 0 {
				continue // nothing to remove
			}
			_, err := Edit([]byte(doc), []change.Change{{Target: workload("a"), Op: op, Path: test.path, Value: "x"}}, "air")
			if !errors.Is(err, errTwoWays) {
				t.Errorf("%v %s in %s: %v", op, test.path, test.labels, err)
			}
		}
	}
}

// FuzzEdit holds Edit to change.Apply on the decoded document, and comments to their words.
func FuzzEdit(f *testing.F) {
	for _, doc := range strings.Split(manifests, "---\n") {
		f.Add(doc, "/spec/template/spec/containers/name=two/securityContext/runAsNonRoot", "true", false)
		f.Add(doc, "/data/pod.yaml#/spec/x", "{a: [1, \"yes\", null]}", false)
		f.Add(doc, "/metadata/labels", "", true)
	}
	f.Add("a: &x [1]\nb: {<<: {c: 1}, d: *x}\n", "/b/c/d", "012", false)
	f.Add("00:\n", "0/b", "1", false)
	f.Add("a: >\n  folded\n   more\n\n  end\nb: |2-\n    x\n", "/c", "|\n x\n", false)
	f.Fuzz(func(t *testing.T, doc, path, value string, remove bool) {
		var before map[string]any
		if kyaml.Unmarshal([]byte(doc), &before) != nil || len(before) == 0 || strings.Contains(doc, "\n---") || strings.Contains(doc, "\n...") {
			return
		}
		c := change.Change{Op: change.Set, Path: path}
		if kyaml.Unmarshal([]byte(value), &c.Value) != nil || secret(c.Value) {
			return
		}
		if remove {
			c = change.Change{Op: change.Remove, Path: path}
		}
		d, err := parseDocument([]byte(doc))
		if err != nil {
			return
		}
		o := writtenObject{d, d.root.Content[0], -1}
		if o.edit([]change.Change{c}) != nil {
			return
		}
		out, err := d.bytes()
		if err != nil {
			return // refused, because it would not be exact
		}
		var after map[string]any
		if err := kyaml.Unmarshal(out, &after); err != nil {
			t.Fatalf("%v in\n%s", err, out)
		}
		if err := c.Apply(before); err != nil {
			t.Fatalf("change.Apply refuses %q of\n%s: %v", path, doc, err)
		}
		if !strings.Contains(path, "#") && !equal(after, before) {
			t.Errorf("%q made\n%s\nof\n%s", path, out, doc)
		}
	})
}
