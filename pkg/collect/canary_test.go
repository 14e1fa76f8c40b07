package collect

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
)

// canaries makes texts that stand for secrets and finds them again, also encoded.
type canaries struct{ made []string }

func (c *canaries) next() string {
	text := fmt.Sprintf("Canary%04dx7Qz", len(c.made))
	c.made = append(c.made, text)
	return text
}

var canaryShape = regexp.MustCompile(`(?i)canary\d{4}|7qz`)

// check fails where a text holds a canary: as it is, in base64, or a part of one.
func (c *canaries) check(t *testing.T, what, text string) {
	t.Helper()
	if found := canaryShape.FindString(text); found != "" {
		at := strings.Index(strings.ToLower(text), strings.ToLower(found))
		t.Errorf("%s shows a secret: …%.120s…", what, text[max(0, at-60):])
	}
	for _, each := range c.made {
		for shift := range 3 {
			encoded := base64.StdEncoding.EncodeToString([]byte("xx"[:shift] + each))
			if inner := encoded[4 : len(encoded)-4]; strings.Contains(text, inner) {
				t.Errorf("%s shows %s in base64", what, each)
			}
		}
	}
}

// plant puts a new canary in every place of a text marked with ✿, and its base64 at ❀.
func (c *canaries) plant(text string) string {
	for strings.Contains(text, "✿") {
		text = strings.Replace(text, "✿", c.next(), 1)
	}
	for strings.Contains(text, "❀") {
		text = strings.Replace(text, "❀", base64.StdEncoding.EncodeToString([]byte(c.next())), 1)
	}
	return text
}

const canaryPod = `
      serviceAccountName: web
      futureField: ✿
      initContainers:
      - {name: i, image: a, args: ["--password", "✿", "--password=✿", "-p✿", "✿", "x ✿", "A_B=✿", "http://u:✿@h/✿?a=✿#✿"], command: ["✿"]}
      ephemeralContainers:
      - {name: e, image: a, env: [{name: A, value: ✿}]}
      containers:
      - name: c
        image: a
        env:
        - {name: AIRFLOW__CORE__FERNET_KEY, value: ✿}
        - {name: AIRFLOW__CORE__SQL_ALCHEMY_CONN, value: "postgresql+psycopg2://✿:✿@pg:5432/✿?sslmode=require&options=✿"}
        - {name: AIRFLOW__CELERY__BROKER_URL_CMD, value: "echo ✿"}
        - {name: AIRFLOW__SECRETS__BACKEND_KWARGS, value: '{"token": "✿", "url": "https://u:✿@vault:8200", "x": ["✿", {"y": "✿"}]}'}
        - {name: AIRFLOW__SECRETS__BACKEND_KWARG__TOKEN, value: ✿}
        - {name: AIRFLOW__WORKERS__SECRETS_BACKEND_KWARG__URL, value: "https://u:✿@vault:8200/✿"}
        - {name: GOOGLE_APPLICATION_CREDENTIALS, value: "{✿ x"}
        - {name: AIRFLOW__WEBSERVER__BASE_URL, value: "https://u:✿@h/✿"}
        - {name: AIRFLOW__API__ACCESS_CONTROL_ALLOW_ORIGINS, value: "https://✿@a,https://b/✿"}
        - {name: AIRFLOW__CORE__EXECUTOR, value: "multi\nline ✿"}
        - {name: AIRFLOW__CELERY__FLOWER_BASIC_AUTH, value: "✿:✿,✿"}
        - {name: AIRFLOW__KUBERNETES_ENVIRONMENT_VARIABLES__X, value: ✿}
        - {name: AIRFLOW_CONN_A, value: "postgres://✿:✿@h/✿"}
        - {name: AIRFLOW_CONN_B, value: '{"conn_type": "x", "password": "✿", "extra": {"a": "✿"}}'}
        - {name: AIRFLOW_CONN_C, value: "✿"}
        - {name: AIRFLOW_VAR_A, value: ✿}
        - {name: AWS_SECRET_ACCESS_KEY, value: ✿}
        - {name: REDIS_CONNECTION_CMD, value: 'echo -n "redis://:✿@${REDIS_HOST}"'}
        - {name: TZ, value: "✿@x"}
        - {name: GITSYNC_REPO, value: "https://✿@github.com/✿"}
        - {name: GIT_SYNC_REPO, value: "git@github.com:✿"}
        args: [bash, -c, "curl -u ✿:✿ -H 'Authorization: Bearer ✿' https://h/✿ && PASSWORD_X=✿ airflow users create -u ✿ -p ✿ --password ✿"]
        command: [bash, -c, "` + longCanaryScript + `"]
        livenessProbe: {exec: {command: [sh, -c, "psql postgresql://u:✿@h/d"]}}
        readinessProbe: {httpGet: {path: "/health?token=✿", port: 80, httpHeaders: [{name: Authorization, value: "Bearer ✿"}, {name: Host, value: "✿@x"}]}}
        startupProbe: {httpGet: {path: "/x", port: 80, httpHeaders: [{name: X, value: ✿}]}}
        lifecycle: {postStart: {exec: {command: ["✿"]}}, preStop: {httpGet: {path: "/?✿", port: 1, httpHeaders: [{name: X, value: ✿}]}}}
        securityContext: {windowsOptions: {gmsaCredentialSpec: ✿}}
      volumes:
      - {name: a, csi: {driver: d, volumeAttributes: {secretProviderClass: p, password: ✿, other: "✿"}}}
      - {name: b, flexVolume: {driver: d, options: {password: ✿}}}
      - {name: f, future: {password: ✿}}
`

