package diff

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var scheduler = snapshot.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "air", Name: "af-scheduler"}

// live is what an API server returns: much of it is no concern of a plan.
const live = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: af-scheduler, namespace: air, uid: 1-2-3, generation: 7, labels: {tier: airflow}}
spec:
  progressDeadlineSeconds: 600
  template:
    spec:
      dnsPolicy: ClusterFirst
      securityContext: {runAsUser: 50000}
      initContainers:
      - {name: wait, image: 'apache/airflow:3.2.2', terminationMessagePath: /dev/termination-log}
      containers:
      - {name: scheduler, image: 'apache/airflow:3.2.2', imagePullPolicy: IfNotPresent, securityContext: {privileged: true}}
      - {name: git-sync, image: 'git-sync:v4'}
      volumes:
      - {name: logs, emptyDir: {}}
status: {observedGeneration: 7}
`

func object(t *testing.T, text string) snapshot.Object {
	t.Helper()
	content := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &content); err != nil {
		t.Fatal(err)
	}
	meta, _ := content["metadata"].(map[string]any)
	ref := snapshot.Ref{APIVersion: content["apiVersion"].(string), Kind: content["kind"].(string), Name: meta["name"].(string)}
	ref.Namespace, _ = meta["namespace"].(string)
	return snapshot.Object{Ref: ref, Origin: snapshot.Live, Content: content}
}

func snapshotOf(t *testing.T, texts ...string) *snapshot.Snapshot {
	t.Helper()
	s := &snapshot.Snapshot{Release: snapshot.Release{Name: "af", Namespace: "air", Revision: 3, Record: snapshot.Stored}}
	for _, text := range texts {
		s.Objects = append(s.Objects, object(t, text))
	}
	return s
}

func step(path string, value any, rules ...string) plan.Step {
	return plan.Step{Change: change.Change{Target: scheduler, Op: change.Set, Path: path, Value: value}, Rules: rules, Component: "scheduler"}
}

// compared is the difference that steps make.
func compared(t *testing.T, s *snapshot.Snapshot, steps ...plan.Step) *Diff {
	t.Helper()
	report := &check.Report{Profile: "restricted", Results: []check.Result{{Rule: "AS103", Slug: "no-privilege-escalation"}}}
	d, err := OfProfile(Profile{Snapshot: s, Report: report, Plan: &plan.Plan{Steps: steps}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const pods = "/spec/template/spec"

func TestOnlyWhatAPlanChangesAppears(t *testing.T) {
	d := compared(t, snapshotOf(t, live),
		step(pods+"/containers/name=git-sync/securityContext/allowPrivilegeEscalation", false, "AS103"),
		step(pods+"/containers/name=scheduler/securityContext/allowPrivilegeEscalation", false, "AS103"),
		step(pods+"/containers/name=scheduler/securityContext/privileged", false, "AS101"),
		step(pods+"/initContainers/0/securityContext/allowPrivilegeEscalation", false, "AS103"),
		step(pods+"/securityContext/runAsUser", 50000.0, "AS104"),
		step(pods+"/volumes/name=tmp", map[string]any{"name": "tmp", "emptyDir": map[string]any{}}, "AS108"),
	)
	want := ` apiVersion: apps/v1
 kind: Deployment
 metadata:
   name: af-scheduler
   namespace: air
 spec:
   template:
     spec:
       containers:
       - name: scheduler
         securityContext:
-          privileged: true
+          allowPrivilegeEscalation: false # AS103
+          privileged: false # AS101
       - name: git-sync
+        securityContext:
+          allowPrivilegeEscalation: false # AS103
       initContainers:
       - name: wait
+        securityContext:
+          allowPrivilegeEscalation: false # AS103
       volumes:
+      - name: tmp # AS108
+        emptyDir: {}
`
	if len(d.Objects) != 1 {
		t.Fatalf("%d objects differ", len(d.Objects))
	}
	o := d.Objects[0]
	got := joined(Lines(o.Before, o.After), "-+ ")
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if len(o.Fields) != 5 || o.Status != Changed || o.Component != "scheduler" {
		t.Errorf("%d fields, %s, %s", len(o.Fields), o.Status, o.Component)
	}
	if rules := o.Rules; len(rules) != 4 || rules[1] != (Rule{"AS103", "no-privilege-escalation"}) {
		t.Errorf("rules %+v", rules)
	}
	for _, f := range o.Fields {
		if f.Path == pods+"/securityContext/runAsUser" {
			t.Error("a field shows that is there already")
		}
	}
}

func TestTheTaskPodTemplateIsShownAsTheTextItIs(t *testing.T) {
	config := `
