package collect

import (
	"strings"
	"testing"
)

func TestMaskValues(t *testing.T) {
	const text = `airflowVersion: 3.2.2
executor: CeleryExecutor
fernetKey: hunter2
webserverSecretKey: 12345
fernetKeySecretName: my-keys
rbac: {secrets: true}
web: {replicas: 2, service: {type: NodePort}, podAnnotations: {x: hunter2, helm.sh/hook: test}, podLabels: {a: b}, args: [bash, -c, "airflow webserver -p hunter2"]}
airflow:
  config: {AIRFLOW__CORE__EXECUTOR: LocalExecutor, AIRFLOW__SMTP__SMTP_PASSWORD: hunter2, AIRFLOW_CONN_A: "postgresql://u:hunter2@h/d"}
  extraEnv: [{name: AWS_SECRET_ACCESS_KEY, value: hunter2}, {name: FROM, valueFrom: {secretKeyRef: {name: a, key: b}}}, {name: TZ, value: Etc/UTC}]
  users: [{username: admin, password: admin, role: Admin, email: hunter2, active: true}]
  connections: [{id: c1, type: postgres, host: hunter2, login: hunter2, password: hunter2, port: 5432}]
  variables: [{key: api_token, value: hunter2}]
config:
  core: {load_examples: "True", fernet_key: hunter2}
  smtp: {smtp_password: hunter2, smtp_port: 25}
data:
  metadataConnection: {user: postgres, pass: hunter2, host: pg.example.com, port: 5432, sslmode: disable, protocol: postgresql}
  brokerUrl: redis://:hunter2@redis:6379/0
dags: {gitSync: {enabled: true, repo: "https://u:hunter2@git.example.com/a.git", branch: main, sshKey: hunter2}}
images: {airflow: {repository: apache/airflow, tag: 3.2.2}}
flower: {basicAuth: "admin:hunter2"}
extraEnv: "- name: A\n  value: hunter2\n"
extraManifests: ["kind: Secret\nstringData: {a: hunter2}"]
extraSecrets: {s: {stringData: "a: hunter2", data: {b: hunter2}}}
securityContexts: {pod: {runAsUser: 50000}, containers: {capabilities: {drop: [ALL]}}}
scheduler: {resources: {limits: {memory: 1Gi}}, nodeSelector: {a: b}, automountServiceAccountToken: false}
`
	value, _, err := parseYAML([]byte(text), "v", 1)
	if err != nil {
		t.Fatal(err)
	}
	user := value.(map[string]any)
	out, err := writeYAML(testMasker(t).values(user))
	if err != nil {
		t.Fatal(err)
	}
	got := short(string(out))
	if strings.Contains(got, "hunter2") {
		t.Errorf("a secret survives:\n%s", got)
	}
	for _, want := range []string{
		"airflowVersion: 3.2.2", "executor: CeleryExecutor", "fernetKey: «»", "webserverSecretKey: «»", "fernetKeySecretName: my-keys", "secrets: true",
		"replicas: 2", "type: NodePort", "helm.sh/hook: test", "a: b", "- airflow webserver -p «»", "AIRFLOW__CORE__EXECUTOR: LocalExecutor",
		"AIRFLOW_CONN_A: postgresql://«»:«»@h/«»", "value: Etc/UTC", "key: b", "username: «admin»", "password: «admin»", "role: Admin", "id: c1", "type: postgres",
		"load_examples: \"True\"", "smtp_port: 25", "user: «postgres»", "host: pg.example.com", "sslmode: disable", "brokerUrl: redis://:«»@redis:6379/0",
		"repo: https://«»:«»@git.example.com/«»", "branch: main", "tag: 3.2.2", "basicAuth: «admin»:«»", "runAsUser: 50000", "- ALL", "memory: 1Gi", "automountServiceAccountToken: false",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing:\n%s", want, got)
		}
	}
	if before, _, _ := parseYAML([]byte(text), "v", 1); !equalYAML(t, before, user) {
		t.Error("the user's own values were changed")
	}
}

func equalYAML(t *testing.T, a, b any) bool {
	t.Helper()
	x, errX := writeYAML(a)
	y, errY := writeYAML(b)
	return errX == nil && errY == nil && string(x) == string(y)
}
