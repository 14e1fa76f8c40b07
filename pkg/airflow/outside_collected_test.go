package airflow_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// secretly is a worker and a server with secrets in most of their settings.
const secretly = `
apiVersion: v1
kind: Secret
metadata: {name: rel-metadata}
stringData: {connection: "postgresql://airflow:hunter2@db.example.com:6000/hunter2?sslmode=require"}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: rel-config}
data:
  airflow.cfg: |
    [logging]
    remote_logging = True
    remote_base_log_folder = s3://hunter2-bucket/logs
    [smtp]
    smtp_host = smtp.example.com
    smtp_password = hunter2
    [openlineage]
    transport = {"type": "http", "url": "https://lineage.example.com:5000", "auth": {"apiKey": "hunter2"}}
    [dag_processor]
    dag_bundle_config_list = [{"name": "a", "classpath": "airflow.providers.git.bundles.git.GitDagBundle", "kwargs": {"repo_url": "https://u:hunter2@bundle.example.com/a.git"}}]
  webserver_config.py: |
    AUTH_TYPE = AUTH_OAUTH
    OAUTH_PROVIDERS = [{"name": "okta", "token_key": "access_token", "remote_app": {"client_id": "hunter2", "client_secret": "hunter2",
        "api_base_url": "https://corp.okta.example.com/oauth2/v1/", "access_token_url": "https://corp.okta.example.com/oauth2/v1/token"}}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: rel-COMPONENT, labels: {tier: airflow, component: COMPONENT, release: rel, chart: airflow-1.22.0}}
spec:
  template:
    metadata: {labels: {tier: airflow, component: COMPONENT, release: rel}}
    spec:
      volumes: [{name: config, configMap: {name: rel-config}}]
      containers:
      - name: COMPONENT
        image: apache/airflow:3.1.0
        volumeMounts:
        - {name: config, mountPath: /opt/airflow/airflow.cfg, subPath: airflow.cfg}
        - {name: config, mountPath: /opt/airflow/webserver_config.py, subPath: webserver_config.py}
        env:
        - {name: AIRFLOW__DATABASE__SQL_ALCHEMY_CONN, valueFrom: {secretKeyRef: {name: rel-metadata, key: connection}}}
        - {name: AIRFLOW__SECRETS__BACKEND, value: airflow.providers.hashicorp.secrets.vault.VaultBackend}
        - {name: AIRFLOW__SECRETS__BACKEND_KWARGS, value: '{"url":"https://vault.example.com:8200","token":"hunter2"}'}
        - {name: AIRFLOW__SENTRY__SENTRY_ON, value: "True"}
        - {name: AIRFLOW__SENTRY__SENTRY_DSN, value: "https://hunter2@sentry.example.com/42"}
        - {name: _PIP_ADDITIONAL_REQUIREMENTS, value: "boto3"}
        - {name: PIP_INDEX_URL, value: "https://u:hunter2@pypi.example.com/simple"}
        - {name: AWS_REGION, value: eu-west-1}
      - name: git-sync
        image: registry.k8s.io/git-sync/git-sync:v4
        env: [{name: GITSYNC_REPO, value: "https://u:hunter2@git.example.com/team/dags.git"}]
`

// TestMaskedSettingsTellHosts reads settings as the collector leaves them: hosts stay, and no secret passes.
func TestMaskedSettingsTellHosts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "manifest.yaml")
	config, deployment, _ := strings.Cut(secretly, "---\napiVersion: apps/v1")
	text := config
	for _, component := range []string{"worker", "api-server"} {
		text += "---\napiVersion: apps/v1" + strings.ReplaceAll(deployment, "COMPONENT", component)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	m := airflow.New(collected(t, file))
	got := outsideSummary(m)
	want := []string{
		"dag-bundle bundle.example.com [443]: worker",
		"database db.example.com [6000]: api-server worker",
		"git git.example.com [443]: api-server worker",
		"identity-provider corp.okta.example.com [443]: api-server",
		"lineage lineage.example.com [5000]: worker",
		"mail smtp.example.com [25]: worker",
		"pip pypi.example.com [443]: api-server worker",
		"remote-logs s3.eu-west-1.amazonaws.com [443]: api-server worker",
		"secrets-backend vault.example.com [8200]: api-server worker",
		"sentry sentry.example.com [443]: worker",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
	for _, f := range m.Flows(airflow.Declarations{}) {
		if text := fmt.Sprint(f.To.Name, f.To.Host, f.Note, f.Why, f.Source, f.EvidencePath); strings.Contains(text, "hunter2") {
			t.Errorf("%s says %s", f.ID, text)
		}
	}
}
