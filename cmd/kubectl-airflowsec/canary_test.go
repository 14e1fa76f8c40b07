package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/cli"
)

// canaries hands out texts that look like secrets and stand nowhere else.
type canaries struct{ count int }

func (c *canaries) next() string {
	c.count++
	return fmt.Sprintf("cAnArY%03dxQ7z", c.count)
}

// escaped finds a canary in any output, also when it was base64-encoded or cut.
var escaped = regexp.MustCompile(`(?i)cAnArY\d*|Y0FuQXJZ|NBbkFyW|jQW5Bcl`)

// plant replaces every CANARY in a text by a fresh canary, and every B64CANARY by an encoded one.
func (c *canaries) plant(text string) string {
	text = regexp.MustCompile(`B64CANARY`).ReplaceAllStringFunc(text, func(string) string {
		return base64.StdEncoding.EncodeToString([]byte(c.next()))
	})
	return regexp.MustCompile(`CANARY`).ReplaceAllStringFunc(text, func(string) string { return c.next() })
}

// secretPlaces is a release with a canary in every place a secret can live.
const secretPlaces = `
apiVersion: v1
kind: Secret
metadata:
  name: af-metadata
  labels: {tier: airflow, release: af}
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: '{"stringData":{"password":"CANARY"}}'
    note: CANARY
data:
  connection: B64CANARY
  fernet-key: B64CANARY
stringData:
  AIRFLOW_CONN_X: postgresql://CANARY:CANARY@db:5432/CANARY?sslmode=disable&password=CANARY
  webserver_config.py: "AUTH_TYPE = AUTH_DB\nSECRET_KEY = 'CANARY'\nOAUTH_PROVIDERS = [{'client_secret': 'CANARY'}]\nCANARY"
  sync_users.py: "UserWrapper(username=\"CANARY\", password=\"CANARY\")"
  pgbouncer.ini: "[databases]\nx = host=db password=CANARY user=CANARY\nauth_type = CANARY"
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: af-config
  labels: {tier: airflow, release: af}
  annotations: {checksum/config: CANARY}
data:
  airflow.cfg: |
    [core]
    executor = KubernetesExecutor
    fernet_key = CANARY
    [api]
    base_url = https://u:CANARY@host/?t=CANARY
    auth_backends = airflow.api.auth.backend.default
    [smtp]
    smtp_password = CANARY
    [secrets]
    backend_kwargs = {"token": "CANARY",
      "more": "CANARY"}
    ; CANARY
  webserver_config.py: "AUTH_LDAP_BIND_PASSWORD = 'CANARY'"
  airflow_local_settings.py: "TOKEN = 'CANARY'"
  settings.env: "DB_PASSWORD=CANARY"
  id_rsa: "-----BEGIN OPENSSH PRIVATE KEY-----\nCANARY\n-----END OPENSSH PRIVATE KEY-----"
  start.sh: "git clone https://robot:CANARY@git.example.com/dags.git"
  pod_template_file.yaml: |
    apiVersion: v1
    kind: Pod
    metadata: {name: p, annotations: {a: CANARY}, labels: {tier: airflow, component: worker, release: af}}
    spec:
      containers:
      - {name: base, image: 'apache/airflow:3.2.2', env: [{name: TOKEN, value: CANARY}], args: [CANARY]}
binaryData: {key: B64CANARY}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: af-scheduler
  labels: {tier: airflow, component: scheduler, release: af}
  annotations: {vault.hashicorp.com/agent-inject-template-x: CANARY}
spec:
  selector: {matchLabels: {component: scheduler}}
  template:
    metadata:
      labels: {tier: airflow, component: scheduler, release: af}
      annotations: {token: CANARY}
    spec:
      volumes:
      - {name: csi, csi: {driver: x, volumeAttributes: {password: CANARY}}}
      - {name: flex, flexVolume: {driver: a/b, options: {password: CANARY}}}
      initContainers:
      - {name: i, image: 'apache/airflow:3.2.2', command: [sh, -c, 'curl -H "Authorization: CANARY" https://x:CANARY@y']}
      containers:
      - name: scheduler
        image: apache/airflow:3.2.2
        command: [CANARY]
        args: ['--password=CANARY', -p, CANARY, CANARY]
        env:
        - {name: AIRFLOW__CORE__FERNET_KEY, value: CANARY}
        - {name: AIRFLOW_CONN_X, value: 'mysql://CANARY:CANARY@h/CANARY'}
        - {name: AIRFLOW__CELERY__BROKER_URL, value: 'redis://:CANARY@h:6379/0?x=CANARY'}
        - {name: AIRFLOW__API__BASE_URL, value: 'https://CANARY:CANARY@h/'}
        - {name: GIT_SYNC_REPO, value: 'https://CANARY@github.com/x/y'}
        - {name: WHATEVER, value: CANARY}
        - {name: SLACK_API_TOKEN, value: 'CANARY:9'}
        - {name: TZ, value: 'gSHAPEp_CANARYabcdefghijklmnopqrstuvw'}
        - {name: STORAGE, value: 'AccountName=a;AccountKey=CANARY0123456789012345678901234567890123456789=='}
        - {name: HOOK, value: 'https://hooks.slack.com/services/T0A1B2C3D4/B0A1B2C3D4E/CANARYabcdefghij'}
        livenessProbe:
          exec: {command: [redis-cli, -a, CANARY]}
        readinessProbe:
          httpGet: {path: '/?token=CANARY', port: 80, httpHeaders: [{name: Authorization, value: CANARY}]}
        lifecycle:
          preStop: {exec: {command: [x, CANARY]}}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: af-create-user
  labels: {tier: airflow, component: create-user-job, release: af}
  annotations: {helm.sh/hook: post-install, x: CANARY}
spec:
  template:
    metadata: {labels: {tier: airflow, component: create-user-job, release: af}}
    spec:
      containers:
      - {name: create-user, image: 'apache/airflow:3.2.2', args: [bash, -c, 'airflow users create "$@"', --, -u, CANARY, -p, CANARY]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: af-ingress, labels: {tier: airflow, release: af}, annotations: {nginx.ingress.kubernetes.io/configuration-snippet: 'proxy_set_header X CANARY;'}}
spec: {rules: [{host: a.example.com}]}
---
apiVersion: example.com/v1
kind: Unheard
metadata: {name: af-cr, labels: {tier: airflow, release: af}}
spec: {password: CANARY, deep: [{x: CANARY}]}
status: {y: CANARY}
`

