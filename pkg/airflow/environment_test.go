package airflow

import (
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func TestEnv(t *testing.T) {
	const objects = `
apiVersion: v1
kind: ConfigMap
metadata: {name: first}
data: {A: first, B: first, C: first}
---
apiVersion: v1
kind: Secret
metadata: {name: second}
data: {B: c2Vjb25k, HOST: aA==}
`
	const env = `envFrom: [{configMapRef: {name: first}}, {secretRef: {name: second}}, {prefix: P_, secretRef: {name: second}}]
env:
- {name: C, value: one}
- {name: C, value: two}
- {name: URL, value: "redis://$(HOST):$(PORT)/$$(HOST)"}
- {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
- {name: NS, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
- {name: NODE_URL, value: "http://$(POD)"}
- {name: KEY, valueFrom: {configMapKeyRef: {name: first, key: A}}}`
	m := New(load(t, scheduler("apache/airflow:2.9.3", env, "", objects)))
	w := m.Find(Scheduler)[0]
	for name, want := range map[string]string{
		"A":        `"first" via configmap, A at configmap/first  /data/A`,
		"B":        `"second" via secret, B at secret/second  /data/B`,
		"P_B":      `"second" via secret, P_B at secret/second  /data/B`,
		"C":        `"two" via env, C at deployment/rel-scheduler scheduler /spec/template/spec/containers/0/env/1/value`,
		"URL":      `"redis://h:$(PORT)/$(HOST)" via env, URL at deployment/rel-scheduler scheduler /spec/template/spec/containers/0/env/2/value`,
		"POD":      `unknown (it comes from the pod itself when it starts) via env, POD at deployment/rel-scheduler scheduler /spec/template/spec/containers/0/env/3`,
		"NS":       `"airflow" via env, NS at deployment/rel-scheduler scheduler /spec/template/spec/containers/0/env/4`,
		"NODE_URL": `unknown (it is put together from a variable that could not be read) via env, NODE_URL at deployment/rel-scheduler scheduler /spec/template/spec/containers/0/env/5/value`,
		"KEY":      `"first" via configmap, KEY at configmap/first  /data/A`,
	} {
		s, found := m.Env(w, "scheduler", name)
		if got := brief(s); !found || got != want || s.Workload != w || s.Component != Scheduler {
			t.Errorf("%s: got  %s\nwant %s", name, got, want)
		}
	}
	if s, found := m.Env(w, "scheduler", "D"); found {
		t.Errorf("D is set nowhere: got %s", brief(s))
	}
	if _, found := m.Env(w, "no-such-container", "A"); found {
		t.Error("a container that does not exist has no environment")
	}
	list, complete := m.Environment(w, "scheduler")
	if len(list) != 11 || !complete || list[0].Name != "A" {
		t.Errorf("got %d variables, complete=%t", len(list), complete)
	}
}

func TestAnUnreadSourceHidesWhatItMayOverride(t *testing.T) {
	const env = `envFrom: [{secretRef: {name: known}}, {secretRef: {name: gone}}]
env: [{name: B, value: sure}]`
	const known = "apiVersion: v1\nkind: Secret\nmetadata: {name: known}\ndata: {A: YQ==, B: Yg==}\n"
	m := New(load(t, scheduler("apache/airflow:2.9.3", env, "", known)))
	w := m.Find(Scheduler)[0]
	for name, sure := range map[string]bool{"A": false, "B": true, "C": false} {
		s, found := m.Env(w, "scheduler", name)
		if !found || s.Known != sure || !sure && !strings.Contains(s.Reason, "Secret gone") {
			t.Errorf("%s: found=%t %s", name, found, brief(s))
		}
	}
	if _, complete := m.Environment(w, "scheduler"); complete {
		t.Error("the environment cannot be complete")
	}
}

func TestTheTokenOfNothingIsNothing(t *testing.T) {
	s := load(t, scheduler("apache/airflow:2.9.3", "envFrom: [{secretRef: {name: keys}}]\nenv: [{name: ONE, valueFrom: {secretKeyRef: {name: keys, key: A}}}]", "", "apiVersion: v1\nkind: Secret\nmetadata: {name: keys}\ndata: {}\n"))
	s.Find(snapshot.Secret, "airflow", "keys").Content["data"] = map[string]any{"A": snapshot.Masked{ID: "1", Size: 0}.Token(), "B": snapshot.Masked{ID: "2", Size: 1}.Token()}
	m := New(s)
	for name, empty := range map[string]bool{"A": true, "ONE": true, "B": false} {
		if got, _ := m.Env(m.Find(Scheduler)[0], "scheduler", name); !got.Known || (got.Value == "") != empty {
			t.Errorf("%s: got %s", name, brief(got))
		}
	}
}

func TestOptionalSourcesInACluster(t *testing.T) {
	text := scheduler("apache/airflow:2.9.3", "envFrom: [{secretRef: {name: gone, optional: true}}]", "", "")
	if s, found := lookup(t, load(t, text)); !found || s.Known {
		t.Error("files do not show what else the cluster holds: the Secret may exist")
	}
	if s, found := lookup(t, live(t, text)); found {
		t.Errorf("the cluster was read and has no such Secret: got %s", brief(s))
	}
}

func lookup(t *testing.T, s *snapshot.Snapshot) (Setting, bool) {
	t.Helper()
	m := New(s)
	return m.Env(m.Find(Scheduler)[0], "scheduler", "A")
}

// TestMissingElsewhere: task pods may run in a namespace of their own, whose objects were not asked for.
func TestMissingElsewhere(t *testing.T) {
	m := New(load(t, fixture(t, "official")))
	src := source{kind: snapshot.ConfigMap, name: "rel-config"}
	if got, want := m.missing(src, "tasks"), "ConfigMap rel-config of namespace tasks is not among the objects that were read"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got, want := m.missing(src, m.Namespace), "ConfigMap rel-config is not among the objects that were read"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