const longCanaryScript = `echo one\necho two ✿\npip install --index-url https://u:✿@pypi/✿ x==1\nredis-server --requirepass ✿\n` +
	`# 1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890\n` +
	`# 1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890\n` +
	`# 1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890 ✿\n`

const canaryConfig = `
  airflow.cfg: |
    # ✿
    [core]
    fernet_key = ✿
    sql_alchemy_conn = postgresql://✿:✿@h/✿
      ✿
    executor = LocalExecutor
     ✿
    ✿
    [✿ x]
    ✿ = ✿
    [secrets]
    backend_kwargs = {"token": "✿"}
    [smtp]
    smtp_password: ✿
  webserver_config.py: |
    # ✿
    SECRET_KEY = '✿'
    AUTH_LDAP_BIND_PASSWORD = "✿"
    AUTH_ROLE_PUBLIC = f'✿'
    SALT = "a" "✿" + '✿'
    OAUTH_PROVIDERS = [{'name': 'google', 'remote_app': {'client_id': '✿', 'client_secret': """✿""", 'url': 'https://u:✿@h/✿', '✿ x': 1}}]
    AUTH_LDAP_SERVER = 'ldap://u:✿@h'
    OAUTH_PROVIDERS += [dict(name="okta", icon="✿", token_key='✿', remote_app=dict(client_secret="✿", client_kwargs={"scope": "openid ✿"}))]
    OAUTH_PROVIDERS.append({"client_secret": "✿", "jwks_uri": "https://login.microsoftonline.com/common/✿/keys", "u": f"https://h/{'✿'}/✿"})
    OAUTH_PROVIDERS[0]["remote_app"]["client_secret"] = "✿"
    AUTH_ROLES_MAPPING, X = {"✿ x": ["✿"]}, "✿"
    AUTH_ROLES_MAPPING = {"✿ y": ["✿", "Admin"]}
    RATELIMIT_STORAGE_URI = "redis://:✿@redis:6379/0"
    current_app.config["SECRET_KEY"] = "✿"
    current_app.config.update(SECRET_KEY="✿", OAUTH_PROVIDERS=[{"client_secret": '✿'}])
    if os.environ["A"] == "✿": AUTH_LDAP_BIND_PASSWORD = "✿"
    for key in ["✿"]:
        SECRET_KEY = key + "✿"
    class Login(FabAirflowSecurityManagerOverride):
        SECRET = "✿"
        def get(self, token): return jwt.decode(token, "✿", options={"verify_signature": False, "k": "✿"})
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "✿"; os.environ["X"] = "✿"
    SECURITY_MANAGER_CLASS = Login("✿")
    PERMANENT_SESSION_LIFETIME = timedelta(minutes=load("✿"))
    def f(): return "✿"
    print("✿")
    x = "✿
  pgbouncer.ini: |
    ;✿
    [databases]
    a = host=h password=✿ user='✿' ✿
    [pgbouncer]
    stats_users = ✿
    ✿
  users.txt: |
    "✿" "✿"
    ✿
  redis.conf: |
    requirepass ✿
    # ✿
    ✿
  sync_users.py: |
    UserWrapper(username="✿", password='✿', roles=["✿"], x="✿" "✿")
    "✿"
  script.sh: "echo ✿"
  airflow_local_settings.py: |
    X = "✿"
  pod_template_file.yaml: |
    kind: Pod
    metadata: {name: t, annotations: {a: ✿}}
    spec: {containers: [{name: c, env: [{name: A, value: ✿}], args: ["✿"]}]}
  pod_template.yaml: "✿: ["
  connection: "redis://:✿@h:1/✿"
  basicAuth: "✿:✿"
  AIRFLOW__CORE__FERNET_KEY: ✿
  AIRFLOW__API__AUTH_BACKENDS: "x\n✿"
  anything: ✿
  kwargs: '{"token": "✿", "secret_id": "✿", "url": "https://u:✿@h/✿", "gcp_keyfile_dict": {"private_key": "✿", "client_id": "x ✿"}}'
`

