package airflow

import (
	"fmt"
	"strings"
	"testing"
)

func needs(m *Model, component Component, declared ...Function) string {
	var out []string
	for _, rule := range m.NeededRules(component, declared...) {
		out = append(out, fmt.Sprintf("%s/%s:%s", rule.APIGroups[0], rule.Resources[0], strings.Join(rule.Verbs, ",")))
	}
	return strings.Join(out, " ")
}

func TestNeededRules(t *testing.T) {
	const (
		executor = "/pods:create,delete,list,patch,watch"
		logs     = "/pods:list /pods/log:get"
		operator = "/events:list /pods:create,delete,get,list,patch /pods/log:get"
		deferred = "/events:list,watch /pods:delete,get /pods/log:get"
		exec     = "/pods/exec:create,get"
		jobs     = "/pods:get,list /pods/log:get batch/jobs:create,delete,get,list,patch,watch batch/jobs/status:get,watch"
	)
	tests := []struct {
		executors string
		component Component
		declared  []Function
		want      string
	}{
		{"CeleryExecutor", Scheduler, nil, ""},
		{"CeleryExecutor", Worker, nil, ""},
		{"CeleryExecutor", Triggerer, nil, ""},
		{"CeleryExecutor", APIServer, nil, ""},
		{"CeleryExecutor", Worker, []Function{PodOperator}, operator},
		{"CeleryExecutor", Worker, []Function{PodOperatorXCom}, exec},
		{"CeleryExecutor", Triggerer, []Function{PodOperatorDeferrable}, deferred},
		{"CeleryExecutor", Scheduler, []Function{PodOperator}, ""}, // no task runs there
		{"LocalExecutor", Scheduler, nil, ""},
		{"LocalExecutor", Scheduler, []Function{PodOperator}, operator},
		{"LocalExecutor", Scheduler, []Function{JobOperator}, jobs},
		{"KubernetesExecutor", Scheduler, nil, executor},
		{"KubernetesExecutor", TaskPod, nil, operator},
		{"KubernetesExecutor", TaskPod, []Function{PodOperatorXCom}, "/events:list /pods:create,delete,get,list,patch " + exec + " /pods/log:get"},
		{"KubernetesExecutor", Triggerer, nil, deferred},
		{"KubernetesExecutor", Webserver, nil, logs},
		{"CeleryExecutor,KubernetesExecutor", APIServer, nil, logs},
		{"CeleryExecutor,KubernetesExecutor", Worker, nil, operator},
		{"KubernetesExecutor", Flower, nil, ""},
		{"KubernetesExecutor", Database, nil, ""},
		{"KubernetesExecutor", DagProcessor, nil, ""},
		{"CeleryExecutor", Cleanup, nil, "/pods:delete,list"},
	}
	for _, tt := range tests {
		m := &Model{Identity: Identity{Executors: parseExecutors(tt.executors)}}
		if got := needs(m, tt.component, tt.declared...); got != tt.want {
			t.Errorf("%s %s %v: got %q, want %q", tt.executors, tt.component, tt.declared, got, tt.want)
		}
	}
}

func TestNeedsAPI(t *testing.T) {
	const (
		vaultEnv  = "env: [{name: AIRFLOW__SECRETS__BACKEND, value: airflow.providers.hashicorp.secrets.vault.VaultBackend}, {name: AIRFLOW__SECRETS__BACKEND_KWARGS, value: ARGUMENTS}]"
		celery    = "[core]\nexecutor = CeleryExecutor"
		annotated = "{tier: airflow, component: scheduler, release: rel}, annotations: {vault.hashicorp.com/agent-inject: ANSWER}}"
	)
	plain := scheduler("apache/airflow:3.2.2", "env: []", celery, "")
	agent := strings.Replace(plain, "{tier: airflow, component: scheduler, release: rel}}", annotated, 1)
	tests := []struct{ name, manifests, want string }{
		{"CeleryExecutor", plain, "false "},
		{"KubernetesExecutor", strings.ReplaceAll(plain, "CeleryExecutor", "KubernetesExecutor"), "true the executor makes, adopts and deletes task pods"},
		{"Vault agent", strings.Replace(agent, "ANSWER", `"true"`, 1), "true the Vault agent logs in with it"},
		{"Vault agent off", strings.Replace(agent, "ANSWER", `"false"`, 1), "false "},
		{"Vault backend by Kubernetes", scheduler("apache/airflow:3.2.2", strings.Replace(vaultEnv, "ARGUMENTS", `'{"auth_type": "kubernetes"}'`, 1), celery, ""), "true the Vault secrets backend may log in with it"},
		{"Vault backend, hidden", scheduler("apache/airflow:3.2.2", strings.Replace(vaultEnv, "ARGUMENTS", "⟦secret 1 size:32⟧", 1), celery, ""), "true the Vault secrets backend may log in with it"},
		{"Vault backend otherwise", scheduler("apache/airflow:3.2.2", strings.Replace(vaultEnv, "ARGUMENTS", `'{"auth_type": "approle"}'`, 1), celery, ""), "false "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := New(load(t, tt.manifests))
			needed, why := m.NeedsAPI(m.Find(Scheduler)[0])
			if got := fmt.Sprint(needed, " ", why); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