// brokenInputs are files that cannot be read, with a canary where the fault is.
var brokenInputs = map[string]string{
	"syntax.yaml":    "apiVersion: v1\nkind: Secret\nstringData: {password: CANARY\n",
	"twice.yaml":     "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {CANARY: a, CANARY: b}\nstringData: CANARY\n",
	"scalar.yaml":    "CANARY\n",
	"types.yaml":     "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec: {template: {spec: {containers: CANARY}}}\n",
	"number.yaml":    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a, labels: {tier: airflow, component: scheduler}}\nspec: {template: {spec: {containers: [{name: x, ports: [{containerPort: x}], env: CANARY}]}}}\n",
	"base64.yaml":    "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {password: 'CANARY %%% CANARY'}\n",
	"nokind.yaml":    "password: CANARY\n",
	"tag.yaml":       "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {password: !!int CANARY}\n",
	"values.json":    "{\"password\": \"CANARY\",}",
	"tab.yaml":       "apiVersion: v1\nkind: Secret\nstringData:\n\tpassword: CANARY\n",
	"anchor.yaml":    "apiVersion: v1\nkind: Secret\nstringData: {password: *CANARY}\n",
	"profile.yaml":   "apiVersion: airflowsec.io/v1alpha1\nkind: HardeningProfile\nmetadata: {name: a}\nspec: {extends: restricted, parameters: {allowedRegistries: CANARY}}\n",
	"snapshot.yaml":  "apiVersion: airflowsec.io/v1alpha1\nkind: Snapshot\nobjects: CANARY\n",
	"snapshot2.yaml": "apiVersion: airflowsec.io/v1alpha1\nkind: Snapshot\nreleases: CANARY\ntakenAt: CANARY\n",
}

