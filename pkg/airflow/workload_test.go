package airflow

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// shown is the model's workloads and containers, a line each.
func shown(m *Model) string {
	var b strings.Builder
	for _, w := range m.Workloads {
		fmt.Fprintf(&b, "%s %s %s\n", w.Component, w.Ref, w.Set)
		for _, c := range w.Containers() {
			fmt.Fprintf(&b, "  %s %s %s\n", c.Role, c.Name, c.Path)
		}
	}
	return b.String()
}

func TestComponentsAndRoles(t *testing.T) {
	for name, want := range map[string]string{
		"official": `api-server deployment/rel-api-server 
  extra auth-proxy /spec/template/spec/containers/0
  main api-server /spec/template/spec/containers/1
broker statefulset/rel-redis 
  main redis /spec/template/spec/containers/0
cleanup cronjob/rel-cleanup 
  main airflow-cleanup-pods /spec/jobTemplate/spec/template/spec/containers/0
database statefulset/rel-postgresql 
  main postgresql /spec/template/spec/containers/0
other deployment/company-exporter 
  main exporter /spec/template/spec/containers/0
scheduler deployment/rel-scheduler 
  wait-for-migrations wait-for-airflow-migrations /spec/template/spec/initContainers/0
  main scheduler /spec/template/spec/containers/0
  log-groomer scheduler-log-groomer /spec/template/spec/containers/1
task-pod configmap/rel-config 
  git-sync git-sync-init /data/pod_template_file.yaml#/spec/initContainers/0
  main base /data/pod_template_file.yaml#/spec/containers/0
worker statefulset/rel-worker-heavy heavy
  main worker /spec/template/spec/containers/0
`,
		"community": `broker statefulset/rel-redis-master 
  main rel-redis /spec/template/spec/containers/0
  exporter metrics /spec/template/spec/containers/1
scheduler deployment/rel-scheduler 
  check-database check-db /spec/template/spec/initContainers/0
  wait-for-migrations wait-for-db-migrations /spec/template/spec/initContainers/1
  main airflow-scheduler /spec/template/spec/containers/0
  git-sync dags-git-sync /spec/template/spec/containers/1
  log-groomer log-cleanup /spec/template/spec/containers/2
task-pod configmap/rel-pod-template 
  main base /data/pod_template.yaml#/spec/containers/0
webserver deployment/rel-web 
  main airflow-web /spec/template/spec/containers/0
`,
	} {
		if got := shown(New(load(t, fixture(t, name)))); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestComponentsOfRenamedForks(t *testing.T) {
	workload := func(container string) string {
		return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\nspec: {template: {metadata: {labels: {part: x}}, spec: {containers: [" + container + "]}}}\n"
	}
	for container, want := range map[string]Component{
		`{name: airflow-web, image: "corp/airflow:2.9.3"}`:                                                  Webserver,
		`{name: dag-processor, image: "corp/airflow:3.1.0"}`:                                                DagProcessor,
		`{name: main, image: "corp/airflow:2.9.3", command: [bash, -c], args: ["exec airflow  scheduler"]}`: Scheduler,
		`{name: main, image: "corp/airflow:1.10.15", args: [airflow, worker]}`:                              Worker,
		`{name: proxy, image: "corp/proxy:1"}, {name: triggerer, image: "corp/airflow:3.1.0"}`:              Triggerer,
		`{name: cache, image: "corp:5000/mirror/redis:7"}`:                                                  Broker,
		`{name: db, image: "postgres:16"}`:                                                                  Database,
		`{name: worker, image: "corp/etl:1"}`:                                                               Other, // no Airflow image
		`{name: main, image: "corp/airflow-tools:1", args: [report]}`:                                       Other,
	} {
		m := New(load(t, workload(container)))
		if len(m.Workloads) != 1 || m.Workloads[0].Component != want {
			t.Errorf("%s: got %s, want %s", container, shown(m), want)
		}
	}
}

// live turns a fixture into what a cluster holds.
func live(t testing.TB, manifests string) *snapshot.Snapshot {
	s := load(t, manifests)
	s.Release.Record = snapshot.Stored
	for i := range s.Objects {
		s.Objects[i].Origin = snapshot.Live
	}
	read(s, snapshot.Pod)
	return s
}

func pod(name, owner, spec string) string {
	return fmt.Sprintf("\n---\napiVersion: v1\nkind: Pod\nmetadata:\n  name: %s\n  labels: {tier: airflow, component: scheduler, release: rel}\n  ownerReferences: [%s]\nspec: {%s}\n", name, owner, spec)
}

func TestLivePods(t *testing.T) {
	const (
		byReplicas  = "{apiVersion: apps/v1, kind: ReplicaSet, name: rel-scheduler-5d8f, controller: true}"
		template    = `{name: scheduler, image: "apache/airflow:3.2.2"}, {name: scheduler-log-groomer, image: "apache/airflow:3.2.2"}`
		mesh        = `{name: istio-proxy, image: "istio/proxyv2:1.27"}`
		debugger    = `ephemeralContainers: [{name: debugger-x, image: busybox}]`
		byCron      = "{apiVersion: batch/v1, kind: Job, name: rel-cleanup-29000000, controller: true}"
		cleanupSpec = `containers: [{name: airflow-cleanup-pods, image: "apache/airflow:3.2.2"}]`
	)
	s := live(t, fixture(t, "official")+
		pod("rel-scheduler-5d8f-a", byReplicas, "containers: ["+template+"]")+ // covered
		pod("rel-scheduler-5d8f-b", byReplicas, "containers: ["+template+", "+mesh+"]")+
		pod("rel-scheduler-5d8f-c", byReplicas, "containers: ["+template+", "+mesh+"]")+ // the same again
		pod("rel-scheduler-5d8f-d", byReplicas, "containers: ["+template+"], "+debugger)+
		pod("rel-cleanup-29000000-x", byCron, cleanupSpec)+ // covered by the CronJob, though its Job is gone
		pod("stray-a", "{apiVersion: apps/v1, kind: ReplicaSet, name: gone-1, controller: true}", "containers: ["+template+"]")+
		pod("stray-b", "{apiVersion: apps/v1, kind: ReplicaSet, name: gone-1, controller: true}", "containers: ["+template+"]"))
	m := New(s)
	var got []string
	for _, w := range m.Workloads {
		if w.Ref.Kind != "Pod" {
			continue
		}
		line := w.Ref.Name
		if w.Owner != nil {
			line += " of " + w.Owner.Ref.String()
		}
		for _, c := range w.Containers() {
			line += fmt.Sprintf(" %s(%s)%s", c.Name, c.Role, c.Path)
		}
		got = append(got, line)
	}
	want := []string{
		"rel-scheduler-5d8f-b of deployment/rel-scheduler istio-proxy(injected)/spec/containers/2",
		"rel-scheduler-5d8f-d of deployment/rel-scheduler debugger-x(injected)/spec/ephemeralContainers/0",
		"stray-a scheduler(main)/spec/containers/0 scheduler-log-groomer(log-groomer)/spec/containers/1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestLiveTaskPods(t *testing.T) {
	task := func(name, label, more string) string {
		return "\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: " + name + ", namespace: tasks, labels: {" + label + `: "True"}}
spec:
  serviceAccountName: rel-airflow-worker
  securityContext: {}
  initContainers: [{name: git-sync-init, image: "registry.k8s.io/git-sync/git-sync:v4.4.2", imagePullPolicy: IfNotPresent}]
  containers: [{name: base, image: "apache/airflow:3.2.2"` + more + `}]
  volumes: [{name: kube-api-access-` + name + `, projected: {}}]
`
	}
	s := live(t, fixture(t, "official")+
		task("plain-1", "kubernetes_executor", "")+ // what the template says
		task("root-1", "kubernetes_executor", ", securityContext: {privileged: true}")+
		task("root-2", "kubernetes_executor", ", securityContext: {privileged: true}")+
		task("operator-1", "kubernetes_pod_operator", "")+
		task("operator-2", "kubernetes_pod_operator", ""))
	m := New(s)
	var got []string
	for _, w := range append(m.Find(TaskPod), m.Find(OperatorPod)...) {
		got = append(got, w.Ref.Name)
	}
	if want := []string{"rel-config", "root-1", "operator-1"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestStoredHooks(t *testing.T) {
	const hook = `
apiVersion: batch/v1
kind: Job
metadata: {name: rel-create-user, annotations: {helm.sh/hook: post-install}}
spec: {template: {metadata: {labels: {tier: airflow, component: create-user-job, release: rel}}, spec: {containers: [{name: create-user, image: "apache/airflow:3.2.2"}]}}}
`
	s := live(t, fixture(t, "official"))
	s.Release.Hooks = load(t, hook).Objects
	if got := New(s).Find(CreateUser); len(got) != 1 || got[0].Origin != snapshot.Hook {
		t.Errorf("the hook Job, gone from the cluster, is not judged: %v", got)
	}
	s = live(t, fixture(t, "official")+"\n---\n"+hook)
	s.Release.Hooks = load(t, hook).Objects
	if got := New(s).Find(CreateUser); len(got) != 1 || got[0].Origin != snapshot.Live {
		t.Errorf("the hook Job that still lives must be judged once, as it lives: %v", got)
	}
}

func TestReplicaSetsWithoutTheirOwner(t *testing.T) {
	const text = `
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: NAME, ownerReferences: [{apiVersion: argoproj.io/v1alpha1, kind: Rollout, name: rel-scheduler, controller: true}]}
spec: {replicas: REPLICAS, template: {metadata: {labels: {tier: airflow, component: scheduler, release: rel}}, spec: {containers: [{name: scheduler, image: "apache/airflow:3.2.2"}]}}}
---`
	one := strings.NewReplacer("NAME", "rel-scheduler-1", "REPLICAS", "0").Replace(text)
	two := strings.NewReplacer("NAME", "rel-scheduler-2", "REPLICAS", "2").Replace(text)
	got := New(live(t, one+two)).Workloads
	if len(got) != 1 || got[0].Ref.Name != "rel-scheduler-2" || got[0].Component != Scheduler {
		t.Errorf("got %v", got)
	}
}
