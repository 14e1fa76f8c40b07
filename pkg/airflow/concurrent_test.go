package airflow

import (
	"reflect"
	"sync"
	"testing"
)

const sharedVariables = `
apiVersion: v1
kind: Secret
metadata: {name: rel-envs}
stringData: {}
data: {AIRFLOW__CORE__EXECUTOR: Q2VsZXJ5RXhlY3V0b3I=, AIRFLOW__CELERY__BROKER_URL_CMD: 'ZWNobyAiJFVSTCI=', URL: cmVkaXM6Ly9tcQ==}`

// askAll asks a model for all that it keeps.
func askAll(m *Model) []any {
	out := []any{m.Settings("celery", "broker_url"), m.Flows(Declarations{}), m.Pods()}
	for _, w := range m.Workloads {
		for _, c := range w.Containers() {
			list, complete := m.Environment(w, c.Name)
			one, set := m.SettingIn(w, c.Name, "core", "executor")
			out = append(out, list, complete, one, set)
		}
	}
	return out
}

// TestSeveralRulesAtOnce finds unguarded changes where the race detector runs,
// and answers that hang on who asks first everywhere.
func TestSeveralRulesAtOnce(t *testing.T) {
	const variables = "envFrom: [{secretRef: {name: rel-envs}}]"
	var objects []string
	for _, component := range []string{"scheduler", "worker", "triggerer", "api-server"} {
		objects = append(objects, part{
			component: component, container: variables,
			more: "initContainers: [{name: wait, image: apache/airflow:3.1.0, " + variables + "}]",
		}.manifest())
	}
	s := modelOf(t, append(objects, sharedVariables)...).Snapshot
	want := askAll(New(s))
	if found := want[0].([]Setting); len(found) != 4 || found[0].Via != "cmd" || !found[0].Known {
		t.Fatalf("the broker is %+v", found)
	}
	m := New(s)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for i, got := range askAll(m) {
				if !reflect.DeepEqual(got, want[i]) {
					t.Errorf("answer %d differs", i)
				}
			}
		})
	}
	wait.Wait()
}