const canaryManifests = `
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  annotations: {kubectl.kubernetes.io/last-applied-configuration: "✿", checksum/secret: ✿, any: ✿, vault.hashicorp.com/agent-inject-template-x: ✿, helm.sh/hook: "x\n✿", "nginx.ingress.kubernetes.io/configuration-snippet": ✿, prometheus.io/path: "/x?✿"}
  managedFields: [{manager: ✿}]
  futureField: ✿
spec:
  futureField: ✿
  template:
    metadata: {annotations: {a: ✿}}
    spec:` + canaryPod + `
status: {message: ✿, conditions: [{message: ✿}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: cron}
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          containers: [{name: a, image: a, env: [{name: A, value: ✿}]}]
---
apiVersion: v1
kind: Secret
metadata: {name: plain, annotations: {a: ✿}}
stringData:` + canaryConfig + `
---
apiVersion: v1
kind: Secret
metadata: {name: encoded}
type: Opaque
data: {a: ❀, .dockerconfigjson: ❀, AIRFLOW__CORE__SQL_ALCHEMY_CONN: ❀, tls.key: ❀}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: config}
data:` + canaryConfig + `
binaryData: {a: ❀}
---
apiVersion: external-secrets.io/v1
kind: Password
metadata: {name: unknown, annotations: {a: ✿}}
spec: {password: ✿}
data: {password: ✿}
---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: {name: es, annotations: {a: ✿}}
spec:
  secretStoreRef: {name: vault, kind: SecretStore}
  target: {name: t, template: {metadata: {name: t, annotations: {a: ✿}}, data: {a: "x ✿", name: ✿, url: "postgres://u:✿@h"}, templateFrom: [{literal: ✿}]}}
  data: [{secretKey: a, remoteRef: {key: k, decodingStrategy: ✿}}]
  dataFrom: [{extract: {key: "https://u:✿@h/✿"}, rewrite: [{regexp: {source: ✿}}]}]
  future: ✿
---
apiVersion: external-secrets.io/v1
kind: SecretStore
metadata: {name: vault}
spec:
  provider:
    vault: {server: "https://u:✿@vault:8200/✿?token=✿", caBundle: ✿, headers: {X: ✿}, auth: {userPass: {username: ✿, secretRef: {name: a}}, token: ✿}}
    webhook: {url: "https://h/✿?token=✿", body: ✿, headers: {Authorization: "Bearer ✿"}}
    fake: {data: [{key: k, value: ✿}]}
---
apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata: {name: spc}
spec: {provider: vault, parameters: {vaultAddress: "https://u:✿@v:1", objects: "- ✿", secrets: ✿, clientSecret: ✿}, secretObjects: [{secretName: a, labels: {x: "✿ ✿"}, data: [{key: k, objectName: o}]}]}
---
apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultStaticSecret
metadata: {name: vss}
spec: {mount: kv, path: p, destination: {name: d, annotations: {a: ✿}, transformation: {templates: {a: {text: ✿}}}}, future: {deep: ✿}}
---
apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultAuth
metadata: {name: va}
spec: {method: appRole, mount: approle, appRole: {roleId: ✿, secretRef: s}, headers: {X: ✿}}
---
apiVersion: secrets.hashicorp.com/v1beta1
kind: VaultConnection
metadata: {name: vc}
spec: {address: "http://u:✿@v:8200", skipTLSVerify: true, headers: {X: ✿}}
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: {name: sealed}
spec: {encryptedData: {a: ✿}, template: {metadata: {name: sealed}, data: {a: ✿}}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: i, annotations: {nginx.ingress.kubernetes.io/auth-snippet: ✿, nginx.ingress.kubernetes.io/auth-url: "https://u:✿@h"}}
spec: {rules: [{host: a, http: {paths: []}}], future: ✿}
---
apiVersion: route.openshift.io/v1
kind: Route
metadata: {name: r}
spec: {host: a, tls: {key: ✿, certificate: ✿, caCertificate: ✿, destinationCACertificate: ✿}}
---
apiVersion: v1
kind: Service
metadata: {name: s, annotations: {service.beta.kubernetes.io/aws-load-balancer-ssl-cert: ✿}}
spec: {future: ✿}
`

