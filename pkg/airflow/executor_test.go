package airflow

import (
	"slices"
	"strings"
	"testing"
)

func TestParseExecutors(t *testing.T) {
	tests := []struct {
		text                    string
		want                    []string
		launches, local, celery bool
	}{
		{"CeleryExecutor", []string{"CeleryExecutor"}, false, false, true},
		{"KubernetesExecutor", []string{"KubernetesExecutor"}, true, false, false},
		{"CeleryKubernetesExecutor", []string{"CeleryKubernetesExecutor"}, true, false, true},
		{"LocalKubernetesExecutor", []string{"LocalKubernetesExecutor"}, true, true, false},
		{"LocalExecutor", []string{"LocalExecutor"}, false, true, false},
		{"SequentialExecutor", []string{"SequentialExecutor"}, false, true, false},
		{"CeleryExecutor, KubernetesExecutor", []string{"CeleryExecutor", "KubernetesExecutor"}, true, false, true},
		{"batch:airflow.providers.cncf.kubernetes.executors.kubernetes_executor.KubernetesExecutor", []string{"KubernetesExecutor"}, true, false, false},
		{"LocalExecutor,fast:corp.executors.MyKubernetesExecutor", []string{"LocalExecutor", "MyKubernetesExecutor"}, true, true, false},
		{"CeleryExecutor;team1=LocalExecutor,KubernetesExecutor", []string{"CeleryExecutor", "LocalExecutor", "KubernetesExecutor"}, true, true, true},
		{"fast:KubernetesExecutor", []string{"KubernetesExecutor"}, true, false, false},
		{" , ;", nil, false, false, false},
	}
	for _, tt := range tests {
		id := Identity{Executors: parseExecutors(tt.text)}
		if !slices.Equal(id.Executors, tt.want) || id.Launches() != tt.launches || id.Local() != tt.local || id.Celery() != tt.celery {
			t.Errorf("%q: got %v launches=%t local=%t celery=%t", tt.text, id.Executors, id.Launches(), id.Local(), id.Celery())
		}
	}
}

func TestExecutorSources(t *testing.T) {
	official, community := fixture(t, "official"), fixture(t, "community")
	noFile := strings.ReplaceAll(official, "airflow.cfg", "other.cfg")
	noLabel := strings.ReplaceAll(noFile, ", executor: CeleryExecutor-KubernetesExecutor", "")
	noVersion := strings.ReplaceAll(noLabel, "apache/airflow:3.2.2", "apache/airflow:latest")
	tests := []struct {
		name, manifests string
		values          map[string]any
		want            []string
	}{
		{"airflow.cfg", official, map[string]any{"executor": "LocalExecutor"}, []string{"CeleryExecutor", "KubernetesExecutor"}},
		{"environment from a Secret, not the task pod's", community, nil, []string{"CeleryKubernetesExecutor"}},
		{"official value", noFile, map[string]any{"executor": "LocalExecutor"}, []string{"LocalExecutor"}},
		{"community value", noFile, map[string]any{"airflow": map[string]any{"executor": "KubernetesExecutor"}}, []string{"KubernetesExecutor"}},
		{"scheduler's label", noFile, nil, []string{"CeleryExecutor", "KubernetesExecutor"}},
		{"default of Airflow 3", noLabel, nil, []string{"LocalExecutor"}},
		{"default of Airflow 2", strings.ReplaceAll(noLabel, "apache/airflow:3.2.2", "apache/airflow:2.9.3"), nil, []string{"SequentialExecutor"}},
		{"unknown version", noVersion, nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := load(t, tt.manifests)
			s.Release.Values = tt.values
			if got := New(s).Executors; !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestTheSchedulersExecutorCounts(t *testing.T) {
	const job = `
apiVersion: batch/v1
kind: Job
metadata: {name: rel-create-user}
spec: {template: {metadata: {labels: {tier: airflow, component: create-user-job, release: rel}}, spec: {containers: [{name: create-user, image: "apache/airflow:3.2.2", env: [{name: AIRFLOW__CORE__EXECUTOR, value: LocalExecutor}]}]}}}
`
	text := scheduler("apache/airflow:3.2.2", "env: [{name: AIRFLOW__CORE__EXECUTOR, value: EXECUTOR}]", "", job)
	s := load(t, strings.ReplaceAll(text, "EXECUTOR, value: EXECUTOR", "EXECUTOR, value: CeleryExecutor"))
	if got := New(s).Executors; !slices.Equal(got, []string{"CeleryExecutor"}) {
		t.Errorf("got %v", got)
	}
	s = load(t, strings.ReplaceAll(text, "EXECUTOR, value: EXECUTOR", "EXECUTOR, value: \"⟦secret 1 size:16⟧\""))
	s.Release.Values = map[string]any{"executor": "KubernetesExecutor"}
	if got := New(s).Executors; !slices.Equal(got, []string{"KubernetesExecutor"}) {
		t.Errorf("the scheduler's is masked: got %v", got)
	}
}
