package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/wire"
)

// managers are the words that each backend needs.
var managers = map[wire.Backend][]string{
	wire.Vault:             {"--vault-address", "https://vault.example.com:8200"},
	wire.AWSSecretsManager: {"--region", "eu-central-1", "--role-arn", "arn:aws:iam::123456789012:role/airflow"},
	wire.AWSSSM:            {"--region", "eu-central-1", "--role-arn", "arn:aws:iam::123456789012:role/airflow"},
	wire.GCP:               {"--project", "my-project", "--gcp-service-account", "airflow@my-project.iam.gserviceaccount.com"},
	wire.Azure:             {"--vault-url", "https://kv.vault.azure.net", "--tenant", "11111111-1111-1111-1111-111111111111", "--client-id", "22222222-2222-2222-2222-222222222222"},
	wire.Kubernetes:        nil,
}

// kinds are the objects that each way of syncing makes.
var kinds = map[wire.Sync][]string{
	wire.NoSync: nil, wire.VaultAgent: nil, wire.CSI: {"SecretProviderClass"},
	wire.ExternalSecrets: {"ExternalSecret", "SecretStore", "ServiceAccount"},
	wire.VaultOperator:   {"ServiceAccount", "VaultAuth", "VaultConnection", "VaultStaticSecret"},
}

// plaintext are values that hold credentials; hunter begins each.
var plaintext = map[string]string{
	"official": `
fernetKey: hunterFernet
data: {metadataConnection: {pass: hunterDatabase}}
redis: {password: hunterRedis}
env: [{name: AIRFLOW_CONN_MY_DB, value: "postgres://u:hunterConn@h/d"}, {name: UNKNOWN_WORD, value: hunter what ever}]
extraEnv: "- {name: MY_API_TOKEN, value: hunter2x8Kq2Lm9Zr4Tv7Yw1Nb6}"
`,
	"community": `
airflow:
  fernetKey: hunterFernet
  webserverSecretKey: hunterWeb
  config: {AIRFLOW__SMTP__SMTP_PASSWORD: hunterSmtp, AIRFLOW_CONN_MY_DB: "postgres://u:hunterConn@h/d"}
  extraEnv: [{name: MY_API_TOKEN, value: hunter2x8Kq2Lm9Zr4Tv7Yw1Nb6}, {name: TZ, value: Etc/UTC}]
postgresql: {postgresqlPassword: hunterDatabase}
redis: {password: hunterRedis}
`,
}

type wiringMove struct {
	To                  string `json:"to"`
	Read, Write, Exists []string
}

type wiring struct {
	Values  map[string]any `json:"values"`
	Objects []struct {
		Object map[string]any `json:"object"`
	} `json:"objects"`
	Moves []wiringMove `json:"moves"`
	Items []struct {
		Name, Carrier, Secret string
	} `json:"items"`
	Left  []any `json:"left"`
	Proof struct {
		Holds  bool     `json:"holds"`
		Broken []string `json:"broken"`
	} `json:"proof"`
}

// generateSecrets runs the command on a fixture chart whose values hold credentials.
func generateSecrets(t *testing.T, chart, values string, backend wire.Backend, sync wire.Sync, more ...string) (code int, out, errOut string) {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	file := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(file, []byte(values), 0o600); err != nil {
		t.Fatal(err)
	}
	s, o, e := streams()
	args := []string{"kubectl-airflowsec", "generate", "secrets", "af", "-n", "team", "--chart", "../../testdata/charts/" + chart, "--values", file, "--backend", string(backend)}
	if sync != wire.NoSync {
		args = append(args, "--sync", string(sync))
	}
	code = Main(context.Background(), slices.Concat(args, managers[backend], more), s)
	return code, o.String(), e.String()
}

// TestEveryManagerIsWired tries each backend with each way of syncing on both charts.
func TestEveryManagerIsWired(t *testing.T) {
	for chart, values := range plaintext {
		for backend := range managers {
			for sync := range kinds {
				if sync != wire.NoSync && !goes(backend, sync) {
					continue
				}
				t.Run(chart+"/"+string(backend)+"/"+string(sync), func(t *testing.T) {
					code, out, errOut := generateSecrets(t, chart, values, backend, sync, "-o", "json")
					var w wiring
					if err := json.Unmarshal([]byte(out), &w); err != nil {
						t.Fatalf("code %d: %v\n%s", code, err, errOut)
					}
					if code != exitClean || !w.Proof.Holds || len(w.Left) > 0 {
						t.Errorf("code %d, left %v\n%s", code, w.Left, errOut)
					}
					if strings.Contains(out+errOut, "hunter") {
						t.Error("it shows a credential")
					}
					checkKinds(t, w, kinds[sync])
					checkCommands(t, w, backend)
				})
			}
		}
	}
}

