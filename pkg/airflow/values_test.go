package airflow

import (
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// keysOf asks for a workload's key by names: component, container, field.
func keyOf(t *testing.T, m *Model, component Component, container string, field Field) string {
	t.Helper()
	list := m.Find(component)
	if len(list) == 0 {
		t.Fatalf("no %s", component)
	}
	return m.ValuesKey(list[0], container, field)
}

func TestValuesKeys(t *testing.T) {
	tests := []struct {
		fixture   string
		component Component
		container string
		field     Field
		want      string
	}{
		{"official", Scheduler, "", PodSecurityContext, "scheduler.securityContexts.pod"},
		{"official", APIServer, "api-server", ContainerSecurityContext, "apiServer.securityContexts.container"},
		{"official", APIServer, "auth-proxy", ContainerSecurityContext, ""}, // a fork's own sidecar
		{"official", Scheduler, "wait-for-airflow-migrations", ContainerSecurityContext, "scheduler.waitForMigrations.securityContexts.container"},
		{"official", Scheduler, "wait-for-airflow-migrations", Resources, "scheduler.resources"},
		{"official", Scheduler, "scheduler-log-groomer", Resources, "scheduler.logGroomerSidecar.resources"},
		{"official", Scheduler, "scheduler-log-groomer", Image, "images.airflow"},
		{"official", TaskPod, "git-sync-init", ContainerSecurityContext, "dags.gitSync.securityContexts.container"},
		{"official", TaskPod, "base", Image, "images.pod_template"},
		{"official", TaskPod, "", PodSecurityContext, "workers.securityContexts.pod"},
		{"official", TaskPod, "", ServiceAccountToken, "workers.serviceAccount.automountServiceAccountToken"},
		{"official", Worker, "worker", Resources, "workers.resources"},
		{"official", Broker, "redis", Image, "images.redis"},
		{"official", Database, "", PodSecurityContext, "postgresql.primary.podSecurityContext"},
		{"official", Database, "postgresql", ContainerSecurityContext, "postgresql.primary.containerSecurityContext"},
		{"official", Database, "", ServiceAccountToken, "postgresql.serviceAccount"},
		{"official", Cleanup, "", ServiceAccountToken, "cleanup.serviceAccount.automountServiceAccountToken"},
		{"official", Scheduler, "", ServiceType, ""},
		{"official", APIServer, "", ServiceType, "apiServer.service.type"},
		{"official", APIServer, "", IngressTLS, "ingress.apiServer.hosts"},
		{"official", Other, "exporter", Image, ""},
		{"official", Other, "", PodSecurityContext, ""},
		{"official", Other, "", ServiceAccountName, ""},
		{"community", Scheduler, "", PodSecurityContext, "scheduler.securityContext"},
		{"community", Webserver, "", PodSecurityContext, "web.securityContext"},
		{"community", Scheduler, "airflow-scheduler", ContainerSecurityContext, "airflow.defaultContainerSecurityContext"},
		{"community", Scheduler, "check-db", Resources, "airflow.initContainers.checkDb.resources"},
		{"community", Scheduler, "log-cleanup", Resources, "scheduler.logCleanup.resources"},
		{"community", Scheduler, "dags-git-sync", Image, "dags.gitSync.image"},
		{"community", TaskPod, "base", Resources, "airflow.kubernetesPodTemplate.resources"},
		{"community", Scheduler, "", ServiceAccountToken, ""},
		{"community", Scheduler, "", ServiceAccountName, "serviceAccount.name"},
		{"community", Broker, "", PodSecurityContext, ""},
		{"community", Broker, "rel-redis", ContainerSecurityContext, ""},
		{"community", Broker, "metrics", Resources, "redis.metrics.resources"},
		{"community", Broker, "", ServiceType, "redis.master.service.type"},
		{"community", Webserver, "", IngressTLS, "ingress.web.tls.enabled"},
	}
	models := map[string]*Model{"official": New(load(t, fixture(t, "official"))), "community": New(load(t, fixture(t, "community")))}
	for _, tt := range tests {
		if got := keyOf(t, models[tt.fixture], tt.component, tt.container, tt.field); got != tt.want {
			t.Errorf("%s %s %s %s: got %q, want %q", tt.fixture, tt.component, tt.container, tt.field, got, tt.want)
		}
	}
}

func TestValuesKeysFollowTheUsersOwn(t *testing.T) {
	s := load(t, fixture(t, "official"))
	s.Release.Values = map[string]any{
		"workers": map[string]any{
			"celery": map[string]any{
				"securityContexts": map[string]any{"pod": map[string]any{"runAsUser": int64(50000)}},
				"sets":             []any{map[string]any{"name": "light"}, map[string]any{"name": "heavy", "resources": map[string]any{"limits": map[string]any{}}}},
			},
			"kubernetes": map[string]any{"serviceAccount": map[string]any{"create": true}},
		},
		"apiServer": map[string]any{"extraContainers": []any{map[string]any{"name": "auth-proxy"}}},
	}
	m := New(s)
	for _, tt := range []struct {
		component Component
		container string
		field     Field
		want      string
	}{
		{Worker, "", PodSecurityContext, "workers.celery.securityContexts.pod"},
		{Worker, "worker", Resources, "workers.celery.sets[1].resources"},
		{Worker, "worker", ContainerSecurityContext, "workers.securityContexts.container"},
		{TaskPod, "", ServiceAccountToken, "workers.kubernetes.serviceAccount.automountServiceAccountToken"},
		{APIServer, "auth-proxy", ContainerSecurityContext, "apiServer.extraContainers"},
	} {
		if got := keyOf(t, m, tt.component, tt.container, tt.field); got != tt.want {
			t.Errorf("%s %s %s: got %q, want %q", tt.component, tt.container, tt.field, got, tt.want)
		}
	}
}

func TestValuesKeysOfForks(t *testing.T) {
	s := load(t, fixture(t, "official"))
	s.Release.Chart = snapshot.Chart{Name: "airflow", ValueKeys: []string{"data", "images", "scheduler"}}
	m := New(s)
	if got := m.ComponentKey(Scheduler, Resources); got != "scheduler.resources" {
		t.Errorf("got %q", got)
	}
	if got := m.ComponentKey(APIServer, Resources); got != "" {
		t.Errorf("the fork has no apiServer, but got %q", got)
	}
}

func TestSchedulerTokenByChartAndExecutor(t *testing.T) {
	const key = "scheduler.serviceAccount.automountServiceAccountToken"
	for _, tt := range []struct{ chart, executor, want string }{
		{"1.15.0", "LocalExecutor", key},
		{"1.16.0", "CeleryExecutor", key},
		{"1.18.0", "KubernetesExecutor", ""},
		{"1.18.0", "CeleryExecutor,KubernetesExecutor", ""},
		{"1.19.0", "KubernetesExecutor", key},
		{"1.22.0", "LocalExecutor", ""},
		{"1.22.0", "CeleryExecutor", key},
	} {
		text := strings.ReplaceAll(fixture(t, "official"), "chart: airflow-1.22.0", "chart: airflow-"+tt.chart)
		text = strings.ReplaceAll(text, "executor = CeleryExecutor,KubernetesExecutor", "executor = "+tt.executor)
		if got := New(load(t, text)).ComponentKey(Scheduler, ServiceAccountToken); got != tt.want {
			t.Errorf("%s %s: got %q, want %q", tt.chart, tt.executor, got, tt.want)
		}
	}
}

func TestNoValuesKeyForInjectedContainers(t *testing.T) {
	s := live(t, fixture(t, "official")+pod("rel-scheduler-1-a", "{apiVersion: apps/v1, kind: ReplicaSet, name: rel-scheduler-1, controller: true}",
		`containers: [{name: scheduler, image: "apache/airflow:3.2.2"}, {name: istio-proxy, image: "istio/proxyv2:1"}]`))
	m := New(s)
	injected := 0
	for _, w := range m.Find(Scheduler) {
		if w.Owner == nil {
			continue
		}
		injected++
		for container, field := range map[string]Field{"istio-proxy": Resources, "": PodSecurityContext} {
			if got := m.ValuesKey(w, container, field); got != "" {
				t.Errorf("%s: got %q", field, got)
			}
		}
	}
	if injected != 1 {
		t.Errorf("%d pods with an injected container", injected)
	}
}

func TestOneKeyForManyComponentsOnlyWhereNothingWinsOverIt(t *testing.T) {
	scheduler := &Workload{Component: Scheduler}
	broker := &Workload{Component: Broker}
	ask := func(record snapshot.Record, values map[string]any, w *Workload) string {
		m := &Model{Identity: Identity{Dialect: Official}, Snapshot: &snapshot.Snapshot{Release: snapshot.Release{Record: record, Values: values}}}
		return m.ValuesKey(w, "", PodSecurityContext)
	}
	own := map[string]any{"runAsUser": int64(1)}
	for _, c := range []struct {
		name   string
		record snapshot.Record
		values map[string]any
		w      *Workload
		want   string
	}{
		{"nothing of its own", snapshot.Stored, nil, scheduler, "securityContexts.pod"},
		{"its own key", snapshot.Stored, map[string]any{"scheduler": map[string]any{"securityContexts": map[string]any{"pod": own}}}, scheduler, "scheduler.securityContexts.pod"},
		{"its old key", snapshot.Stored, map[string]any{"scheduler": map[string]any{"securityContext": own}}, scheduler, "scheduler.securityContexts.pod"},
		{"values nobody saw", snapshot.Recognised, nil, scheduler, "scheduler.securityContexts.pod"},
		{"a component the shared key does not reach", snapshot.Stored, nil, broker, "redis.securityContexts.pod"},
	} {
		if got := ask(c.record, c.values, c.w); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
