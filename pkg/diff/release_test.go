package diff

import (
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

const installed = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: af-scheduler, namespace: air, labels: {tier: airflow}}
spec:
  replicas: 1
  template:
    spec:
      securityContext: {runAsUser: 50000}
      initContainers:
      - {name: wait, image: 'apache/airflow:3.2.2'}
      containers:
      - {name: scheduler, image: 'apache/airflow:3.2.2', securityContext: {privileged: true}}
      - {name: git-sync, image: 'git-sync:v4'}
      volumes:
      - {name: logs, emptyDir: {}}
`

func released(t *testing.T, live string) *snapshot.Snapshot {
	t.Helper()
	s := snapshotOf(t, live)
	s.Release.Manifest = []snapshot.Object{object(t, installed)}
	s.Release.Status = "deployed"
	s.Coverage = []snapshot.Coverage{{Kind: snapshot.Deployment, State: snapshot.Read}, {Kind: snapshot.Autoscaler, State: snapshot.Read}}
	return s
}

func nobody(snapshot.Ref) string { return "" }

func pathsOf(d *Diff) []string {
	out := []string{}
	for _, o := range d.Objects {
		for _, f := range o.Fields {
			out = append(out, f.Path)
		}
	}
	return out
}

func TestOfRelease(t *testing.T) {
	scaled := strings.Replace(live, "progressDeadlineSeconds: 600", "replicas: 4", 1)
	if d := OfRelease(released(t, strings.Replace(live, "progressDeadlineSeconds: 600", "replicas: 1", 1)), nobody); !d.Empty() || len(d.Unread) > 0 {
		t.Errorf("a fresh release differs: %v %v", pathsOf(d), d.Unread)
	}
	d := OfRelease(released(t, scaled), func(snapshot.Ref) string { return "scheduler" })
	if got := pathsOf(d); !slices.Equal(got, []string{"/spec/replicas"}) || d.Objects[0].Component != "scheduler" || d.Objects[0].Fields[0].Security {
		t.Errorf("got %v, %+v", got, d.Objects)
	}
	s := released(t, scaled)
	s.Objects = append(s.Objects, object(t, "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h, namespace: air}\nspec: {scaleTargetRef: {kind: Deployment, name: af-scheduler}}\n"))
	if d := OfRelease(s, nobody); !d.Empty() {
		t.Errorf("an autoscaler's replicas differ: %v", pathsOf(d))
	}
	evil := strings.Replace(scaled, "replicas: 4", "replicas: 1", 1)
	evil = strings.Replace(evil, "securityContext: {privileged: true}", "securityContext: {privileged: true, runAsUser: 0}", 1)
	d = OfRelease(released(t, evil), nobody)
	if got := pathsOf(d); !slices.Equal(got, []string{pods + "/containers/name=scheduler/securityContext/runAsUser"}) || !d.Objects[0].Fields[0].Security {
		t.Errorf("got %v", got)
	}
	if lines := joined(Lines(d.Objects[0].Before, d.Objects[0].After), "-+"); lines != "-          runAsUser: 0\n" {
		t.Errorf("got\n%s", lines)
	}
}

func TestWhatIsGoneOrNotReadIsNotTheSame(t *testing.T) {
	s := released(t, live)
	s.Objects = nil
	d := OfRelease(s, nobody)
	if len(d.Objects) != 1 || d.Objects[0].Status != Missing || d.Objects[0].Before != "" || !strings.Contains(d.Objects[0].After, "name: af-scheduler") {
		t.Errorf("a missing object is %+v", d.Objects)
	}
	s.Coverage[0] = snapshot.Coverage{Kind: snapshot.Deployment, State: snapshot.Forbidden, Reason: "no rights"}
	if d = OfRelease(s, nobody); !d.Empty() || !slices.Equal(d.Unread, []string{"Deployment objects could not be read: no rights"}) {
		t.Errorf("what was not read is %+v, %v", d.Objects, d.Unread)
	}
	s = released(t, strings.Replace(live, "progressDeadlineSeconds: 600", "replicas: 1", 1))
	s.Release.Status = "pending-upgrade"
	if d = OfRelease(s, nobody); len(d.Unread) != 1 || !strings.Contains(d.Unread[0], "pending-upgrade") {
		t.Errorf("an upgrade under way: %v", d.Unread)
	}
	s.Release.Manifest[0].Namespace = "other"
	if d = OfRelease(s, nobody); !slices.Contains(d.Unread, "Deployment other/af-scheduler: namespace other is not read") {
		t.Errorf("another namespace: %v", d.Unread)
	}
}

func TestWhoSetIt(t *testing.T) {
	s := released(t, strings.Replace(live, "progressDeadlineSeconds: 600", "replicas: 4", 1))
	fields := map[string]any{"f:spec": map[string]any{"f:replicas": map[string]any{}}}
	s.Objects[0].Managers = []snapshot.Manager{{Name: "helm", Fields: fields}, {Name: "kubectl-edit", Fields: fields}, {Name: "kube-controller-manager", Fields: map[string]any{"f:status": map[string]any{}}}}
	if note := OfRelease(s, nobody).Objects[0].Fields[0].Note; note != "set by kubectl-edit" {
		t.Errorf("got %q", note)
	}
}

func TestThreeWays(t *testing.T) {
	s := released(t, strings.Replace(live, "progressDeadlineSeconds: 600", "replicas: 4", 1))
	s.Objects[0].Content["spec"].(map[string]any)["template"].(map[string]any)["spec"].(map[string]any)["hostPID"] = true
	wanted := compared(t, s, step(pods+"/hostPID", false, "AS102"), step(pods+"/securityContext/runAsNonRoot", true, "AS104"))
	wanted.Unread = []string{"x"}
	three := ThreeWays(s, OfRelease(s, nobody), wanted)
	var rows []string
	for _, r := range three.Rows {
		if r.Drifted {
			rows = append(rows, "drifted "+r.Path)
		}
		if r.Planned {
			rows = append(rows, "planned "+r.Path)
		}
	}
	want := []string{"drifted /spec/replicas", "drifted " + pods + "/hostPID", "planned " + pods + "/hostPID", "planned " + pods + "/securityContext/runAsNonRoot"}
	if !slices.Equal(rows, want) {
		t.Errorf("got  %v\nwant %v", rows, want)
	}
	if r := three.Rows[1]; r.Installed != nil || r.Live != true || r.Wanted != false || !slices.Equal(r.Rules, []string{"AS102"}) {
		t.Errorf("got %+v", r)
	}
	if three.Empty() || three.Profile != "restricted" || !slices.Equal(three.Unread, []string{"x"}) {
		t.Errorf("got %+v", three)
	}
}
