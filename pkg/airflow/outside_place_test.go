package airflow

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// TestOutsidePlaces wants every form of a host at the place it means.
func TestOutsidePlaces(t *testing.T) {
	const services = `
{apiVersion: v1, kind: Service, metadata: {name: es}, spec: {selector: {app: es}, ports: [{port: 9200, targetPort: http}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: other}, spec: {selector: {app: elsewhere}, ports: [{port: 9200}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: alias}, spec: {type: ExternalName, externalName: Search.Example.com}}
---
{apiVersion: v1, kind: Service, metadata: {name: bare}, spec: {ports: [{port: 9200}]}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: es}
spec: {template: {metadata: {labels: {app: es}}, spec: {containers: [{name: es, image: es, ports: [{name: http, containerPort: 9999}]}]}}}
`
	for host, want := range map[string]string{
		"es":                              " es [9999] labels=<nil>",
		"es.airflow.svc.cluster.local":    " es [9999] labels=<nil>",
		"http://u:p@es.airflow:9200":      " es [9999] labels=<nil>",
		"other":                           "pods other [9200] labels=app=elsewhere in airflow",
		"bare":                            "pods bare [9200] labels=<nil> in airflow",
		"alias":                           "host search.example.com [9200] labels=<nil>",
		"nothing":                         "pods nothing [9200] labels=<nil> in airflow",
		"far.search.svc":                  "pods far.search.svc [9200] labels=<nil> in search",
		"f-0.far.search.svc.cluster.test": "pods f-0.far.search.svc.cluster.test [9200] labels=<nil> in search",
		"far.team-a":                      "pods far.team-a [9200] labels=<nil> in team-a",
		"far.logging":                     "pods far.logging [9200] labels=<nil> in logging",
		"example.com":                     "host example.com [9200] labels=<nil>",
		"ES.Example.com.":                 "host es.example.com [9200] labels=<nil>",
		"10.0.0.7":                        "range 10.0.0.7 [9200] labels=<nil> 10.0.0.7/32",
		"10.0.0.7:9300":                   "range 10.0.0.7 [9300] labels=<nil> 10.0.0.7/32",
		"http://[2001:db8::1]:9300":       "range 2001:db8::1 [9300] labels=<nil> 2001:db8::1/128",
		"https://[::ffff:10.0.0.8]":       "range 10.0.0.8 [443] labels=<nil> 10.0.0.8/32",
		"localhost":                       "",
		"http://127.0.0.2:9200":           "",
		"[::1]:9200":                      "",
		"0.0.0.0":                         "",
		"es:⟦secret 1 size:1⟧":            "host Elasticsearch [9200] labels=<nil>",
		"two words":                       "host Elasticsearch [9200] labels=<nil>",
		"http://u:p/w@es.example.com":     "host Elasticsearch [9200] labels=<nil>",
		"http://u:p@es.example.com/a@b":   "host Elasticsearch [9200] labels=<nil>",
	} {
		t.Run(host, func(t *testing.T) {
			pod := part{component: "api-server", env: variables("AIRFLOW__LOGGING__REMOTE_LOGGING", "True", "AIRFLOW__ELASTICSEARCH__HOST", host)}
			got := ""
			for _, f := range modelOf(t, pod.manifest(), services).outsideFlows(Declarations{}) {
				got += fmt.Sprintf("%s %s %v labels=%s", f.To.Place, f.To.Name, f.Ports, labelText(f.To))
			}
			if got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

func labelText(e End) string {
	text := "<nil>"
	if e.Labels != nil {
		text = ""
		for key, value := range e.Labels.MatchLabels {
			text += key + "=" + value
		}
	}
	if e.Namespaces != nil {
		text += " in " + e.Namespaces.MatchLabels["kubernetes.io/metadata.name"]
	}
	for _, p := range e.Addresses {
		text += " " + p.String()
	}
	return text
}

// TestStoresOfTheReleaseAreNotOutside leaves what the release runs itself to the rows between its own pods.
func TestStoresOfTheReleaseAreNotOutside(t *testing.T) {
	const own = `
{apiVersion: v1, kind: Service, metadata: {name: rel-postgresql}, spec: {selector: {app: postgresql}, ports: [{port: 5432}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: rel-statsd}, spec: {selector: {component: statsd}, ports: [{port: 9125, protocol: UDP}]}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: rel-postgresql}
spec: {template: {metadata: {labels: {app: postgresql, release: rel}}, spec: {containers: [{name: postgresql, image: postgresql}]}}}
`
	scheduler := part{component: "scheduler", env: variables("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://u:p@rel-postgresql.airflow:5432/a",
		"AIRFLOW__METRICS__STATSD_ON", "True", "AIRFLOW__METRICS__STATSD_HOST", "rel-statsd", "AIRFLOW__CORE__EXECUTOR", "CeleryExecutor")}
	for _, f := range modelOf(t, scheduler.manifest(), part{component: "statsd"}.manifest(), own).outsideFlows(Declarations{}) {
		t.Errorf("%s → %s %s", f.ID, f.To.Place, f.To.Name)
	}
}

// TestInjectedAgentSaysItsVault prefers what the container in a live pod says to the annotation.
func TestInjectedAgentSaysItsVault(t *testing.T) {
	s := load(t, part{component: "worker", notes: `vault.hashicorp.com/agent-inject: "true"`}.manifest()+`
---
apiVersion: v1
kind: Pod
metadata: {name: rel-worker-x, labels: {tier: airflow, component: worker, release: rel}, ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: rel-worker, controller: true}]}
spec:
  containers:
  - {name: worker, image: "apache/airflow:3.1.0"}
  - {name: vault-agent, image: vault, env: [{name: VAULT_ADDR, value: "https://live.example.com:8201"}]}
`)
	read(s, snapshot.Service, snapshot.Pod)
	got := outsideLines(New(s).outsideFlows(Declarations{}), "vault-agent")
	if want := []string{"worker → host live.example.com [8201]"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// TestUnreadSettingsStandInOneFlow keeps what only may be set from making a flow of each row.
func TestUnreadSettingsStandInOneFlow(t *testing.T) {
	m := modelOf(t, part{component: "worker", container: "envFrom: [{secretRef: {name: gone}}]"}.manifest())
	var got []string
	for _, f := range m.outsideFlows(Declarations{}) {
		got = append(got, f.ID)
	}
	if want := []string{"database", "unread-settings", "dag-targets"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// canary is what no flow may say.
const canary = "hunter2"

// TestOutsideFlowsTellNoSecret puts a secret wherever a setting may hold one, unmasked.
func TestOutsideFlowsTellNoSecret(t *testing.T) {
	env := variables(
		"AIRFLOW__CORE__EXECUTOR", "CeleryExecutor",
		"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://u:hunter2@db.example.com/hunter2?password=hunter2",
		"AIRFLOW__CELERY__BROKER_URL", "redis://:hunter2@redis.example.com/0",
		"AIRFLOW__CELERY__RESULT_BACKEND", "hunter2",
		"AIRFLOW__SECRETS__BACKEND", "airflow.providers.hashicorp.secrets.vault.VaultBackend",
		"AIRFLOW__SECRETS__BACKEND_KWARGS", `{"url":"https://u:hunter2@vault.example.com","token":"hunter2"}`,
		"AIRFLOW__WORKERS__SECRETS_BACKEND", "airflow.providers.hashicorp.secrets.vault.VaultBackend",
		"AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS", `{"url":"hunter2 hunter2"`,
		"AIRFLOW__LOGGING__REMOTE_LOGGING", "True", "AIRFLOW__LOGGING__REMOTE_BASE_LOG_FOLDER", "s3://hunter2/logs",
		"AIRFLOW__ELASTICSEARCH__WRITE_TO_ES", "True", "AIRFLOW__ELASTICSEARCH__HOST", "https://u:hunter2/2@es.example.com",
		"AIRFLOW__OPENSEARCH__WRITE_TO_OS", "True", "AIRFLOW__OPENSEARCH__HOST", "u:hunter2@os.example.com",
		"AIRFLOW__SENTRY__SENTRY_ON", "True", "AIRFLOW__SENTRY__SENTRY_DSN", "https://hunter2@sentry.example.com/hunter2",
		"AIRFLOW__OPENLINEAGE__TRANSPORT", `{"type":"http","url":"https://hunter2@lineage.example.com","auth":{"apiKey":"hunter2"}}`,
		"_PIP_ADDITIONAL_REQUIREMENTS", "git+https://hunter2@git.example.com/a", "PIP_INDEX_URL", "https://u:hunter2@pypi.example.com/hunter2",
		"AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST", `[{"classpath":"a.GitDagBundle","kwargs":{"repo_url":"https://hunter2@git.example.com/a"}},{"classpath":"a.hunter2Bundle","kwargs":{}}]`,
		"GIT_SYNC_REPO", "https://u:hunter2@git.example.com/a",
		"OTEL_EXPORTER_OTLP_ENDPOINT", "https://u:hunter2@otel.example.com", "AIRFLOW__TRACES__OTEL_ON", "True",
	)
	flows := modelOf(t, part{component: "worker", env: env}.manifest()).outsideFlows(Declarations{})
	if len(flows) < 15 {
		t.Errorf("only %d flows", len(flows))
	}
	for _, f := range flows {
		for _, text := range []string{f.ID, f.To.Name, f.To.Host, f.From.Name, f.Why, f.Source, f.Note, f.EvidencePath, f.Evidence.Name} {
			if strings.Contains(text, canary) {
				t.Errorf("%s says %q", f.ID, text)
			}
		}
	}
}

// FuzzAddressOf wants no part of what stands before an @ in a host, and every host to be a name or an address.
func FuzzAddressOf(f *testing.F) {
	for _, text := range []string{
		"postgresql+psycopg2://u:p@h:5432/d", "redis://:p@h,h2:1/0", "https://a@b@c/d", "amqp://u:p/w@h//", "http://[::1]:80", "sqs://",
		"a://b?c@d", "://", "git@h:p", "https://⟦secret 1 size:16⟧:⟦secret 2 size:1⟧@h", "https://⟦secret 1 size:16⟧/a", "http://h#x@y",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, ok := addressOf(text)
		if !ok {
			return
		}
		if at.port < 0 || at.port > 65535 || strings.ContainsAny(at.host, "@/?#⟦ ") || at.host == "" {
			t.Errorf("%q is read as %q port %d", text, at.host, at.port)
		}
		_, rest, _ := strings.Cut(text, "://")
		if i := strings.LastIndex(rest, "@"); i >= 0 && !strings.HasPrefix(strings.TrimSpace(rest[i+1:]), strings.TrimPrefix(at.host, "[")) && !strings.Contains(rest[i+1:], ":") {
			t.Errorf("%q: the host %q stands before the @", text, at.host)
		}
	})
}
