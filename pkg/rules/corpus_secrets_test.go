package rules_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
)

// plantedPaths are the values paths of all credentials in the corpus' insecure releases.
var plantedPaths = map[string][]string{
	"community": {
		"/values/airflow/config/AIRFLOW_CONN_MY_DB", "/values/airflow/config/AIRFLOW__SMTP__SMTP_PASSWORD", "/values/airflow/connections/0/password",
		"/values/airflow/extraEnv/0/value", "/values/airflow/fernetKey", "/values/airflow/users/0/password", "/values/airflow/variables/0/value",
		"/values/airflow/webserverSecretKey", "/values/extraManifests/0",
	},
	"official": {
		"/values/config/smtp/smtp_password", "/values/dags/gitSync/sshKey", "/values/data/metadataConnection/pass", "/values/data/resultBackendConnection/pass",
		"/values/elasticsearch/connection/pass", "/values/env/0/value", "/values/extraEnv", "/values/extraSecrets/my-extra/stringData", "/values/fernetKey",
		"/values/flower/password", "/values/redis/password", "/values/registry/connection/pass", "/values/webserverSecretKey",
	},
}

// plantedTexts must stand nowhere in a report. Words that a report needs, as admin, are not among them.
var plantedTexts = []string{
	"AAAAAAAA", "smtp-plain", "plain-smtp", "u:p@h", "plain-aws-secret", "conn-plain", "var-plain", "in-values", "plain-redis", "plain-registry",
	"plain-extra", "plain-es", "BEGIN OPENSSH",
}

func TestPlantedCredentialsOfTheCorpusAreFound(t *testing.T) {
	folder := corpus(t)
	for _, chart := range []string{"community-8.9.0", "official-1.15.0", "official-1.22.0"} {
		t.Run(chart, func(t *testing.T) {
			findings := corpusFindings(t, folder, chart, "01-insecure-plaintext")
			kind, _, _ := strings.Cut(chart, "-")
			if got := valuesPaths(findings); !slices.Equal(got, plantedPaths[kind]) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(plantedPaths[kind], "\n"))
			}
			noneShown(t, findings)
		})
	}
}

func TestHardenedReleasesHoldNoCredentialInClear(t *testing.T) {
	folder := corpus(t)
	releases, err := filepath.Glob(filepath.Join(folder, "*", "*hardened*"))
	if err != nil || len(releases) < 6 {
		t.Fatalf("hardened releases: %v, %v", releases, err)
	}
	for _, release := range releases {
		for id, findings := range corpusFindings(t, folder, filepath.Base(filepath.Dir(release)), filepath.Base(release)) {
			for _, f := range findings {
				t.Errorf("%s: %s %s %s: %s", release, id, f.Target.Name, f.Path, f.Message)
			}
		}
	}
}

// TestPlantedCredentialsOfRenderedChartsAreFound renders the fixture charts with what the corpus' insecure releases hold.
func TestPlantedCredentialsOfRenderedChartsAreFound(t *testing.T) {
	for kind, values := range map[string]string{"community": plantedCommunity, "official": plantedOfficial} {
		t.Run(kind, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "values.yaml")
			if err := os.WriteFile(file, []byte(values), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := collect.FromChart(context.Background(), collect.Chart{
				Path: filepath.Join("..", "..", "testdata", "charts", kind), ValueFiles: []string{file}, Release: "rel", Namespace: "airflow", Now: caseTime,
			})
			if err != nil {
				t.Fatal(err)
			}
			findings := clearFindings(t, s)
			if got := valuesPaths(findings); !slices.Equal(got, plantedPaths[kind]) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(plantedPaths[kind], "\n"))
			}
			noneShown(t, findings)
			for _, id := range map[string][]string{"official": {"AS403", "AS404"}}[kind] { // the first user's password, and the SMTP password in airflow.cfg
				if len(findings[id]) == 0 {
					t.Errorf("%s finds nothing in what was rendered", id)
				}
			}
		})
	}
}

const plantedCommunity = `
airflow:
  fernetKey: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
  webserverSecretKey: "secret"
  config: {AIRFLOW__WEBSERVER__EXPOSE_CONFIG: "True", AIRFLOW__SMTP__SMTP_PASSWORD: smtp-plain, AIRFLOW_CONN_MY_DB: "postgresql://u:p@h/db"}
  extraEnv: [{name: AWS_SECRET_ACCESS_KEY, value: plain-aws-secret}]
  users: [{username: admin, password: admin, role: Admin, email: a@example.com, firstName: a, lastName: b}]
  connections: [{id: c1, type: postgres, host: db.example.com, login: u, password: conn-plain, schema: s, port: 5432}]
  variables: [{key: api_token, value: var-plain}]
extraManifests:
- |
  apiVersion: v1
  kind: Secret
  metadata: {name: leaked}
  stringData: {password: in-values}
`

const plantedOfficial = `
fernetKey: "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
webserverSecretKey: "secret"
data:
  metadataConnection: {user: postgres, pass: postgres, host: pg.example.com}
  resultBackendConnection: {user: postgres, pass: postgres, host: pg.example.com}
redis: {password: plain-redis}
registry: {connection: {user: u, pass: plain-registry, host: registry.example.com, email: x@example.com}}
env: [{name: AIRFLOW_CONN_MY_DB, value: "postgresql://u:p@h/db"}]
extraEnv: |
  - name: AWS_SECRET_ACCESS_KEY
    value: "plain-aws-secret"
extraSecrets: {my-extra: {stringData: "password: plain-extra\n"}}
flower: {username: admin, password: admin}
elasticsearch: {connection: {user: elastic, pass: plain-es, host: es}}
dags: {gitSync: {repo: "git@github.com:example/dags.git", sshKey: "-----BEGIN OPENSSH PRIVATE KEY-----"}}
config: {webserver: {expose_config: "True"}, smtp: {smtp_password: plain-smtp}}
`

func corpus(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("AIRFLOWSEC_CORPUS")
	if folder == "" {
		t.Skip("AIRFLOWSEC_CORPUS names no folder of rendered charts")
	}
	return folder
}

// corpusFindings judges a release of the corpus with its values.
func corpusFindings(t *testing.T, folder, chart, overlay string) map[string][]check.Finding {
	t.Helper()
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(folder, chart, overlay, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	_, version, _ := strings.Cut(chart, "-")
	return clearFindings(t, fromChart(t, "name: airflow\nversion: "+version+"\n", read("manifest.yaml"), read("values.yaml")))
}

// valuesPaths are where in the values credentials were found, sorted.
func valuesPaths(findings map[string][]check.Finding) []string {
	var out []string
	for _, list := range findings {
		for _, f := range list {
			if strings.HasPrefix(f.Path, "/values/") {
				out = append(out, f.Path)
			}
		}
	}
	slices.Sort(out)
	return out
}

func noneShown(t *testing.T, findings map[string][]check.Finding) {
	t.Helper()
	text, err := json.Marshal(findings)
	if err != nil {
		t.Fatal(err)
	}
	for _, planted := range plantedTexts {
		if all := string(text) + fmt.Sprintf("%+v", findings); strings.Contains(all, planted) {
			t.Errorf("a finding shows %s", planted)
		}
	}
}