func goes(backend wire.Backend, sync wire.Sync) bool {
	o := wire.Options{Backend: backend, Sync: sync}
	err := o.Complete("af")
	return err == nil || !strings.Contains(err.Error(), "does not go with")
}

func checkKinds(t *testing.T, w wiring, want []string) {
	t.Helper()
	var got []string
	for _, o := range w.Objects {
		if kind, _ := o.Object["kind"].(string); !slices.Contains(got, kind) {
			got = append(got, kind)
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("objects of the kinds %v, want %v", got, want)
	}
}

// standardInput is how each writer is told to read a value.
var standardInput = map[string]string{
	"vault": "=-", "aws": "file:///dev/stdin", "gcloud": "--data-file=-", "az": "/dev/stdin", "kubectl": "/dev/stdin",
}

// checkCommands makes sure that no command carries a value, and that every
// writer takes it from standard input.
func checkCommands(t *testing.T, w wiring, backend wire.Backend) {
	t.Helper()
	if len(w.Moves) < 4 {
		t.Errorf("only %d values move", len(w.Moves))
	}
	for _, m := range w.Moves {
		for _, word := range slices.Concat(m.Read, m.Write, m.Exists) {
			if strings.ContainsAny(word, "`") || strings.Contains(word, "$(") || strings.Contains(word, "<(") {
				t.Errorf("%s: the word %q takes something from another command", m.To, word)
			}
		}
		last := m.Write[len(m.Write)-1]
		if want := standardInput[m.Write[0]]; !strings.HasSuffix(last, want) && last != "-" {
			t.Errorf("%s: %v does not read standard input", m.To, m.Write)
		}
		if m.Read[0] != "kubectl" {
			t.Errorf("%s is not read from the cluster: %v", m.To, m.Read)
		}
		if backend == wire.Kubernetes && m.Write[0] != "kubectl" {
			t.Errorf("%s does not stay in the cluster: %v", m.To, m.Write)
		}
	}
}

// TestWiredTwice makes sure that the same input gives the same bytes, and that a
// release that is wired already has nothing more to move.
func TestWiredTwice(t *testing.T) {
	for chart, values := range plaintext {
		_, once, _ := generateSecrets(t, chart, values, wire.Vault, wire.ExternalSecrets)
		_, twice, _ := generateSecrets(t, chart, values, wire.Vault, wire.ExternalSecrets)
		if once != twice || once == "" {
			t.Errorf("%s: two runs differ", chart)
		}
		_, data, _ := generateSecrets(t, chart, values, wire.Vault, wire.ExternalSecrets, "-o", "json")
		var first, second wiring
		if err := json.Unmarshal([]byte(data), &first); err != nil {
			t.Fatal(err)
		}
		overlay, err := yaml.Marshal(first.Values)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "overlay.yaml")
		if err := os.WriteFile(file, overlay, 0o600); err != nil {
			t.Fatal(err)
		}
		code, data, errOut := generateSecrets(t, chart, values, wire.Vault, wire.ExternalSecrets, "-o", "json", "--values", file)
		if err := json.Unmarshal([]byte(data), &second); err != nil {
			t.Fatal(err)
		}
		if code != exitClean || len(second.Moves) > 0 || len(second.Left) > 0 {
			t.Errorf("%s: a second run ends with %d, %d moves, left %v: %s", chart, code, len(second.Moves), second.Left, errOut)
		}
	}
}

// TestWhatTheChartIgnoresIsNotWired makes sure that the proof can fail: a chart
// that ignores a key still takes the credential from its own Secret.
func TestWhatTheChartIgnoresIsNotWired(t *testing.T) {
	chart := changedChart(t, "templates/_airflow.tpl", "$v.fernetKeySecretName | default", `"" | default`)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	s, _, e := streams()
	code := Main(context.Background(), append([]string{"kubectl-airflowsec", "generate", "secrets", "af", "-n", "team", "--chart", chart, "--backend", "vault", "--sync", "csi", "-d", t.TempDir()}, managers[wire.Vault]...), s)
	if code != exitFindings || !strings.Contains(e.String(), "Not wired: the Fernet key: ") {
		t.Errorf("code %d: %s", code, e)
	}
}

