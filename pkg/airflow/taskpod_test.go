package airflow

import (
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func TestTaskPods(t *testing.T) {
	official := fixture(t, "official")
	replace := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(official) }
	masked := snapshot.Masked{ID: "1", Size: 128}.Token()
	tests := []struct {
		name, manifests string
		change          func(*snapshot.Snapshot)
		want            TaskPodState
	}{
		{name: "official", manifests: official, want: TaskPodState{Needed: true, Found: true, Path: "/data/pod_template_file.yaml"}},
		{name: "community", manifests: fixture(t, "community"), want: TaskPodState{Needed: true, Found: true, Path: "/data/pod_template.yaml"}},
		{
			name:      "another key, as airflow.cfg says",
			manifests: replace("pod_template_file = /opt/airflow/pod_templates/pod_template_file.yaml", "pod_template_file = /opt/corp/tasks.yaml", "mountPath: /opt/airflow/pod_templates/pod_template_file.yaml, subPath: pod_template_file.yaml", "mountPath: /opt/corp, readOnly: true", "  pod_template_file.yaml: |", "  tasks.yaml: |"),
			want:      TaskPodState{Needed: true, Found: true, Path: "/data/tasks.yaml"},
		},
		{
			name:      "a file of the image",
			manifests: replace("pod_template_file = /opt/airflow/pod_templates/pod_template_file.yaml", "pod_template_file = /opt/corp/tasks.yaml", "  pod_template_file.yaml: |", "  other: |"),
			want:      TaskPodState{Needed: true, Reason: "the scheduler takes its pod template from /opt/corp/tasks.yaml, which no ConfigMap of the release provides"},
		},
		{name: "not needed", manifests: replace("executor = CeleryExecutor,KubernetesExecutor", "executor = CeleryExecutor"), want: TaskPodState{}},
		{
			name:      "executor unknown",
			manifests: replace("airflow.cfg", "other.cfg", ", executor: CeleryExecutor-KubernetesExecutor", "", "apache/airflow:3.2.2", "apache/airflow", "pod_template_file.yaml", "other.yaml"),
			want:      TaskPodState{Reason: "which executor Airflow uses is not known"},
		},
		{name: "not a pod", manifests: replace("      containers:\n      - {name: base", "      boxes:\n      - {name: base"), want: TaskPodState{Needed: true, Reason: "the text under pod_template_file.yaml in ConfigMap rel-config is not a pod", Path: "/data/pod_template_file.yaml"}},
		{
			name: "masked", manifests: official,
			change: func(s *snapshot.Snapshot) {
				s.Find(snapshot.ConfigMap, "airflow", "rel-config").Content["data"].(map[string]any)["pod_template_file.yaml"] = masked
			},
			want: TaskPodState{Needed: true, Reason: "the text of ConfigMap rel-config is masked as a whole", Path: "/data/pod_template_file.yaml"},
		},
		{
			name: "no ConfigMaps", manifests: official,
			change: func(s *snapshot.Snapshot) {
				unread(s, snapshot.ConfigMap, snapshot.Forbidden)
				var kept []snapshot.Object
				for _, o := range s.Objects {
					if o.Kind != "ConfigMap" {
						kept = append(kept, o)
					}
				}
				s.Objects = kept
			},
			want: TaskPodState{Needed: true, Reason: "ConfigMap objects were not read (forbidden)"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := load(t, tt.manifests)
			if tt.change != nil {
				tt.change(s)
			}
			m := New(s)
			got := m.TaskPods
			if got.Found != (len(m.Find(TaskPod)) == 1) {
				t.Errorf("Found is %t with %d task pods", got.Found, len(m.Find(TaskPod)))
			}
			got.Ref = snapshot.Ref{}
			if got != tt.want {
				t.Errorf("got %+v\nwant %+v", got, tt.want)
			}
		})
	}
}

func TestTaskPodNamespace(t *testing.T) {
	m := New(load(t, fixture(t, "official")))
	if got := m.Find(TaskPod)[0].Namespace(); got != "tasks" {
		t.Errorf("the executor's namespace is not used: %q", got)
	}
	m = New(load(t, fixture(t, "community")))
	if got := m.Find(TaskPod)[0].Namespace(); got != "airflow" {
		t.Errorf("got %q, want the release's namespace", got)
	}
}
