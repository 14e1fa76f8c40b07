package plan

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// decoded is YAML as objects hold it: whole numbers are int64.
func decoded(t testing.TB, text string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := yaml.Unmarshal([]byte(text), &out); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return whole(out).(map[string]any)
}

func whole(value any) any {
	switch at := value.(type) {
	case map[string]any:
		for key := range at {
			at[key] = whole(at[key])
		}
	case []any:
		for i := range at {
			at[i] = whole(at[i])
		}
	case float64:
		return int64(at)
	}
	return value
}

// fields are places in a workload, with values that a manifest, a live object or a plan may hold there.
var fields = []struct {
	path   string
	values string // a YAML list
}{
	{"/metadata/labels/a", "[x, u, null]"},
	{"/metadata/annotations", "[{a: x}, {a: u, b: z}, {}, null]"},
	{"/spec/replicas", "[1, 2]"},
	{"/spec/template/metadata/annotations/a~1b", "[x, u]"},
	{"/spec/template/spec/serviceAccountName", "[one, two]"},
	{"/spec/template/spec/automountServiceAccountToken", "[true, false, null]"},
	{"/spec/template/spec/securityContext", "[{}, {runAsUser: 0}, {runAsNonRoot: true, runAsUser: 50000}, {seccompProfile: {type: RuntimeDefault}}, null]"},
	{"/spec/template/spec/securityContext/runAsUser", "[0, 50000, null]"},
	{"/spec/template/spec/securityContext/runAsNonRoot", "[true, false]"},
	{"/spec/template/spec/securityContext/supplementalGroups", "[[1], [1, 2], []]"},
	{"/spec/template/spec/nodeSelector", "[{a: x}, {a: x, b: u}, {}]"},
	{"/spec/template/spec/tolerations", "[[], [{key: a}], [{key: a}, {key: b}], null]"},
	{"/spec/template/spec/volumes", "[[], [{name: tmp, emptyDir: {}}], [{name: tmp, secret: {secretName: s}}, {name: other, emptyDir: {medium: Memory}}], null]"},
	{"/spec/template/spec/volumes/name=tmp", "[{name: tmp, emptyDir: {}}, {name: tmp, configMap: {name: c}}]"},
	{"/spec/template/spec/volumes/name=token", "[{name: token, projected: {sources: [{serviceAccountToken: {path: token}}]}}]"},
	{"/spec/template/spec/imagePullSecrets", "[[{name: a}], [{name: b}]]"},
	{"/spec/template/spec/containers/name=a/securityContext", "[{}, {capabilities: {drop: [ALL]}}, {privileged: false, capabilities: {add: [SYS_ADMIN], drop: [ALL]}}, null]"},
	{"/spec/template/spec/containers/name=a/securityContext/capabilities/drop", "[[ALL], [NET_RAW, ALL], []]"},
	{"/spec/template/spec/containers/name=a/securityContext/readOnlyRootFilesystem", "[true, false]"},
	{"/spec/template/spec/containers/name=a/volumeMounts", "[[], [{name: tmp, mountPath: /tmp}], [{name: other, mountPath: /tmp}, {name: tmp, mountPath: /x, readOnly: true}]]"},
	{"/spec/template/spec/containers/name=a/volumeMounts/mountPath=~1tmp", "[{name: tmp, mountPath: /tmp}, {name: third, mountPath: /tmp, readOnly: true}]"},
	{"/spec/template/spec/containers/name=a/env", "[[{name: A, value: x}], [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}, {name: B, value: u}]]"},
	{"/spec/template/spec/containers/name=a/env/name=A", "[{name: A, value: x}, {name: A, value: u}]"},
	{"/spec/template/spec/containers/name=a/args", "[[x], [x, u]]"},
	{"/spec/template/spec/containers/name=a/resources/limits", "[{cpu: x}, {cpu: u, memory: z}, {}]"},
	{"/spec/template/spec/containers/name=b", "[{name: b, image: x}, {name: b, image: u, ports: [{containerPort: 80, protocol: TCP}]}]"},
}

const workload = `{apiVersion: apps/v1, kind: Deployment, metadata: {name: w, namespace: team}, spec: {template: {spec: {containers: [{name: a, image: i}]}}}}`

var workloadRef = snapshot.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "team", Name: "w"}

// random puts a random value into an object at a field, where that fits.
func random(t testing.TB, r *rand.Rand, content map[string]any, nulls bool) (change.Change, bool) {
	t.Helper()
	f := fields[r.IntN(len(fields))]
	var values []any
	if err := yaml.Unmarshal([]byte(f.values), &values); err != nil {
		t.Fatal(err)
	}
	c := change.Change{Target: workloadRef, Op: change.Set, Path: f.path, Value: whole(values[r.IntN(len(values))])}
	if c.Value == nil && !nulls {
		return c, false
	}
	return c, c.Apply(content) == nil
}

// aManifest is a random manifest; nulls may stand in it.
func aManifest(t testing.TB, r *rand.Rand) map[string]any {
	content := decoded(t, workload)
	for range r.IntN(12) {
		random(t, r, content, true)
	}
	return content
}

// withoutNulls is what the API server stores of a manifest.
func withoutNulls(value any) any {
	switch at := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, below := range at {
			if below != nil {
				out[key] = withoutNulls(below)
			}
		}
		return out
	case []any:
		out := []any{}
		for _, entry := range at {
			out = append(out, withoutNulls(entry))
		}
		return out
	}
	return value
}