// TestNothingPlantedEscapes plants a canary in every place a secret can live and
// looks for it in everything every command prints, in every format.
func TestNothingPlantedEscapes(t *testing.T) {
	var c canaries
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		text = strings.ReplaceAll(text, "SHAPE", "h") // so that no token of a known shape stands in this file
		if err := os.WriteFile(path, []byte(c.plant(text)), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	release := write("release.yaml", secretPlaces)
	saved := filepath.Join(dir, "saved.yaml")
	lines := [][]string{{"snapshot", "-f", release, "-o", "-"}, {"snapshot", "-f", release, "-o", saved}}
	for _, source := range [][]string{{"-f", release}, {"--from", saved}} {
		for _, format := range []string{"table", "wide", "json", "yaml", "sarif", "junit", "markdown"} {
			for _, profile := range []string{"baseline", "paranoid"} {
				lines = append(lines, append([]string{"check", "-v", "10", "-o", format, "--profile", profile}, source...))
			}
		}
		lines = append(lines, networkLines(source)...)
	}
	chart := filepath.Join("..", "..", "testdata", "charts", "official")
	lines = append(lines, chartLines(chart, write)...)
	for name, text := range brokenInputs {
		path := write(name, text)
		lines = append(lines, []string{"check", "-f", path}, []string{"snapshot", "-f", path, "-o", "-"},
			[]string{"check", "--from", path}, []string{"check", "-f", release, "--profile", path},
			[]string{"check", "--chart", chart, "--values", path}, []string{"check", "--chart", path},
			[]string{"reach", "-f", release, "--with", path}, []string{"reach", "-f", path}, []string{"generate", "patches", "-f", path},
			[]string{"generate", "patches", "-f", release, "--profile", path}, []string{"generate", "values", "--chart", chart, "--values", path})
	}
	t.Setenv("HOME", dir)
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	for _, line := range lines {
		if out := printed(line); escaped.MatchString(out) {
			t.Errorf("%s prints %q", strings.Join(line, " "), around(out))
		}
	}
	noCanaryIn(t, saved)
	noCanaryIn(t, filepath.Join(dir, "cache"))
	if c.count < 60 {
		t.Errorf("only %d canaries were planted", c.count)
	}
}

// networkLines are all that is said of a release's connections and of what would change it: their ends are read out of settings that hold passwords.
func networkLines(source []string) [][]string {
	var lines [][]string
	for _, format := range []string{"table", "json", "yaml", "dot", "mermaid", "svg"} {
		lines = append(lines, append([]string{"reach", "-v", "10", "--all", "-o", format}, source...))
	}
	for _, format := range []string{"apply", "json", "yaml"} {
		lines = append(lines, append([]string{"generate", "patches", "-v", "10", "-o", format}, source...))
	}
	for _, format := range []string{"diff", "json", "yaml"} {
		lines = append(lines, append([]string{"diff", "-v", "10", "--profile", "paranoid", "-o", format}, source...))
	}
	return append(lines, append([]string{"reach", "worker", "internet"}, source...), append([]string{"generate", "values"}, source...))
}

// chartLines render the fixture chart with canaries in values, both good and broken.
func chartLines(chart string, write func(name, text string) string) [][]string {
	good := write("good-values.yaml", `
fernetKey: CANARY
webserverSecretKey: CANARY
data: {metadataConnection: {user: CANARY, pass: CANARY}, brokerUrl: 'redis://:CANARY@h/0'}
config: {smtp: {smtp_password: CANARY}}
extraEnv: "- {name: X, value: CANARY}"
flower: {password: CANARY}
registry: {connection: {user: CANARY, pass: CANARY}}
env: [{name: AIRFLOW_CONN_X, value: 'http://u:CANARY@h'}, {name: AIRFLOW_VAR_TOKEN, value: 'CANARY:9'}]
extraSecrets: {s: {stringData: "a: CANARY"}}
webserver: {webserverConfig: "SECRET_KEY = 'CANARY'"}
labels: {a: gSHAPEp_CANARYabcdefghijklmnopqrstuvw}
images: {airflow: {tag: gSHAPEp_CANARYabcdefghijklmnopqrstuvw}}
misspelt: {password: CANARY}
`)
	broken := write("broken-values.yaml", "workers: CANARY\nscheduler: [CANARY]\nimages: CANARY\nports: {apiServer: CANARY}\n")
	return [][]string{
		{"check", "--chart", chart, "--values", good, "-o", "json"},
		{"check", "--chart", chart, "--values", good, "-o", "sarif"},
		{"snapshot", "--chart", chart, "--values", good, "-o", "-"},
		{"reach", "--chart", chart, "--values", good},
		{"generate", "patches", "--chart", chart, "--values", good},
		{"diff", "--chart", chart, "--values", good}, {"diff", "--chart", chart, "--values", broken},
		{"generate", "values", "--chart", chart, "--values", good},
		{"generate", "values", "--chart", chart, "--values", broken},
		{"check", "--chart", chart, "--values", broken},
		{"check", "--chart", chart, "--set", "workers.replicas=cAnArY900xQ7z,scheduler=cAnArY901xQ7z"},
		{"check", "--chart", chart, "--set", "cAnArY902xQ7z"},
		{"check", "--chart", chart, "--set", "a={cAnArY903xQ7z"},
		{"check", "--chart", chart, "--set-file", "fernetKey=" + broken},
	}
}

// printed is all that one command line prints, on both streams.
func printed(line []string) string {
	var out bytes.Buffer
	cli.Main(context.Background(), append([]string{"kubectl-airflowsec"}, line...), cli.Streams{In: strings.NewReader(""), Out: &out, ErrOut: &out})
	return out.String()
}

// around is the first canary of a text with a little of what stands beside it.
func around(text string) string {
	at := escaped.FindStringIndex(text)
	return text[max(0, at[0]-120):min(len(text), at[1]+40)]
}

func noCanaryIn(t *testing.T, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && escaped.Match(text) {
			t.Errorf("%s holds %q", path, around(string(text)))
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
