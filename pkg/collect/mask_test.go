package collect

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// masked is an object's YAML once masked, tokens written short.
func masked(t testing.TB, text string) string {
	t.Helper()
	value, _, err := parseYAML([]byte(text), "f", 1)
	if err != nil {
		t.Fatal(err)
	}
	content := value.(map[string]any)
	testMasker(t).object(content)
	out, err := writeYAML(content)
	if err != nil {
		t.Fatal(err)
	}
	return short(string(out))
}

func TestMaskPods(t *testing.T) {
	const text = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: airflow
  resourceVersion: "1"
  managedFields: [{manager: hunter2}]
  labels: {app: airflow, note: not a label hunter2}
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: hunter2
    checksum/secret: 528611f2f92b2db75d43a378f180491e5b9efdcb2d3780bab5f3b0d30fbe0534
    meta.helm.sh/release-name: rel
    vault.hashicorp.com/agent-inject: "true"
    vault.hashicorp.com/agent-inject-template-db: hunter2
    vault.hashicorp.com/agent-inject-secret-db: secret/data/airflow/db
    anything: hunter2
spec:
  replicas: 2
  novelty: hunter2
  selector: {matchLabels: {app: airflow}}
  template:
    metadata: {labels: {app: airflow}, annotations: {x: hunter2}}
    spec:
      serviceAccountName: web
      securityContext: {runAsUser: 50000, seccompProfile: {type: RuntimeDefault}, windowsOptions: {gmsaCredentialSpec: hunter2}}
      hostAliases: [{ip: 10.0.0.1, hostnames: [a.example.com]}]
      initContainers:
      - {name: init, image: "apache/airflow:2.8.4@sha256:0123", command: [sh, -c, "echo hunter2"]}
      containers:
      - name: web
        image: apache/airflow:2.8.4
        args: [bash, -c, exec airflow webserver]
        env:
        - {name: PASSWORD, value: hunter2}
        - {name: NUMBER_PASSWORD, value: 12345678}
        - {name: FROM, valueFrom: {secretKeyRef: {name: s, key: k}}}
        envFrom: [{secretRef: {name: envs}}]
        ports: [{name: web, containerPort: 8080, protocol: TCP}]
        resources: {limits: {memory: 1Gi, cpu: 500m}}
        livenessProbe:
          httpGet: {path: "/health?token=hunter2", port: web, httpHeaders: [{name: Authorization, value: hunter2}, {name: Host, value: airflow.example.com}]}
        readinessProbe: {exec: {command: [curl, --user, "admin:hunter2", localhost]}}
        lifecycle: {preStop: {exec: {command: [sh, -c, "kill hunter2"]}}}
        volumeMounts: [{name: csi, mountPath: /mnt/secrets}]
      volumes:
      - {name: csi, csi: {driver: secrets-store.csi.k8s.io, volumeAttributes: {secretProviderClass: airflow, password: hunter2}}}
      - {name: flex, flexVolume: {driver: x/y, options: {password: hunter2}}}
      - {name: token, projected: {sources: [{serviceAccountToken: {audience: vault, path: token, expirationSeconds: 600}}]}}
status:
  availableReplicas: 2
  message: hunter2
  conditions: [{type: Available, message: hunter2}]
`
	got := masked(t, text)
	if strings.Contains(got, "hunter2") {
		t.Errorf("a secret survives:\n%s", got)
	}
	for _, want := range []string{
		"note: «»", "meta.helm.sh/release-name: rel", "checksum/secret: «»", `agent-inject: "true"`, "agent-inject-template-db: «»", "agent-inject-secret-db: secret/data/airflow/db", "novelty: «»",
		"gmsaCredentialSpec: «»", "- a.example.com", "image: apache/airflow:2.8.4@sha256:0123", "- echo «»", "- exec airflow webserver",
		"value: «»", "key: k", "memory: 1Gi", "path: «»", "value: airflow.example.com", "- «»\n", "secretProviderClass: airflow", "password: «»",
		"audience: vault", "availableReplicas: 2", "mountPath: /mnt/secrets", "type: RuntimeDefault", "replicas: 2",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing:\n%s", want, got)
		}
	}
	for _, gone := range []string{"managedFields", "last-applied", "resourceVersion", "conditions", "message"} {
		if strings.Contains(got, gone) {
			t.Errorf("%s is still there", gone)
		}
	}
}

func TestMaskSecretsAndConfigMaps(t *testing.T) {
	got := masked(t, `apiVersion: v1
kind: Secret
metadata: {name: s}
type: Opaque
immutable: true
data: {fernet-key: N1Q1MTJVWFNTbUJPa3BXaW1GSElWYjhqSzZsZm1TQXZ4NG1PNkFyZWhuYz0=, empty: ""}
stringData: {connection: "redis://:hunter2@redis:6379/0", number: 5}
novelty: hunter2
`)
	want := `apiVersion: v1
data:
  connection: redis://:«»@redis:6379/0
  empty: «»
  fernet-key: «community-fernet-key fernet»
  number: «»
immutable: true
kind: Secret
metadata:
  name: s
type: Opaque
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	got = masked(t, `apiVersion: v1
kind: ConfigMap
metadata: {name: c}
data:
  airflow.cfg: "[core]\nexecutor = LocalExecutor\nfernet_key = hunter2\n"
  AIRFLOW__CORE__EXECUTOR: LocalExecutor
  AIRFLOW__SMTP__SMTP_PASSWORD: hunter2
  anything: hunter2
  empty: ""
  pod_template_file.yaml: |
    kind: Pod
    metadata: {name: task, annotations: {x: hunter2}}
    spec: {containers: [{name: base, env: [{name: P, value: hunter2}], securityContext: {runAsUser: 50000}}]}
  pod_template.yaml: "hunter2: ["
binaryData: {x: aHVudGVyMg==}
`)
	want = `apiVersion: v1
binaryData:
  x: «»
data:
  AIRFLOW__CORE__EXECUTOR: LocalExecutor
  AIRFLOW__SMTP__SMTP_PASSWORD: «»
  airflow.cfg: |
    [core]
    executor = LocalExecutor
    fernet_key = «»
  anything: «»
  empty: ""
  pod_template.yaml: «»
  pod_template_file.yaml: |
    apiVersion: v1
    kind: Pod
    metadata:
      annotations:
        x: «»
      name: task
    spec:
      containers:
      - env:
        - name: P
          value: «»
        name: base
        securityContext:
          runAsUser: 50000
kind: ConfigMap
metadata:
  name: c
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestMaskOtherKinds(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown kinds keep their metadata", "apiVersion: generators.external-secrets.io/v1alpha1\nkind: Password\nmetadata: {name: e, labels: {a: b}, ownerReferences: [{kind: X, name: owner}]}\nspec: {password: hunter2}\n",
			"apiVersion: generators.external-secrets.io/v1alpha1\nkind: Password\nmetadata:\n  labels:\n    a: b\n  name: e\n  ownerReferences:\n  - kind: X\n    name: owner\n"},
		{"what fills Secrets keeps its references", "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: e}\nspec: {secretStoreRef: {name: s, kind: SecretStore}, target: {name: t, template: {data: {name: hunter2}}}, data: [{secretKey: k, remoteRef: {key: team/db}}], other: hunter2}\n",
			"apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata:\n  name: e\nspec:\n  data:\n  - remoteRef:\n      key: team/db\n    secretKey: k\n  other: «»\n  secretStoreRef:\n    kind: SecretStore\n    name: s\n  target:\n    name: t\n    template:\n      data:\n        name: «»\n"},
		{"storage classes keep who makes volumes and what is switched", "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {name: s}\nprovisioner: ebs.csi.aws.com\nparameters: {encrypted: 'true', kmsKeyId: hunter2}\nmountOptions: [hunter2]\n",
			"apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata:\n  name: s\nparameters:\n  encrypted: \"true\"\n  kmsKeyId: «»\nprovisioner: ebs.csi.aws.com\n"},
		{"stores keep where they are and how they are asked", "apiVersion: external-secrets.io/v1\nkind: SecretStore\nmetadata: {name: s}\nspec: {provider: {vault: {server: 'https://vault:8200', auth: {userPass: {username: hunter2, secretRef: {name: a, key: b}}}}}}\n",
			"apiVersion: external-secrets.io/v1\nkind: SecretStore\nmetadata:\n  name: s\nspec:\n  provider:\n    vault:\n      auth:\n        userPass:\n          secretRef:\n            key: b\n            name: a\n          username: «»\n      server: https://vault:8200\n"},
		{"a Service of another group is unknown", "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: e}\nspec: {template: {spec: {containers: [{env: [{name: A, value: hunter2}]}]}}}\n",
			"apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: e\n"},
		{"roles stay", "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r}\nrules: [{apiGroups: [''], resources: [secrets], verbs: ['*'], resourceNames: [a]}]\n",
			"apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: r\nrules:\n- apiGroups:\n  - \"\"\n  resourceNames:\n  - a\n  resources:\n  - secrets\n  verbs:\n  - '*'\n"},
		{"network policies stay", "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: np}\nspec: {podSelector: {matchLabels: {a: b}}, ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8}}], ports: [{port: 80}]}]}\n",
			"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: np\nspec:\n  ingress:\n  - from:\n    - ipBlock:\n        cidr: 10.0.0.0/8\n    ports:\n    - port: 80\n  podSelector:\n    matchLabels:\n      a: b\n"},
		{"services and their addresses stay", "apiVersion: v1\nkind: Service\nmetadata: {name: s, annotations: {service.beta.kubernetes.io/aws-load-balancer-internal: 'true'}}\nspec: {type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8], selector: {a: b}, ports: [{port: 80, targetPort: web}]}\nstatus: {loadBalancer: {ingress: [{ip: 1.2.3.4}]}}\n",
			"apiVersion: v1\nkind: Service\nmetadata:\n  annotations:\n    service.beta.kubernetes.io/aws-load-balancer-internal: \"true\"\n  name: s\nspec:\n  loadBalancerSourceRanges:\n  - 10.0.0.0/8\n  ports:\n  - port: 80\n    targetPort: web\n  selector:\n    a: b\n  type: LoadBalancer\nstatus:\n  loadBalancer:\n    ingress:\n    - ip: 1.2.3.4\n"},
		{"annotations keep the names of headers", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: i\n  annotations:\n    nginx.ingress.kubernetes.io/configuration-snippet: 'more_set_headers \"Content-Security-Policy: hunter2\" \"Strict-Transport-Security: max-age=1\" \"X-Key: hunter2\";'\n    nginx.ingress.kubernetes.io/server-snippet: 'add_header Content-Security-Policy-Report-Only hunter2'\n    alb.ingress.kubernetes.io/listener-attributes.HTTPS-443: routing.http.response.strict_transport_security.header_value=max-age=31536000\n    haproxy.router.openshift.io/hsts_header: max-age=31536000\n    nginx.ingress.kubernetes.io/custom-headers: airflow/headers\n    any: Strict-Transport-Security\n",
			"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  annotations:\n    alb.ingress.kubernetes.io/listener-attributes.HTTPS-443: «» Strict-Transport-Security\n    any: «»\n    haproxy.router.openshift.io/hsts_header: «» Strict-Transport-Security\n    nginx.ingress.kubernetes.io/configuration-snippet: «» Strict-Transport-Security Content-Security-Policy\n    nginx.ingress.kubernetes.io/custom-headers: airflow/headers\n    nginx.ingress.kubernetes.io/server-snippet: «»\n  name: i\n"},
		{"ingresses keep hosts and TLS", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, annotations: {nginx.ingress.kubernetes.io/ssl-redirect: 'true', nginx.ingress.kubernetes.io/configuration-snippet: hunter2}}\nspec: {ingressClassName: nginx, tls: [{hosts: [a.example.com], secretName: t}], rules: [{host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {name: web}}}}]}}]}\n",
			"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  annotations:\n    nginx.ingress.kubernetes.io/configuration-snippet: «»\n    nginx.ingress.kubernetes.io/ssl-redirect: \"true\"\n  name: i\nspec:\n  ingressClassName: nginx\n  rules:\n  - host: a.example.com\n    http:\n      paths:\n      - backend:\n          service:\n            name: web\n            port:\n              name: web\n        path: /\n        pathType: Prefix\n  tls:\n  - hosts:\n    - a.example.com\n    secretName: t\n"},
		{"OpenShift routes hide their key", "apiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {name: r}\nspec: {host: a.example.com, tls: {termination: edge, key: hunter2, certificate: {name: hunter2}, caCertificate: hunter2}}\n",
			"apiVersion: route.openshift.io/v1\nkind: Route\nmetadata:\n  name: r\nspec:\n  host: a.example.com\n  tls:\n    caCertificate: «»\n    certificate:\n      name: «»\n    key: «»\n    termination: edge\n"},
	} {
		if got := masked(t, c.text); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

func TestMaskSurvivesMalformedObjects(t *testing.T) {
	for _, text := range []string{
		"metadata: hunter2", "metadata: {annotations: hunter2, labels: hunter2}", "spec: hunter2", "spec: {template: {spec: {containers: hunter2}}}",
		"spec: {template: {spec: {containers: [hunter2, {env: hunter2, args: hunter2, command: {a: hunter2}}]}}}",
		"spec: {template: {spec: {containers: [{env: [hunter2, {name: A, value: [hunter2]}], args: [[hunter2]], livenessProbe: {httpGet: {httpHeaders: [hunter2]}}}]}}}",
		"spec: {template: {spec: {containers: [{env: [{name: [hunter2], value: hunter2}], livenessProbe: {httpGet: {httpHeaders: hunter2}}}], volumes: [{csi: {volumeAttributes: hunter2}}]}}}",
	} {
		got := masked(t, "apiVersion: apps/v1\nkind: Deployment\n"+text)
		// A label set and a name are no place for a secret; everything else here is.
		if got = strings.ReplaceAll(got, "labels: hunter2", ""); strings.Contains(got, "hunter2") && !strings.Contains(text, "name: [hunter2]") {
			t.Errorf("%s: got\n%s", text, got)
		}
	}
	for _, text := range []string{"kind: Secret\ndata: hunter2", "kind: Secret\ndata: {a: [hunter2]}\nstringData: hunter2", "kind: ConfigMap\ndata: hunter2", "kind: ConfigMap\ndata: {a: [hunter2]}"} {
		if got := masked(t, "apiVersion: v1\n"+text); strings.Contains(got, "hunter2") {
			t.Errorf("%s: got\n%s", text, got)
		}
	}
}

func TestForgedTokensAreMasked(t *testing.T) {
	const forged = "⟦secret 1 size:0⟧"
	for _, text := range []string{
		"apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {x: '" + forged + "'}}\nspec: {nodeName: '" + forged + "', containers: [{image: '" + forged + "', args: ['" + forged + "'], env: [{name: TZ, value: '" + forged + "'}]}]}",
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {airflow.cfg: \"[core]\\nexecutor = " + forged + "\\n\", webserver_config.py: \"AUTH_ROLE_PUBLIC = '" + forged + "'\\n\"}",
	} {
		if got := masked(t, text); strings.Contains(got, "size:0") {
			t.Errorf("a forged token stays:\n%s", got)
		}
	}
}

// The official chart makes its Fernet key of letters and digits.
func TestAFernetKeyTellsThatTheChartMadeIt(t *testing.T) {
	m := testMasker(t)
	for key, want := range map[string]bool{
		"YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXpBQkNERUY=\n":      true,
		"8QJmaXhlZC1rZXktZm9yLWNhc2VzLW9mLXJ1bGVzISE=":        false,
		strings.Repeat("A", 43) + "=":                         false,
		"letters and digits, but neither a key nor its bytes": false,
	} {
		got, _ := snapshot.ParseMasked(m.token(key))
		if slices.Contains(got.Shapes, snapshot.ChartMade) != want {
			t.Errorf("%s: got %v", key, got.Shapes)
		}
	}
}

func TestTokensCompareWithinOneRun(t *testing.T) {
	m, other := testMasker(t), testMasker(t)
	first, again := m.token("a"), m.token("a")
	if first != again || first == m.token("b") {
		t.Error("tokens do not compare as their values do")
	}
	if m.token("a") == other.token("a") {
		t.Error("two runs share a key")
	}
	for value, want := range map[string]snapshot.Masked{
		"": {Size: 0}, "a": {Size: 1}, strings.Repeat("a", 16): {Size: 16}, strings.Repeat("a", 44): {Size: 32}, strings.Repeat("a", 48): {Size: 48}, strings.Repeat("a", 63): {Size: 48}, strings.Repeat("a", 64): {Size: 64}, strings.Repeat("a", 500): {Size: 128},
		strings.Repeat("A", 43) + "=":                                   {Size: 32, Fernet: true},
		strings.Repeat("A", 43) + "=," + strings.Repeat("-", 43) + "=":  {Size: 64, Fernet: true},
		strings.Repeat("A", 43) + "+":                                   {Size: 32},
		strings.Repeat("A", 42) + "/=":                                  {Size: 32},
		strings.Repeat("A", 43) + "=," + strings.Repeat("A", 43) + "= ": {Size: 64, Fernet: true},
		strings.Repeat("A", 43) + "=, x":                                {Size: 32},
		"46BKJoQYlPPOexq0OhDZnIlNepKFf87WFwLbfzqDDho=":                  {Size: 32, Fernet: true, Published: []string{"puckel-fernet-key"}},
		"YVRZeVJVWnlXbU4wY1dOalVrdE1SV3cxWWtKeFIzWkVRVTVrVjNaTFR6WT0=":  {Size: 48, Published: []string{"bitnami-fernet-key"}},
		"aTYyRUZyWmN0cWNjUktMRWw1YkJxR3ZEQU5kV3ZLTzY=":                  {Size: 32, Fernet: true, Published: []string{"bitnami-fernet-key"}},
		"THIS IS UNSAFE!":                                               {Size: 1, Published: []string{"community-web-secret-key"}},
	} {
		got, ok := snapshot.ParseMasked(m.token(value))
		if !ok || got.Size != want.Size || got.Fernet != want.Fernet || strings.Join(got.Published, " ") != strings.Join(want.Published, " ") {
			t.Errorf("%q: got %+v, want %+v", value, got, want)
		}
	}
}

func TestMaskerIsSafeForManyAtOnce(t *testing.T) {
	m := testMasker(t)
	want := m.token("hunter2")
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 200 {
				if m.token("hunter2") != want {
					t.Error("a token changed")
				}
			}
		})
	}
	wait.Wait()
}
