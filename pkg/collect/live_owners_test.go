package collect

import (
	"bytes"
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

const ownedDeployment = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: team
  labels: {app.kubernetes.io/managed-by: Helm, tier: airflow, component: webserver, release: af}
  annotations: {meta.helm.sh/release-name: af, meta.helm.sh/release-namespace: team}
  finalizers: [a.example.com/hunter2]
  managedFields:
  - manager: helm
    operation: Apply
    apiVersion: apps/v1
    fieldsType: FieldsV1
    fieldsV1:
      f:metadata: {f:labels: {f:tier: {}}, f:finalizers: {'v:"a.example.com/hunter2"': {}, .: {}}}
      f:spec:
        f:template:
          f:spec:
            f:containers:
              'k:{"name":"web"}':
                .: {}
                f:name: {}
                f:ports: {'k:{"containerPort":8080,"protocol":"TCP"}': {.: {}}, 'k:{"note":"hunter2"}': {}, 'k:{"name":"https://u:hunter2@h"}': {}, 'k:hunter2': {}, 'i:0': {}, hunter2: {}, f:bad: hunter2}
  - manager: kube-controller-manager
    operation: Update
    subresource: status
    fieldsV1: {f:status: {f:replicas: {}}}
  - {manager: "https://u:hunter2@h", operation: Update, fieldsV1: {f:spec: {f:replicas: {}}}}
  - {manager: broken, operation: Update, fieldsV1: hunter2}
spec: {template: {spec: {containers: [{name: web, image: a}]}}}
`

// TestFieldOwnersKeepNamesOnly keeps who owns which field, without any value.
func TestFieldOwnersKeepNamesOnly(t *testing.T) {
	fake := newFakeAPI(t, ownedDeployment, strings.NewReplacer("Deployment", "ConfigMap", "apps/v1", "v1", "name: web\n", "name: map\n").Replace(ownedDeployment))
	cluster := fake.cluster()
	s, err := cluster.Read(context.Background(), Found{Name: "af", Namespace: "team"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	o := s.Find(snapshot.Deployment, "team", "web")
	none := map[string]any{}
	want := []snapshot.Manager{
		{Name: "helm", Operation: "Apply", Fields: map[string]any{
			"f:metadata": map[string]any{"f:labels": map[string]any{"f:tier": none}, "f:finalizers": map[string]any{".": none}},
			"f:spec": map[string]any{"f:template": map[string]any{"f:spec": map[string]any{"f:containers": map[string]any{`k:{"name":"web"}`: map[string]any{
				".": none, "f:name": none, "f:ports": map[string]any{`k:{"containerPort":8080,"protocol":"TCP"}`: map[string]any{".": none}},
			}}}}},
		}},
		{Name: o.Managers[len(o.Managers)-1].Name, Operation: "Update", Fields: map[string]any{"f:spec": map[string]any{"f:replicas": none}}},
	}
	if !reflect.DeepEqual(o.Managers, want) {
		t.Errorf("got  %v\nwant %v", o.Managers, want)
	}
	if name := o.Managers[1].Name; len(snapshot.MaskedIn(name)) == 0 || strings.Contains(name, "hunter2") {
		t.Errorf("a name that is none is kept as %q", name)
	}
	if o.At("metadata", "managedFields") != nil {
		t.Error("managedFields are still there")
	}
	if m := s.Find(snapshot.ConfigMap, "team", "map"); m == nil || m.Managers != nil {
		t.Errorf("no plan changes ConfigMaps, whose keys may be anything: %+v", m)
	}
}

// TestFieldOwnersOutliveSaving writes and reads them, and finds no value on the way.
func TestFieldOwnersOutliveSaving(t *testing.T) {
	cluster := newFakeAPI(t, ownedDeployment).cluster()
	s, err := cluster.Read(context.Background(), Found{Name: "af", Namespace: "team"}, 0)
	if err != nil {
		t.Fatal(err)
	}
	s.Find(snapshot.Deployment, "team", "web").Content = map[string]any{} // only the owners are looked at
	var saved bytes.Buffer
	if err := WriteSnapshot(&saved, s); err != nil {
		t.Fatal(err)
	}
	if text := saved.String(); strings.Contains(text, "hunter2") || !strings.Contains(text, "manager") {
		t.Errorf("saved:\n%s", text)
	}
	again, err := ReadSnapshot(&saved, "saved")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := again.Objects[0].Managers, s.Objects[0].Managers; !reflect.DeepEqual(got, want) {
		t.Errorf("read back as %v, not %v", got, want)
	}
}
