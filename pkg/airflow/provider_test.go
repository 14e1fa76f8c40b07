package airflow

import (
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
)

func TestKubernetesProvider(t *testing.T) {
	const celery = "[core]\nexecutor = CeleryExecutor"
	for _, tt := range []struct {
		name, image, env string
		want             ProviderVersions
	}{
		{"community", "apache/airflow:2.8.4", "", ProviderVersions{Before: "10.10.0"}},
		{"2.10", "apache/airflow:2.10.5-python3.12", "", ProviderVersions{"8.0.0", "10.10.0"}},
		{"2.11.1 came out later", "apache/airflow:2.11.1", "", ProviderVersions{From: "8.0.0"}},
		{"3.1 before November", "apache/airflow:3.1.2", "", ProviderVersions{"8.0.0", "10.10.0"}},
		{"3.1 after", "apache/airflow:3.1.8", "", ProviderVersions{From: "8.0.0"}},
		{"3.2", "docker.io/apache/airflow:3.2.2", "", ProviderVersions{From: "10.12.0"}},
		{"3.3", "apache/airflow:3.3.1", "", ProviderVersions{From: "10.15.0"}},
		{"packages at start", "apache/airflow:3.3.1", "env: [{name: _PIP_ADDITIONAL_REQUIREMENTS, value: boto3}]", ProviderVersions{}},
		{"an image of one's own", "registry.example.com/apache/airflow:3.3.1", "", ProviderVersions{}},
		{"no version", "apache/airflow:latest", "", ProviderVersions{}},
	} {
		env := tt.env
		if env == "" {
			env = "env: []"
		}
		if got := New(load(t, scheduler(tt.image, env, celery, ""))).KubernetesProvider(); got != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// TestTriggererFollowsProvider: the triggerer's rights are those that its provider's version asks for.
func TestTriggererFollowsProvider(t *testing.T) {
	for image, want := range map[string]string{
		"apache/airflow:2.8.4":  "/pods:delete,get /pods/log:get",
		"apache/airflow:2.10.5": "/pods:get",
		"apache/airflow:3.1.8":  "/events:list,watch /pods:delete,get /pods/log:get", // not known
		"apache/airflow:3.3.1":  "/events:list,watch /pods:delete,get /pods/log:get",
	} {
		m := New(load(t, scheduler(image, "env: []", "[core]\nexecutor = KubernetesExecutor", "")))
		if got := needs(m, Triggerer); got != want {
			t.Errorf("%s: got %q, want %q", image, got, want)
		}
	}
}

func TestDeclaredNeeds(t *testing.T) {
	spark := allow("sparkoperator.k8s.io", "sparkapplications", "create", "delete", "get").PolicyRule
	text := scheduler("apache/airflow:2.10.5", "env: []", "[core]\nexecutor = EXECUTOR", "")
	for executor, want := range map[string][3]bool{
		"CeleryExecutor": {false, true, false}, "LocalExecutor": {true, true, false}, "KubernetesExecutor": {false, true, false},
	} {
		m := New(load(t, strings.Replace(text, "EXECUTOR", executor, 1)), DeclaredNeed{Why: "Spark", Rules: []rbacv1.PolicyRule{spark}})
		for i, component := range []Component{Scheduler, Worker, Triggerer} {
			if got := strings.Contains(needs(m, component), "sparkoperator.k8s.io/sparkapplications:create,delete,get"); got != want[i] {
				t.Errorf("%s: %s needs it: %t", executor, component, got)
			}
		}
	}
	m := New(load(t, strings.Replace(text, "EXECUTOR", "CeleryExecutor", 1)), DeclaredNeed{Components: []Component{Triggerer}, Namespaces: []string{"spark"}, Rules: []rbacv1.PolicyRule{spark}})
	if got := m.Needs(Triggerer); len(got) != 1 || got[0].Function != Own || len(got[0].Namespaces) != 1 {
		t.Errorf("got %+v", got)
	}
	if needs(m, Worker) != "" {
		t.Error("a worker needs what is declared for the triggerer")
	}
}