// TestMergedIsStrategicMerge holds the replay of a client's upgrade to the
// library that both Helms use for it.
func TestMergedIsStrategicMerge(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	changed := 0
	for round := range 1000 {
		manifest := aManifest(t, r)
		live := withoutNulls(manifest).(map[string]any)
		for range r.IntN(6) {
			random(t, r, live, false)
		}
		want := strategically(t, live, manifest)
		got := merged("Deployment", live, manifest)
		if inOrder(got) != inOrder(want) {
			t.Fatalf("round %d:\nlive     %s\nmanifest %s\ngot  %s\nwant %s", round, inOrder(live), inOrder(manifest), inOrder(got), inOrder(want))
		}
		if inOrder(got) != inOrder(live) {
			changed++
		}
	}
	if changed < 200 {
		t.Errorf("only %d of the upgrades change anything", changed)
	}
}

// strategically is an upgrade as Helm makes it: one manifest as the original and the new one.
func strategically(t testing.TB, live, manifest map[string]any) map[string]any {
	t.Helper()
	kind, err := scheme.Scheme.New(schema.FromAPIVersionAndKind(manifest["apiVersion"].(string), manifest["kind"].(string)))
	if err != nil {
		t.Fatal(err)
	}
	meta, err := strategicpatch.NewPatchMetaFromStruct(kind)
	if err != nil {
		t.Fatal(err)
	}
	now, set := inJSON(t, live), inJSON(t, manifest)
	patch, err := strategicpatch.CreateThreeWayMergePatch(set, set, now, meta, true)
	if err != nil {
		t.Fatal(err)
	}
	out, err := strategicpatch.StrategicMergePatchUsingLookupPatchMeta(now, patch, meta)
	if err != nil {
		t.Fatal(err)
	}
	return decoded(t, string(out))
}

func inJSON(t testing.TB, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// inOrder is an object as text, with the entries of its lists sorted where their order means nothing.
func inOrder(value any) string {
	switch at := value.(type) {
	case map[string]any:
		var parts []string
		for key, below := range at {
			text := inOrder(below)
			if entries, ok := below.([]any); ok && mergeKeys("Deployment", key) != nil {
				var sorted []string
				for _, entry := range entries {
					sorted = append(sorted, inOrder(entry))
				}
				slices.Sort(sorted)
				text = fmt.Sprint(sorted)
			}
			parts = append(parts, key+": "+text)
		}
		slices.Sort(parts)
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		var parts []string
		for _, entry := range at {
			parts = append(parts, inOrder(entry))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return fmt.Sprint(value)
}

// TestFatesAreWhatTheServerDoes makes random changes to random objects and
// compares the fate of each with the API server's own server-side apply, and
// with the strategic merge.
func TestFatesAreWhatTheServerDoes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	seen := map[string]int{}
	for round := range 500 {
		manifest := aManifest(t, r)
		live := withoutNulls(manifest).(map[string]any)
		byUpdate := r.IntN(2) == 0
		s := newServer(t, manifest)
		if byUpdate {
			s.update(live, "helm")
		} else if !s.apply(manifest, "helm", false) {
			t.Fatal("the first apply is refused")
		}
		c, fits := random(t, r, runtime.DeepCopyJSON(live), false)
		if !fits {
			continue
		}
		sparse, left := change.Sparse(workloadRef, []change.Change{c})
		if len(left) > 0 {
			t.Fatalf("%s cannot be applied", c.Path)
		}
		step := foreseen(t, c, live, manifest, s.managers())
		told := fmt.Sprintf("round %d: %s = %v\nlive     %s\nmanifest %s\n%+v", round, c.Path, c.Value, inOrder(live), inOrder(manifest), step.Fate)
		refused := !s.apply(sparse, snapshot.PlanManager, false)
		if refused != (len(step.Fate.Contested) > 0) {
			t.Fatalf("%s\nthe server refuses it without force: %v", told, refused)
		}
		s.apply(sparse, snapshot.PlanManager, true)
		outcome := Survives
		if !s.apply(manifest, "helm", false) {
			outcome = Conflicts
		}
		if step.Fate.ByApply != outcome {
			t.Fatalf("%s\nserver-side apply: %s", told, outcome)
		}
		patched := runtime.DeepCopyJSON(live)
		if err := c.Apply(patched); err != nil {
			t.Fatal(err)
		}
		places := placesOf("Deployment", c.Path, live)
		if got := byMerge("Deployment", places, patched, strategically(t, patched, manifest)); step.Fate.ByMerge != got && step.Fate.ByMerge != Mixed {
			t.Fatalf("%s\nthe merge: %s", told, got)
		}
		seen[fmt.Sprintf("%v %s %s %v", byUpdate, step.Fate.ByMerge, step.Fate.ByApply, refused)]++
	}
	if len(seen) < 8 {
		t.Errorf("too few cases: %v", seen)
	}
	t.Log(seen)
}

// foreseen is one change as a step with its fate.
func foreseen(t testing.TB, c change.Change, live, manifest map[string]any, managers []snapshot.Manager) Step {
	t.Helper()
	ref := c.Target
	s := &snapshot.Snapshot{Objects: []snapshot.Object{{Ref: ref, Origin: snapshot.Live, Content: live, Managers: managers}}}
	s.Release.Record = snapshot.Stored
	s.Release.Manifest = []snapshot.Object{{Ref: ref, Origin: snapshot.Rendered, Content: manifest}}
	p := &Plan{Steps: []Step{{Change: c}}}
	if err := p.Foresee(s); err != nil {
		t.Fatal(err)
	}
	return p.Steps[0]
}