func TestNoCanarySurvivesInManifests(t *testing.T) {
	var c canaries
	text := c.plant(canaryManifests)
	s, err := FromFiles(context.Background(), Files{Paths: []string{"-"}, Stdin: strings.NewReader(text), Now: fixedTime})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := WriteSnapshot(&out, s); err != nil {
		t.Fatal(err)
	}
	if len(c.made) < 180 || len(s.Objects) != 16 {
		t.Fatalf("only %d canaries in %d objects", len(c.made), len(s.Objects))
	}
	c.check(t, "the snapshot", out.String())
	c.check(t, "the snapshot in Go's own words", fmt.Sprintf("%+v", *s))
}

func TestNoCanarySurvivesInValues(t *testing.T) {
	var c canaries
	values := write(t, t.TempDir(), "values.yaml", c.plant(`
password: ✿
airflow:
  fernetKey: ✿
  config: {AIRFLOW__SMTP__SMTP_PASSWORD: ✿, AIRFLOW_CONN_X: "a://✿", AIRFLOW__CORE__EXECUTOR: "a\n✿"}
  extraEnv: [{name: A, value: ✿}]
  users: [{username: ✿, password: ✿, email: ✿}]
  connections: [{id: c, host: ✿, login: ✿, password: ✿, extra: ✿, description: ✿}]
  variables: [{key: k, value: ✿}]
  localSettings: {stringOverride: ✿}
config: {smtp: {smtp_password: ✿}, core: {executor: "https://u:✿@h"}}
data: {metadataConnection: {user: ✿, pass: ✿, db: ✿}, brokerUrl: "redis://:✿@h/✿"}
dags: {gitSync: {repo: "https://✿@h/✿", sshKey: ✿, env: [{name: A, value: ✿}]}}
extraEnv: "- {name: A, value: ✿}\n- {name: AIRFLOW_CONN_A, value: 'a://u:✿@h'}\n"
extraEnvFrom: "- ✿"
extraSecrets: {s: {data: {a: ✿}, stringData: "a: ✿"}}
extraManifests: ["a: ✿", "kind: Secret\nmetadata: {name: a, annotations: {a: ✿}}\nstringData: {a: ✿}\n---\nkind: ConfigMap\ndata: {a: ✿}", {kind: Secret, metadata: {name: a}, stringData: {a: ✿}, data: {a: ❀, b: ✿}}, {kind: Other, spec: ✿}, {x: {y: ✿}}, "{{ ✿"]
podAnnotations: {a: ✿}
pgbouncer: {ssl: {key: ✿}, extraIni: ✿}
flower: {username: ✿, password: ✿, basicAuth: "✿:✿"}
extraConfigMaps: {s: {data: {a: ✿, airflow.cfg: "[smtp]\nsmtp_password = ✿\n"}}, t: {data: "b: ✿"}, u: ✿}
podTemplate: "kind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a, env: [{name: A, value: ✿}]}]}"
webserver: {webserverConfig: "SECRET_KEY = '✿'\nX = f('✿')\n# ✿"}
airflowLocalSettings: "connect(password='✿')\n# ✿"
unknown: {deep: [{er: ✿}], host: "✿ x", path: "/✿", key: ✿, name: "x\n✿", tag: "https://u:✿@h"}
args: [bash, -c, "x ✿"]
`))
	s, err := FromChart(context.Background(), Chart{
		Path: writeChart(t, chartFiles()), ValueFiles: []string{values}, CacheDir: filepath.Join(t.TempDir(), "cache"),
		Set: []string{"a.password=" + c.next()}, SetString: []string{"b=" + c.next()},
	})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := WriteSnapshot(&out, s); err != nil {
		t.Fatal(err)
	}
	c.check(t, "the snapshot", out.String())
}

