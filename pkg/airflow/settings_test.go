package airflow

import (
	"fmt"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// scheduler is a release of one scheduler with these variables, this airflow.cfg and these objects.
func scheduler(image, env, cfg, objects string) string {
	text := `
apiVersion: apps/v1
kind: Deployment
metadata: {name: rel-scheduler}
spec:
  template:
    metadata: {labels: {tier: airflow, component: scheduler, release: rel}}
    spec:
      containers:
      - name: scheduler
        image: ` + image + `
        ` + strings.ReplaceAll(env, "\n", "\n        ")
	if cfg != "" {
		text += `
        volumeMounts: [{name: config, mountPath: /opt/airflow/airflow.cfg, subPath: airflow.cfg}]
      volumes: [{name: config, configMap: {name: rel-config}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: rel-config}
data:
  airflow.cfg: |
    ` + strings.ReplaceAll(cfg, "\n", "\n    ")
	}
	return text + "\n---\n" + objects
}

// brief is a setting in one line.
func brief(s Setting) string {
	value := fmt.Sprintf("%q", s.Value)
	if !s.Known {
		value = "unknown (" + s.Reason + ")"
	}
	if s.Default {
		value += " by default"
	}
	return fmt.Sprintf("%s via %s, %s at %s %s %s", value, s.Via, s.Name, s.Ref, s.Container, s.Path)
}

const keys = `
apiVersion: v1
kind: Secret
metadata: {name: keys}
data: {fernet: c2VjcmV0, AIRFLOW__CORE__FERNET_KEY: YWxs, CORP_AIRFLOW__CORE__FERNET_KEY: bm8=}
`

func TestSettingOrder(t *testing.T) {
	const cfg = "[core]\nfernet_key = from-cfg\nexecutor: LocalExecutor"
	const env = "env: [{name: AIRFLOW__CORE__FERNET_KEY, value: plain}, {name: AIRFLOW__CORE__FERNET_KEY_CMD, value: cat /key}]"
	tests := []struct{ name, manifests, want string }{
		{"environment before its command and airflow.cfg", scheduler("apache/airflow:2.9.3", env, cfg, ""),
			`"plain" via env, AIRFLOW__CORE__FERNET_KEY at deployment/rel-scheduler scheduler /spec/template/spec/containers/0/env/0/value`},
		{"command before airflow.cfg", scheduler("apache/airflow:2.9.3", strings.Replace(env, "{name: AIRFLOW__CORE__FERNET_KEY, value: plain}, ", "", 1), cfg, ""),
			`unknown (it is the output of a command) via cmd, AIRFLOW__CORE__FERNET_KEY_CMD at deployment/rel-scheduler scheduler /spec/template/spec/containers/0/env/0/value`},
		{"secrets backend before airflow.cfg", scheduler("apache/airflow:2.9.3", "env: [{name: AIRFLOW__CORE__FERNET_KEY_SECRET, value: keys/fernet}]", cfg, ""),
			`unknown (it stands in the secrets backend) via backend, AIRFLOW__CORE__FERNET_KEY_SECRET at deployment/rel-scheduler scheduler /spec/template/spec/containers/0/env/0/value`},
		{"airflow.cfg", scheduler("apache/airflow:2.9.3", "env: []", cfg, ""),
			`"from-cfg" via airflow.cfg, [core] fernet_key at configmap/rel-config  /data/airflow.cfg#core/fernet_key`},
		{"command in airflow.cfg", scheduler("apache/airflow:2.9.3", "env: []", "[core]\nfernet_key_cmd = cat /key", ""),
			`unknown (it is the output of a command) via cmd, [core] fernet_key_cmd at configmap/rel-config  /data/airflow.cfg#core/fernet_key_cmd`},
		{"default", scheduler("apache/airflow:2.9.3", "env: []", "", ""),
			`"" by default via default,  at deployment/rel-scheduler scheduler /spec/template/spec/containers/0`},
		{"key of a Secret", scheduler("apache/airflow:2.9.3", "env: [{name: AIRFLOW__CORE__FERNET_KEY, valueFrom: {secretKeyRef: {name: keys, key: fernet}}}]", "", keys),
			`"secret" via secret, AIRFLOW__CORE__FERNET_KEY at secret/keys  /data/fernet`},
		{"all of a Secret", scheduler("apache/airflow:2.9.3", "envFrom: [{secretRef: {name: keys}}]", cfg, keys),
			`"all" via secret, AIRFLOW__CORE__FERNET_KEY at secret/keys  /data/AIRFLOW__CORE__FERNET_KEY`},
		{"a Secret that is not there", scheduler("apache/airflow:2.9.3", "env: [{name: AIRFLOW__CORE__FERNET_KEY, valueFrom: {secretKeyRef: {name: other, key: fernet}}}]", cfg, keys),
			`unknown (Secret other is not among the objects that were read) via secret, AIRFLOW__CORE__FERNET_KEY at secret/other  /data/fernet`},
		{"a key that is not there", scheduler("apache/airflow:2.9.3", "env: [{name: AIRFLOW__CORE__FERNET_KEY, valueFrom: {secretKeyRef: {name: keys, key: other}}}]", cfg, keys),
			`unknown (Secret keys has no key other) via secret, AIRFLOW__CORE__FERNET_KEY at secret/keys  /data/other`},
		{"an optional key that is not there", scheduler("apache/airflow:2.9.3", "env: [{name: AIRFLOW__CORE__FERNET_KEY, valueFrom: {secretKeyRef: {name: keys, key: other, optional: true}}}]", cfg, keys),
			`"from-cfg" via airflow.cfg, [core] fernet_key at configmap/rel-config  /data/airflow.cfg#core/fernet_key`},
		{"a source of everything that is not there", scheduler("apache/airflow:2.9.3", "envFrom: [{secretRef: {name: other}}]", cfg, ""),
			`unknown (Secret other is not among the objects that were read) via env, AIRFLOW__CORE__FERNET_KEY at deployment/rel-scheduler scheduler /spec/template/spec/containers/0`},
		{"an airflow.cfg that is not there", strings.Replace(scheduler("apache/airflow:2.9.3", "env: []", cfg, ""), "metadata: {name: rel-config}", "metadata: {name: another}", 1),
			`unknown (ConfigMap rel-config is not among the objects that were read) via airflow.cfg,  at configmap/rel-config  /data/airflow.cfg`},
		{"an airflow.cfg on a disk", strings.Replace(scheduler("apache/airflow:2.9.3", "env: []", cfg, ""), "configMap: {name: rel-config}", "persistentVolumeClaim: {claimName: c}", 1),
			`unknown (volume config cannot be looked into) via airflow.cfg,  at deployment/rel-scheduler  /spec/template/spec/volumes`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list := New(load(t, tt.manifests)).Settings("core", "fernet_key")
			if len(list) != 1 {
				t.Fatalf("got %d settings", len(list))
			}
			if got := brief(list[0]); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestUnreadSecretsAreNotDefaults(t *testing.T) {
	s := load(t, scheduler("apache/airflow:2.9.3", "envFrom: [{secretRef: {name: keys}}]", "", ""))
	unread(s, snapshot.Secret, snapshot.Forbidden)
	got := New(s).Settings("core", "fernet_key")[0]
	if got.Known || got.Default || got.Reason != "Secret objects were not read (forbidden)" {
		t.Errorf("got %s", brief(got))
	}
}

func TestOlderNames(t *testing.T) {
	const env = "env: [{name: AIRFLOW__API__AUTH_BACKEND, value: airflow.api.auth.backend.default}]"
	tests := []struct {
		image, section, key, want string
		none                      bool
	}{
		{image: "apache/airflow:2.2.5", section: "api", key: "auth_backend", want: "airflow.api.auth.backend.default"},
		{image: "apache/airflow:2.2.5", section: "api", key: "auth_backends", none: true},
		{image: "apache/airflow:2.9.3", section: "api", key: "auth_backends", want: "airflow.api.auth.backend.default"},
		{image: "apache/airflow:2.9.3", section: "api", key: "auth_backend", none: true},
		{image: "apache/airflow:3.1.0", section: "fab", key: "auth_backends", want: "airflow.providers.fab.auth_manager.api.auth.backend.session"},
		{image: "apache/airflow:3.1.0", section: "api", key: "auth_backends", none: true},
	}
	for _, tt := range tests {
		list := New(load(t, scheduler(tt.image, env, "", ""))).Settings(tt.section, tt.key)
		if tt.none != (len(list) == 0) || !tt.none && list[0].Value != tt.want {
			t.Errorf("%s [%s] %s: got %v", tt.image, tt.section, tt.key, list)
		}
	}
}

func TestTheNewNameWins(t *testing.T) {
	const env = "env: [{name: AIRFLOW__CORE__SQL_ALCHEMY_CONN, value: old}, {name: AIRFLOW__DATABASE__SQL_ALCHEMY_CONN, value: new}]"
	if got := New(load(t, scheduler("apache/airflow:2.9.3", env, "", ""))).Settings("database", "sql_alchemy_conn"); len(got) != 1 || got[0].Value != "new" {
		t.Errorf("got %v", got)
	}
}

func TestOldNamesEnd(t *testing.T) {
	const env = "env: [{name: AIRFLOW__CORE__SQL_ALCHEMY_CONN, value: old}]"
	for image, want := range map[string]string{"apache/airflow:2.11.0": "old", "apache/airflow:3.0.0": "sqlite:///{AIRFLOW_HOME}/airflow.db"} {
		if got := New(load(t, scheduler(image, env, "", ""))).Settings("database", "sql_alchemy_conn"); len(got) != 1 || got[0].Value != want {
			t.Errorf("%s: got %v, want %s", image, got, want)
		}
	}
}

func TestOnlySensitiveOptionsTakeCommands(t *testing.T) {
	const env = "env: [{name: AIRFLOW__CORE__EXECUTOR_CMD, value: cat /x}, {name: AIRFLOW__CORE__EXECUTOR_SECRET, value: x}]"
	for _, cfg := range []string{"", "[core]\nexecutor_cmd = cat /x"} {
		if got := New(load(t, scheduler("apache/airflow:3.0.0", env, cfg, ""))).Settings("core", "executor"); len(got) != 1 || got[0].Value != "LocalExecutor" {
			t.Errorf("got %v", got)
		}
	}
}

func TestDefaults(t *testing.T) {
	for _, tt := range []struct{ image, section, key, want string }{
		{"apache/airflow:1.10.10", "api", "auth_backend", `"airflow.api.auth.backend.default"`},
		{"apache/airflow:1.10.11", "api", "auth_backend", `"airflow.api.auth.backend.deny_all"`},
		{"apache/airflow:1.10.13", "webserver", "secret_key", `"temporary_key"`},
		{"apache/airflow:1.10.14", "webserver", "secret_key", `""`},
		{"apache/airflow:1.10.15", "celery", "broker_url", `"sqla+mysql://airflow:airflow@localhost:3306/airflow"`},
		{"apache/airflow:2.0.0", "celery", "broker_url", `"redis://redis:6379/0"`},
		{"apache/airflow:2.8.4", "core", "auth_manager", `"airflow.auth.managers.fab.fab_auth_manager.FabAuthManager"`},
		{"apache/airflow:3.2.2", "core", "auth_manager", `"airflow.api_fastapi.auth.managers.simple.simple_auth_manager.SimpleAuthManager"`},
		{"apache/airflow:latest", "core", "auth_manager", `unknown (Airflow's version is unknown, and the default differs between versions)`},
		{"apache/airflow:latest", "core", "simple_auth_manager_all_admins", `"False"`},
		{"apache/airflow:3.2.2", "core", "no_such_option", `unknown (its default is not in this tool's table)`},
		{"corp/airflow:3.2.2", "core", "load_examples", `"True"`},
		{"docker.io/apache/airflow:3.2.2", "core", "load_examples", `"false"`},
	} {
		list := New(load(t, scheduler(tt.image, "env: []", "", ""))).Settings(tt.section, tt.key)
		if len(list) != 1 || !list[0].Default || !strings.HasPrefix(brief(list[0]), tt.want+" by default") {
			t.Errorf("%s [%s] %s: got %v, want %s", tt.image, tt.section, tt.key, list, tt.want)
		}
	}
}

func TestTheImagesEnvironmentBeatsTheFile(t *testing.T) {
	const cfg = "[core]\nload_examples = True"
	for image, want := range map[string]string{"apache/airflow:3.2.2": "false", "corp/airflow:3.2.2": "True"} {
		if got := New(load(t, scheduler(image, "env: []", cfg, ""))).Settings("core", "load_examples")[0].Value; got != want {
			t.Errorf("%s: got %q, want %q", image, got, want)
		}
	}
}

func TestSettingsOfEveryComponent(t *testing.T) {
	m := New(load(t, fixture(t, "community")))
	var got []string
	for _, s := range m.Settings("core", "executor") {
		got = append(got, string(s.Component)+"="+s.Value)
	}
	if want := "scheduler=CeleryKubernetesExecutor task-pod=LocalExecutor webserver=CeleryKubernetesExecutor"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestSettingInAnyContainer(t *testing.T) {
	text := strings.Replace(fixture(t, "community"), "- {name: log-cleanup, image: \"apache/airflow:2.8.4-python3.9\"}", "- {name: log-cleanup, image: \"apache/airflow:2.8.4-python3.9\", env: [{name: AIRFLOW__CORE__EXECUTOR, value: LocalExecutor}]}", 1)
	m := New(load(t, text))
	w := m.Find(Scheduler)[0]
	for container, want := range map[string]string{"airflow-scheduler": "CeleryKubernetesExecutor", "log-cleanup": "LocalExecutor", "check-db": "SequentialExecutor"} {
		if got, ok := m.SettingIn(w, container, "core", "executor"); !ok || got.Value != want {
			t.Errorf("%s: got %s", container, brief(got))
		}
	}
	if _, ok := m.SettingIn(w, "nobody", "core", "executor"); ok {
		t.Error("a container that does not exist has a setting")
	}
	if _, ok := m.SettingIn(w, "log-cleanup", "api_auth", "jwt_secret"); ok {
		t.Error("Airflow 2 has no such option")
	}
}

func TestSettingReadings(t *testing.T) {
	token := snapshot.Masked{ID: "1"}.Token()
	for _, tt := range []struct {
		s             Setting
		clear, on, ok bool
	}{
		{Setting{Known: true, Value: "True"}, true, true, true},
		{Setting{Known: true, Value: " t # comment"}, true, true, true},
		{Setting{Known: true, Value: "0"}, true, false, true},
		{Setting{Known: true, Value: "maybe"}, true, false, false},
		{Setting{Known: true, Value: token}, false, false, false},
		{Setting{Known: true, Value: "redis://:" + token + "@h"}, false, false, false},
		{Setting{Value: "True"}, false, false, false},
	} {
		on, ok := tt.s.On()
		if tt.s.Clear() != tt.clear || on != tt.on || ok != tt.ok {
			t.Errorf("%+v: clear=%t on=%t ok=%t", tt.s, tt.s.Clear(), on, ok)
		}
	}
}

// TestOptionsTable holds the table to what resolve relies on.
func TestOptionsTable(t *testing.T) {
	seen := map[optionName]bool{}
	for _, o := range options {
		name := optionName{o.section, o.key}
		if seen[name] {
			t.Errorf("[%s] %s stands twice", o.section, o.key)
		}
		seen[name] = true
		for i, d := range o.defaults {
			if (d.since == "") != (i == 0) || i > 1 && compareVersions(o.defaults[i-1].since, d.since) >= 0 {
				t.Errorf("[%s] %s: defaults must begin without a version and rise", o.section, o.key)
			}
			if d.value == "" && d.note == "" {
				t.Errorf("[%s] %s: an empty default must say what it means", o.section, o.key)
			}
		}
	}
}
