package emit

import (
	"bytes"
	"encoding/json"
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	"k8s.io/apimachinery/pkg/runtime"
	kyaml "sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// read decodes a stream of manifests as it stands, without masking.
func read(t testing.TB, text string) []snapshot.Object {
	t.Helper()
	var out []snapshot.Object
	for _, p := range cut([]byte(text)) {
		if !p.document {
			continue
		}
		content := map[string]any{}
		if err := kyaml.Unmarshal(p.text, &content); err != nil {
			t.Fatal(err)
		}
		o := snapshot.Object{Origin: snapshot.Rendered, Content: content}
		o.APIVersion, _ = content["apiVersion"].(string)
		o.Kind, _ = content["kind"].(string)
		meta, _ := content["metadata"].(map[string]any)
		o.Name, _ = meta["name"].(string)
		if o.Namespace, _ = meta["namespace"].(string); o.Namespace == "" {
			o.Namespace = "air"
		}
		out = append(out, o)
	}
	return out
}

// formOf is a plan of changes for objects that were read.
func formOf(objects []snapshot.Object, changes ...change.Change) Form {
	p := &plan.Plan{}
	for _, c := range changes {
		p.Steps = append(p.Steps, plan.Step{Change: c, Rules: []string{"AS104", "AS103"}, Component: "scheduler"})
	}
	slices.SortStableFunc(p.Steps, func(a, b plan.Step) int { return a.Target.Compare(b.Target) })
	s := &snapshot.Snapshot{Objects: objects, Release: snapshot.Release{Name: "af", Namespace: "air", Record: snapshot.FromFiles}}
	return Form{Snapshot: s, Plan: p, Header: []string{"For the release af"}}
}

const pod = "/spec/template/spec"

func hardening() []change.Change {
	text := snapshot.Ref{APIVersion: "v1", Kind: "ConfigMap", Namespace: "air", Name: "t"}
	account := snapshot.Ref{APIVersion: "v1", Kind: "ServiceAccount", Namespace: "air", Name: "new"}
	return []change.Change{
		{Target: workload("a"), Op: change.Set, Path: pod + "/securityContext/runAsNonRoot", Value: true},
		{Target: workload("a"), Op: change.Set, Path: pod + "/containers/0/securityContext/capabilities/drop", Value: []any{"ALL"}},
		{Target: workload("a"), Op: change.Set, Path: pod + "/containers/0/securityContext/privileged", Value: false},
		{Target: workload("a"), Op: change.Set, Path: pod + "/containers/name=two/securityContext/runAsUser", Value: int64(50000)},
		{Target: workload("a"), Op: change.Set, Path: pod + "/containers/name=two/volumeMounts/mountPath=~1tmp", Value: map[string]any{"name": "tmp", "mountPath": "/tmp"}},
		{Target: workload("a"), Op: change.Set, Path: pod + "/volumes/name=tmp", Value: map[string]any{"name": "tmp", "emptyDir": map[string]any{}}},
		{Target: workload("a"), Op: change.Remove, Path: pod + "/containers/name=one/env/name=flag"},
		{Target: text, Op: change.Set, Path: "/data/pod.yaml#/spec/containers/name=base/securityContext/privileged", Value: false},
		{Target: account, Op: change.Put, Value: map[string]any{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": map[string]any{"name": "new", "namespace": "air"}}},
	}
}

// patched is what a real JSON patch library makes of an object.
func patched(t testing.TB, content map[string]any, ops []Operation) map[string]any {
	t.Helper()
	doc, _ := json.Marshal(content)
	text, err := json.Marshal(ops)
	if err != nil {
		t.Fatal(err)
	}
	patch, err := jsonpatch.DecodePatch(text)
	if err != nil {
		t.Fatal(err)
	}
	after, err := patch.Apply(doc)
	if err != nil {
		t.Fatalf("%v: %s\non %s", err, text, doc)
	}
	out := map[string]any{}
	if err := json.Unmarshal(after, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

// there are the patches of a form and their inverses, tried on each object that exists.
func thereAndBack(t testing.TB, f Form) {
	t.Helper()
	objects, err := f.whole()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		if o.before == nil {
			continue
		}
		ops, left := o.patch(o.before, o.after, o.changes, readable)
		if len(left) > 0 {
			t.Fatalf("%s: left %+v", o.Ref, left)
		}
		after := patched(t, o.before, ops)
		if !equal(after, o.after) {
			t.Errorf("%s: the patch makes\n%v\nwant\n%v", o.Ref, after, o.after)
		}
		var undo []change.Change
		for _, c := range o.changes {
			back, _ := c.Undo(o.before)
			undo = append(undo, back)
		}
		ops, left = o.patch(o.after, o.before, undo, kept)
		if back := patched(t, after, ops); len(left) > 0 || !equal(back, o.before) {
			t.Errorf("%s: taken back it is\n%v\nwant\n%v", o.Ref, back, o.before)
		}
	}
}

func TestJSONPatchAgreesWithTheLibrary(t *testing.T) {
	thereAndBack(t, formOf(read(t, manifests), hardening()...))
}

// A patch must not reach an object that has changed since it was written.
func TestJSONPatchRefusesAnObjectThatHasChanged(t *testing.T) {
	objects, err := formOf(read(t, manifests), hardening()...).whole()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range objects {
		if o.Name != "a" {
			continue
		}
		ops, _ := o.patch(o.before, o.after, o.changes, readable)
		text, _ := json.Marshal(ops)
		patch, _ := jsonpatch.DecodePatch(text)
		for _, c := range []change.Change{
			{Op: change.Set, Path: pod + "/containers/0/name", Value: "other"},
			{Op: change.Set, Path: pod + "/containers/name=two/securityContext/runAsUser", Value: int64(7)},
		} {
			content := runtime.DeepCopyJSON(o.before)
			if err := c.Apply(content); err != nil {
				t.Fatal(err)
			}
			doc, _ := json.Marshal(content)
			if after, err := patch.Apply(doc); err == nil {
				t.Errorf("after %s the patch still makes %s", c.Path, after)
			}
		}
	}
}

// TestRandomPatchesThereAndBack tries random changes of random objects.
func TestRandomPatchesThereAndBack(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	names := []string{"a", "b", "c"}
	pick := func() string { return names[r.IntN(3)] }
	var value func(depth int) any
	value = func(depth int) any {
		switch n := r.IntN(6); {
		case depth > 3 || n < 2:
			return []any{true, int64(5), "text", "~/x"}[r.IntN(4)]
		case n < 4:
			out := map[string]any{}
			for range r.IntN(3) {
				out[pick()] = value(depth + 1)
			}
			return out
		}
		out := []any{}
		for _, name := range names[:r.IntN(4)] {
			out = append(out, map[string]any{"name": name, pick(): value(depth + 1)})
			out[len(out)-1].(map[string]any)["name"] = name
		}
		return out
	}
	tried := 0
	for range 20_000 {
		content := map[string]any{"a": value(0), "b": value(0), "c": value(0)}
		path := ""
		for range 1 + r.IntN(4) {
			path += "/" + []string{pick(), pick(), "name=" + pick()}[r.IntN(3)]
		}
		c := change.Change{Target: workload("a"), Op: []change.Op{change.Set, change.Remove}[r.IntN(2)], Path: path}
		if c.Op == change.Set {
			c.Value = value(2)
			if field, name, keyed := change.Keyed(last(path)); keyed {
				c.Value = map[string]any{field: name, "x": true}
			}
		}
		object := snapshot.Object{Ref: workload("a"), Content: content}
		f := formOf([]snapshot.Object{object}, c)
		if _, err := f.whole(); err != nil {
			continue // the change does not fit the object
		}
		tried++
		thereAndBack(t, f)
		if t.Failed() {
			t.Fatalf("%+v on %v", c, content)
		}
	}
	if tried < 2000 {
		t.Errorf("only %d changes fitted their object", tried)
	}
}

// corpus are rendered charts of the folder that AIRFLOWSEC_CORPUS names.
func corpus(t *testing.T) []string {
	t.Helper()
	folder := os.Getenv("AIRFLOWSEC_CORPUS")
	if folder == "" {
		t.Skip("AIRFLOWSEC_CORPUS names no folder of rendered charts")
	}
	out, err := filepath.Glob(filepath.Join(folder, "*", "*", "manifest.yaml"))
	if err != nil || len(out) == 0 {
		t.Fatalf("no rendered charts in %s", folder)
	}
	return out
}

func TestFormsAreTheSameEveryTime(t *testing.T) {
	forms := func() []byte {
		f := formOf(read(t, manifests), hardening()...)
		var b bytes.Buffer
		for _, form := range []func() ([]byte, []plan.Dropped, error){f.Stream, f.StreamRollback, f.JSONPatch, f.JSONPatchRollback} {
			text, _, err := form()
			if err != nil {
				t.Fatal(err)
			}
			b.Write(text)
		}
		files, _, err := f.Kustomize()
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range slices.Sorted(maps.Keys(files)) {
			b.WriteString("== " + name + "\n")
			b.Write(files[name])
		}
		return b.Bytes()
	}
	first := forms()
	for range 20 {
		if !bytes.Equal(first, forms()) {
			t.Fatal("the forms differ from one time to the next")
		}
	}
	if path := filepath.Join("testdata", "forms.txt"); *update {
		if err := os.WriteFile(path, first, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want, err := os.ReadFile(path); err != nil || string(want) != string(first) {
		t.Errorf("%s differs (%v); got\n%s", path, err, first)
	}
}

// What was masked cannot be written back, in any form.
func TestNoFormHoldsMaskedText(t *testing.T) {
	token := snapshot.Masked{ID: "7"}.Token()
	objects := read(t, strings.ReplaceAll(manifests, "# the task pod", "x: "+token))
	objects[0].Content["kept"] = map[string]any{"secret": token}
	f := formOf(objects, append(hardening(), change.Change{Target: workload("a"), Op: change.Set, Path: "/kept/secret", Value: "plain"})...)
	for name, form := range map[string]func() ([]byte, []plan.Dropped, error){
		"stream": f.Stream, "stream rollback": f.StreamRollback, "json-patch": f.JSONPatch, "json-patch rollback": f.JSONPatchRollback,
		"kustomize": func() ([]byte, []plan.Dropped, error) {
			files, left, err := f.Kustomize()
			return slices.Concat(slices.Collect(maps.Values(files))...), left, err
		},
	} {
		text, left, err := form()
		if err != nil || strings.Contains(string(text), token) {
			t.Errorf("%s: %v, %s", name, err, text)
		}
		if len(left) == 0 {
			t.Errorf("%s leaves no step", name)
		}
	}
}

// Names are data: a shell must read them as words.
func TestHostileNamesStayWords(t *testing.T) {
	name := "x'; rm -rf $HOME\n#`y`"
	objects := []snapshot.Object{{Ref: workload(name), Content: map[string]any{"metadata": map[string]any{"name": name}}}}
	f := formOf(objects, change.Change{Target: workload(name), Op: change.Set, Path: "/spec/x", Value: "it's"})
	text, _, err := f.JSONPatch()
	if err != nil || !strings.Contains(string(text), `'deployment.v1.apps/x'\''; rm`) && !strings.Contains(string(text), `'deployment/x'\''; rm`) {
		t.Errorf("%v\n%s", err, text)
	}
	files, _, err := f.Kustomize()
	for file := range files {
		if strings.ContainsAny(file, "'; $\n`") || strings.Contains(file, "..") {
			t.Errorf("a file is named %q", file)
		}
	}
	if err != nil {
		t.Error(err)
	}
}