// TestNoCanarySurvivesInErrors breaks the input at every place that holds a secret, in several ways.
func TestNoCanarySurvivesInErrors(t *testing.T) {
	errors := 0
	try := func(what, text string, c *canaries) {
		t.Helper()
		_, err := FromFiles(context.Background(), Files{Paths: []string{"-"}, Stdin: strings.NewReader(text)})
		if err != nil {
			errors++
			c.check(t, what, err.Error())
		}
		if _, err := ReadSnapshot(strings.NewReader(text), "s"); err != nil {
			c.check(t, what+" as a snapshot", err.Error())
		}
	}
	var c canaries
	text := c.plant(canaryManifests)
	for i, secret := range c.made {
		at := strings.Index(text, secret)
		if at < 0 {
			continue
		}
		ways := []string{"\t", "\"", "[", "*", "@", ": x: ", "!!binary ", "\x01", "{a: 1, a: ", "\n", "&", "!"}
		for j := range 3 {
			before := ways[(i+j*5)%len(ways)]
			try(fmt.Sprintf("%q", before), text[:at]+before+secret+"\n"+text[at+len(secret):], &c)
		}
		try("cut", text[:at+len(secret)], &c)
	}
	if errors < 300 {
		t.Errorf("only %d inputs were refused", errors)
	}
	for _, text := range []string{"data: {password: ✿}", "stringData: ✿", "data: {p: [✿]}", "data: {p: '✿!'}", "metadata: ✿"} {
		try(text, c.plant("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\n"+text), &c)
		try(text, c.plant("apiVersion: v1\nkind: Secret\n"+text), &c)
	}
}

// TestNoCanarySurvivesInChartErrors makes values break the schema, the templates and the rendered YAML.
func TestNoCanarySurvivesInChartErrors(t *testing.T) {
	chart := writeChart(t, chartFiles())
	var c canaries
	for _, values := range []string{
		"web: ✿", "web: {replicas: ✿}", "web: {image: '✿'}", "mode: ✿", "fail: 'yes'\npassword: ✿", "fail: 'yes'\npassword: 'The password ✿ of'", "fail: yaml\npassword: ✿",
		"fail: tpl\npassword: '{{ ✿ }}'", "fail: tpl\npassword: '{{ fail \"✿\" }}'", "fail: tpl\npassword: '{{ .x.✿.y }}'", "fail: tpl\npassword: '{{ \"✿\" '",
		"fail: tpl\npassword: '{{ include \"✿\" . }}'", "fail: tpl\npassword: '{{ upper \"✿\" | fail }}'", "fail: tpl\npassword: '{{ b64enc \"✿\" | fail }}'",
		"password: [✿]", "password: \"✿\\n  a: [\"", "store: ✿", "store: {auth: ✿}", "store: {enabled: ✿}", "tags: ✿", "global: ✿", "a: [✿", "✿: 1\n✿: 2\n\t", "password: {✿: {",
	} {
		name := write(t, t.TempDir(), "values.yaml", c.plant(values))
		_, err := FromChart(context.Background(), Chart{Path: chart, ValueFiles: []string{name}})
		if err != nil {
			c.check(t, values, err.Error())
		}
	}
	for _, chart := range []Chart{
		{Set: []string{"a[=✿"}}, {Set: []string{"a[999999999]=✿"}}, {Set: []string{"✿"}}, {SetJSON: []string{"a={✿"}}, {SetJSON: []string{"✿"}},
		{SetFile: []string{"a=/✿"}}, {SetFile: []string{"✿"}}, {SetString: []string{"✿"}}, {SetString: []string{"a.b[=✿"}}, {KubeVersion: "✿"},
	} {
		chart.Path = writeChart(t, chartFiles())
		for _, list := range []*[]string{&chart.Set, &chart.SetJSON, &chart.SetFile, &chart.SetString} {
			for i := range *list {
				(*list)[i] = c.plant((*list)[i])
			}
		}
		chart.KubeVersion = c.plant(chart.KubeVersion)
		if _, err := FromChart(context.Background(), chart); err == nil {
			t.Errorf("%+v is accepted", chart)
		} else {
			c.check(t, fmt.Sprintf("%+v", chart), err.Error())
		}
	}
	if _, err := os.Stat(chart); err != nil {
		t.Fatal(err)
	}
}