// TestTheBundleIsOneText checks the form that README and help promise.
func TestTheBundleIsOneText(t *testing.T) {
	_, out, _ := generateSecrets(t, "official", plaintext["official"], wire.Vault, wire.VaultOperator)
	var names []string
	for line := range strings.Lines(out) {
		if name, is := strings.CutPrefix(strings.TrimSpace(line), "-- "); is {
			names = append(names, strings.TrimSuffix(name, " --"))
		}
	}
	if want := []string{"README.md", "migrate.sh", "objects.yaml", "values.yaml"}; !slices.Equal(names, want) {
		t.Errorf("files %v, want %v", names, want)
	}
	if !bytes.HasPrefix([]byte(out), []byte("-- README.md --\n# Secrets of Airflow release af")) {
		t.Error("the text does not begin with the first file")
	}
}

// TestWhatABackendHoldsIsStillFound makes sure that a backend of the same class
// keeps its places, and loses its credential.
func TestWhatABackendHoldsIsStillFound(t *testing.T) {
	const values = `
config:
  secrets:
    backend: airflow.providers.hashicorp.secrets.vault.VaultBackend
    backend_kwargs: '{"connections_path": "team/connections", "url": "https://old.example.com", "token": "hunter2x8Kq2Lm9Zr4Tv7Yw1Nb6"}'
env: [{name: AIRFLOW_CONN_MY_DB, value: "postgres://u:hunterConn@h/d"}]
`
	code, out, errOut := generateSecrets(t, "official", values, wire.Vault, wire.CSI, "-o", "json")
	var w wiring
	if err := json.Unmarshal([]byte(out), &w); err != nil || code != exitClean {
		t.Fatalf("code %d: %v %s", code, err, errOut)
	}
	config, _ := w.Values["config"].(map[string]any)
	secrets, _ := config["secrets"].(map[string]any)
	kwargs, _ := secrets["backend_kwargs"].(string)
	for text, want := range map[string]bool{
		`"connections_path":"team/connections"`: true, `"variables_path":"airflow/team/af/variables"`: true,
		`"url":"https://vault.example.com:8200"`: true, `"auth_type":"kubernetes"`: true, "token": false,
	} {
		if strings.Contains(kwargs, text) != want {
			t.Errorf("%s in %s: want %t", text, kwargs, want)
		}
	}
	if !slices.ContainsFunc(w.Moves, func(m wiringMove) bool { return m.To == "team/connections/my_db#conn_uri" }) {
		t.Errorf("the connection does not move to where Airflow looks: %v", w.Moves)
	}
}

// TestWorkersOfTheirOwn makes sure that pods that run tasks get the smaller identity.
func TestWorkersOfTheirOwn(t *testing.T) {
	const own = "arn:aws:iam::123456789012:role/workers"
	code, out, errOut := generateSecrets(t, "official", "{}", wire.AWSSSM, wire.ExternalSecrets, "-o", "json", "--worker-role", own)
	var w wiring
	if err := json.Unmarshal([]byte(out), &w); err != nil || code != exitClean {
		t.Fatalf("code %d: %v %s", code, err, errOut)
	}
	for component, want := range map[string]string{"workers": own, "scheduler": "arn:aws:iam::123456789012:role/airflow"} {
		below, _ := w.Values[component].(map[string]any)
		account, _ := below["serviceAccount"].(map[string]any)
		annotations, _ := account["annotations"].(map[string]any)
		if annotations["eks.amazonaws.com/role-arn"] != want {
			t.Errorf("%s: %v", component, annotations)
		}
	}
	config, _ := w.Values["config"].(map[string]any)
	if workers, _ := config["workers"].(map[string]any); workers["secrets_backend"] == nil {
		t.Errorf("workers have no backend of their own: %v", config)
	}
}

// A variable of the user's own that reads the chart's Secret is not moved: the proof says whose it is.
func TestOwnVariableKeepsTheOldSecret(t *testing.T) {
	values := plaintext["official"] + "\nextraEnv: |\n  - {name: OWN, valueFrom: {secretKeyRef: {name: af-metadata, key: connection}}}\n"
	code, out, _ := generateSecrets(t, "official", values, wire.Vault, wire.ExternalSecrets, "-o", "json")
	var w wiring
	if err := json.Unmarshal([]byte(out), &w); err != nil || code != exitFindings {
		t.Fatalf("code %d: %v", code, err)
	}
	for _, want := range []string{"not all of their containers take key connection from Secret af-managed-metadata-connection: deployment/af-", "these still take it from Secret af-metadata: deployment/af-"} {
		if !strings.Contains(strings.Join(w.Proof.Broken, "\n"), want) {
			t.Errorf("no %q in %q", want, w.Proof.Broken)
		}
	}
}
