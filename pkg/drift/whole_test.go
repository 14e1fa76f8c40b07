package drift

import (
	"slices"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func deployment(t *testing.T, text string) *snapshot.Object {
	t.Helper()
	ref := snapshot.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "n", Name: "d"}
	return &snapshot.Object{Ref: ref, Content: document(t, text)}
}

// TestWhole holds what counts as a change of any field, and what the cluster may add.
func TestWhole(t *testing.T) {
	for _, c := range []struct {
		name       string
		want, have string
		named      []string
	}{
		{"the same", `{spec: {replicas: 1}}`, `{spec: {replicas: 1}, status: {x: 1}}`, nil},
		{"what the API server adds", `{spec: {replicas: 1, template: {spec: {containers: [{name: a, image: x}]}}}}`,
			`{metadata: {uid: u, labels: {x: y}}, spec: {replicas: 1, strategy: {type: RollingUpdate}, template: {metadata: {annotations: {restartedAt: t}}, spec: {dnsPolicy: ClusterFirst, containers: [{name: a, image: x, imagePullPolicy: Always, terminationMessagePath: /x}]}}}}`, nil},
		{"another number", `{spec: {replicas: 1}}`, `{spec: {replicas: 3}}`, []string{"/spec/replicas"}},
		{"a field gone", `{spec: {minReadySeconds: 5}}`, `{spec: {}}`, []string{"/spec/minReadySeconds"}},
		{"zero and absent are one", `{spec: {minReadySeconds: 0, paused: false, selector: {}, extra: {deep: {}}}}`, `{spec: {}}`, nil},
		{"an annotation changed, one added", `{metadata: {annotations: {a: b}}}`, `{metadata: {annotations: {a: c, d: e}}}`, []string{"/metadata/annotations/a"}},
		{"a label gone", `{metadata: {labels: {a/b: c}}}`, `{metadata: {}}`, []string{"/metadata/labels"}},
		{"a template's annotation", `{spec: {template: {metadata: {annotations: {checksum: x}}}}}`, `{spec: {template: {metadata: {annotations: {checksum: y}}}}}`, []string{"/spec/template/metadata/annotations/checksum"}},
		{"what matters for security and was added", `{spec: {template: {spec: {containers: [{name: a}]}}}}`,
			`{spec: {template: {spec: {hostPID: true, containers: [{name: a, securityContext: {privileged: true}}, {name: evil}]}}}}`,
			[]string{"/spec/template/spec/hostPID", "/spec/template/spec/containers/name=a/securityContext/privileged", "/spec/template/spec/containers/name=evil"}},
		{"a container's field", `{spec: {template: {spec: {containers: [{name: a}, {name: b, imagePullPolicy: Always}]}}}}`,
			`{spec: {template: {spec: {containers: [{name: b, imagePullPolicy: Never}, {name: a}]}}}}`, []string{"/spec/template/spec/containers/name=b/imagePullPolicy"}},
		{"a container gone", `{spec: {template: {spec: {containers: [{name: a}, {name: b, image: x}]}}}}`, `{spec: {template: {spec: {containers: [{name: a}]}}}}`, []string{"/spec/template/spec/containers/name=b"}},
		{"a mount's field", `{spec: {template: {spec: {containers: [{name: a, volumeMounts: [{mountPath: /tmp, name: x, readOnly: true}]}]}}}}`,
			`{spec: {template: {spec: {containers: [{name: a, volumeMounts: [{mountPath: /tmp, name: x}]}]}}}}`, []string{"/spec/template/spec/containers/name=a/volumeMounts/mountPath=~1tmp/readOnly"}},
		{"a list without names", `{spec: {tolerations: [{key: a}]}}`, `{spec: {tolerations: [{key: a, operator: Exists}]}}`, nil},
		{"a longer list without names", `{spec: {tolerations: [{key: a}]}}`, `{spec: {tolerations: [{key: a}, {key: b}]}}`, []string{"/spec/tolerations"}},
		{"a quantity", `{spec: {template: {spec: {containers: [{name: a, resources: {requests: {cpu: 1000m}}}]}}}}`, `{spec: {template: {spec: {containers: [{name: a, resources: {requests: {cpu: "1"}}}]}}}}`, nil},
	} {
		var named []string
		for _, d := range Whole(deployment(t, c.want), deployment(t, c.have)) {
			named = append(named, d.Named)
		}
		slices.Sort(named)
		slices.Sort(c.named)
		if !slices.Equal(named, c.named) {
			t.Errorf("%s: got %v, want %v", c.name, named, c.named)
		}
		if d := Whole(deployment(t, c.want), deployment(t, c.want)); len(d) > 0 {
			t.Errorf("%s: an object differs from itself: %+v", c.name, d)
		}
	}
}

func TestFieldsOfAnotherVersionAreNotCompared(t *testing.T) {
	want, have := deployment(t, `{spec: {replicas: 1, template: {spec: {hostPID: false}}}}`), deployment(t, `{spec: {replicas: 2, template: {spec: {hostPID: true}}}}`)
	want.APIVersion = "apps/v1beta1"
	if d := Whole(want, have); len(d) != 1 || d[0].Path != "/spec/template/spec/hostPID" || d[0].Severity != rule.High {
		t.Errorf("got %+v", d)
	}
}

func TestAutoscaled(t *testing.T) {
	d := deployment(t, `{}`)
	scaler := func(kind, namespace string) snapshot.Object {
		return snapshot.Object{
			Ref:     snapshot.Ref{Kind: "HorizontalPodAutoscaler", Namespace: namespace, Name: "h"},
			Content: map[string]any{"spec": map[string]any{"scaleTargetRef": map[string]any{"kind": kind, "name": "d"}}},
		}
	}
	for want, o := range map[bool]snapshot.Object{true: scaler("Deployment", "n"), false: scaler("StatefulSet", "n")} {
		if got := Autoscaled(&snapshot.Snapshot{Objects: []snapshot.Object{o}}, d.Ref); got != want {
			t.Errorf("%+v: %v", o, got)
		}
	}
	if Autoscaled(&snapshot.Snapshot{Objects: []snapshot.Object{scaler("Deployment", "other")}}, d.Ref) {
		t.Error("an autoscaler of another namespace counts")
	}
}