apiVersion: v1
kind: ConfigMap
metadata: {name: af-config, namespace: air}
data:
  airflow.cfg: "[core]\n"
  pod_template_file.yaml: |
    kind: Pod
    spec:
      containers:
      - {name: base, image: x}
`
	s := step("/data/pod_template_file.yaml#/spec/containers/name=base/securityContext/privileged", false, "AS101")
	s.Target = snapshot.Ref{APIVersion: "v1", Kind: "ConfigMap", Namespace: "air", Name: "af-config"}
	o := compared(t, snapshotOf(t, config), s).Objects[0]
	want := ` data:
   pod_template_file.yaml: |
     spec:
       containers:
       - name: base
+        securityContext:
+          privileged: false # AS101
`
	if got := joined(Lines(o.Before, o.After), "-+ "); !strings.HasSuffix(got, want) {
		t.Errorf("got\n%s", got)
	}
}

func TestNewObjectsAppearWholeAndOldOnesByWhatDiffers(t *testing.T) {
	policy := snapshot.Ref{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy", Namespace: "air", Name: "deny"}
	content := map[string]any{
		"apiVersion": policy.APIVersion, "kind": policy.Kind, "metadata": map[string]any{"name": "deny", "namespace": "air"},
		"spec": map[string]any{"podSelector": map[string]any{}, "policyTypes": []any{"Ingress", "Egress"}},
	}
	put := plan.Step{Change: change.Change{Target: policy, Op: change.Put, Value: content}, Rules: []string{"AS201"}}
	o := compared(t, snapshotOf(t), put).Objects[0]
	if o.Status != New || o.Before != "" || !strings.Contains(o.After, "policyTypes:\n  - Ingress\n  - Egress\n") {
		t.Errorf("a new object: %s %q %q", o.Status, o.Before, o.After)
	}
	there := `
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: air, uid: u, generation: 1, creationTimestamp: "2026-01-01T00:00:00Z"}
spec: {podSelector: {}, policyTypes: %s}
`
	if d := compared(t, snapshotOf(t, strings.Replace(there, "%s", "[Ingress, Egress]", 1)), put); !d.Empty() {
		t.Errorf("what is there already differs: %+v", d.Objects)
	}
	o = compared(t, snapshotOf(t, strings.Replace(there, "%s", "[Ingress]", 1)), put).Objects[0]
	if got := joined(Lines(o.Before, o.After), "-+"); o.Status != Changed || len(o.Fields) != 1 || o.Fields[0].Path != "/spec/policyTypes" {
		t.Errorf("an old object: %s %+v\n%s", o.Status, o.Fields, got)
	}
}

// TestApplyingWhatIsShownGivesTheTarget: the fields of a difference, set on what
// was there, make what the plan makes.
func TestApplyingWhatIsShownGivesTheTarget(t *testing.T) {
	steps := []plan.Step{
		step(pods+"/containers/name=scheduler/securityContext/privileged", false, "AS101"),
		step(pods+"/initContainers/0/securityContext", map[string]any{"runAsNonRoot": true}, "AS104"),
		step(pods+"/volumes/name=tmp", map[string]any{"name": "tmp"}, "AS108"),
		step("/metadata/annotations/a~1b", "c", "AS103"),
		{Change: change.Change{Target: scheduler, Op: change.Remove, Path: "/spec/progressDeadlineSeconds"}, Rules: []string{"AS102"}},
	}
	s := snapshotOf(t, live)
	target := object(t, live).Content
	for _, step := range steps {
		if err := step.Apply(target); err != nil {
			t.Fatal(err)
		}
	}
	shown := object(t, live).Content
	for _, f := range compared(t, s, steps...).Objects[0].Fields {
		c := change.Change{Target: scheduler, Op: change.Set, Path: f.Path, Value: f.After}
		if f.After == nil {
			c.Op = change.Remove
		}
		if err := c.Apply(shown); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(shown, target) {
		t.Errorf("got  %v\nwant %v", shown, target)
	}
	if s.Objects[0].Content["spec"].(map[string]any)["progressDeadlineSeconds"] == nil {
		t.Error("the comparison changed what it compares")
	}
	after := snapshotOf(t)
	after.Objects = []snapshot.Object{{Ref: scheduler, Content: target}}
	if d := compared(t, after, steps...); !d.Empty() {
		t.Errorf("what meets the plan differs from it: %+v", d.Objects)
	}
}

func TestSecretsDoNotShowAndDoNotLookAlike(t *testing.T) {
	one, two := snapshot.Masked{ID: "41", Size: 8}.Token(), snapshot.Masked{ID: "42", Size: 8}.Token()
	text := strings.ReplaceAll(live, "image: 'git-sync:v4'", "image: 'git-sync:v4', env: [{name: A, value: '"+one+"'}, {name: B, value: '"+one+"'}]")
	env := []any{map[string]any{"name": "A", "value": one}, map[string]any{"name": "B", "value": two}}
	d := compared(t, snapshotOf(t, text), step(pods+"/containers/name=git-sync/env", env, "AS401"))
	o := d.Objects[0]
	got := joined(Lines(o.Before, o.After), "-+")
	if want := "-          value: '[secret, before]'\n+          value: '[secret, after]'\n"; got != want {
		t.Errorf("got\n%s", got)
	}
	encoded, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{string(encoded), o.Before, o.After} {
		if strings.Contains(out, "⟦") || strings.Contains(out, "41") || strings.Contains(out, "42") {
			t.Errorf("a masked value's number shows in %s", out)
		}
	}
	env[1] = map[string]any{"name": "B", "value": one}
	if d := compared(t, snapshotOf(t, text), step(pods+"/containers/name=git-sync/env", env, "AS401")); !d.Empty() {
		t.Error("equal secrets differ")
	}
}

func TestAStepThatDoesNotFitIsAnError(t *testing.T) {
	_, err := OfProfile(Profile{Snapshot: snapshotOf(t, live), Report: &check.Report{}, Plan: &plan.Plan{Steps: []plan.Step{step(pods+"/containers/name=nobody/image", "x", "AS101")}}})
	if err == nil {
		t.Error("a step that fits nothing was shown")
	}
}

// TestSecretsOfOneSideDoNotShow: where only one side holds a value there is nothing to compare it with.
func TestSecretsOfOneSideDoNotShow(t *testing.T) {
	token := snapshot.Masked{ID: "41", Size: 8}.Token()
	secret := snapshot.Ref{APIVersion: "v1", Kind: "Secret", Namespace: "air", Name: "s"}
	content := map[string]any{"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "s", "namespace": "air", "uid": "u"}, "data": map[string]any{"a": token}, "status": map[string]any{"x": token}}
	put := plan.Step{Change: change.Change{Target: secret, Op: change.Put, Value: content}}
	text := strings.ReplaceAll(live, "image: 'git-sync:v4'", "image: 'git-sync:v4', env: [{name: A, value: '"+token+"'}]")
	gone := plan.Step{Change: change.Change{Target: scheduler, Op: change.Remove, Path: pods + "/containers/name=git-sync/env"}}
	d := compared(t, snapshotOf(t, text), gone, step(pods+"/containers/name=scheduler/args", []any{"-p", token}), put)
	encoded, err := json.Marshal(d)
	if err != nil || len(d.Objects) != 2 {
		t.Fatalf("%d objects, %v", len(d.Objects), err)
	}
	all := string(encoded)
	for _, o := range d.Objects {
		all += o.Before + o.After
	}
	if strings.Contains(all, "⟦") || strings.Count(all, "[secret]") != 6 {
		t.Errorf("%d redacted values in %s", strings.Count(all, "[secret]"), all)
	}
	if strings.Contains(d.Objects[1].After, "status") || strings.Contains(d.Objects[1].After, "uid") {
		t.Errorf("a new object shows what only a cluster says: %s", d.Objects[1].After)
	}
}

func TestAFieldBelowOneThatIsShownWholeIsShownOnce(t *testing.T) {
	o := compared(t, snapshotOf(t, live),
		step(pods+"/containers/name=git-sync/securityContext", map[string]any{"privileged": false, "runAsUser": 65533.0}, "AS101"),
		step(pods+"/containers/name=git-sync/securityContext/privileged", false, "AS102"),
	).Objects[0]
	want := "+        securityContext: # AS101\n+          privileged: false\n+          runAsUser: 65533\n"
	if got := joined(Lines(o.Before, o.After), "-+"); got != want {
		t.Errorf("got\n%s", got)
	}
}
