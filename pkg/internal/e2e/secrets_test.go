package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
)

// wiringWay is a manager and a way of syncing, with the flags that it needs.
type wiringWay struct{ backend, sync string }

func (w wiringWay) String() string { return strings.Trim(w.backend+"-"+w.sync, "-") }

func (w wiringWay) flags() []string {
	out := append([]string{"--backend", w.backend}, strings.Fields(wiringFlags[w.backend])...)
	if w.sync != "" {
		out = append(out, "--sync", w.sync)
	}
	return out
}

var wiringFlags = map[string]string{
	"vault":               "--vault-address https://vault.example.com:8200 --vault-role airflow",
	"aws-secrets-manager": "--region eu-central-1 --role-arn arn:aws:iam::123456789012:role/airflow",
	"aws-ssm":             "--region eu-central-1 --role-arn arn:aws:iam::123456789012:role/airflow",
	"gcp":                 "--project my-project --gcp-service-account airflow@my-project.iam.gserviceaccount.com",
	"azure":               "--vault-url https://my-vault.vault.azure.net --tenant 11111111-2222-3333-4444-555555555555 --client-id 66666666-7777-8888-9999-000000000000",
}

// wiringWays are all that go together.
func wiringWays() []wiringWay {
	ways := []wiringWay{{"kubernetes", ""}, {"vault", "vault-operator"}, {"vault", "vault-agent"}}
	for _, backend := range []string{"vault", "aws-secrets-manager", "aws-ssm", "gcp", "azure"} {
		for _, sync := range []string{"", "external-secrets", "csi"} {
			ways = append(ways, wiringWay{backend, sync})
		}
	}
	return ways
}

// wiringCharts are releases full of credentials: those that their charts make
// Secrets of, and one that stands in the pods' own environment.
var wiringCharts = map[string]struct {
	values  string
	secrets []string // what has to come out at the manager
}{
	"official": {`
executor: CeleryExecutor
fernetKey: b2xkLWZlcm5ldC1rZXktb2YtMzItYnl0ZXMhISEhISE=
apiSecretKey: old-api-key-7c1e94b05fd2a8368e13
jwtSecret: old-jwt-key-3e81b6f09c47d25a1f60e8b3947c2d5ea0f3718b46d92c05e7fa
redis: {password: old-redis-password}
postgresql: {enabled: false}
data: {metadataConnection: {user: airflow, pass: old-database-password, host: db.example.com, db: airflow}}
env: [{name: AIRFLOW_CONN_WAREHOUSE, value: "postgresql://u:old-connection-password@h/db"}]
`, []string{oldFernet, "old-api-key-7c1e94b05fd2a8368e13", "old-jwt-key-3e81b6f09c47d25a1f60e8b3947c2d5ea0f3718b46d92c05e7fa", "old-redis-password", "old-database-password"}},
	"community": {`
airflow:
  executor: CeleryKubernetesExecutor
  fernetKey: b2xkLWZlcm5ldC1rZXktb2YtMzItYnl0ZXMhISEhISE=
  webserverSecretKey: old-web-key-5b20d97e41c86fa3
  users: []
  config: {AIRFLOW__CELERY__FLOWER_BASIC_AUTH: "watcher:old-flower-password", AIRFLOW_CONN_WAREHOUSE: "postgresql://u:old-connection-password@h/db"}
postgresql: {postgresqlPassword: old-database-password}
redis: {password: old-redis-password}
`, []string{oldFernet, "old-web-key-5b20d97e41c86fa3", "old-database-password", "old-redis-password", "old-flower-password"}},
}

// TestGenerateSecrets wires both charts to every manager in every way: the
// API server takes the objects by their CRDs, the script brings the right values
// to the manager, and both Helms install the chart with the values.
func TestGenerateSecrets(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	if err := c.InstallCRDs(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := newProgram(t, c)
	for name, chart := range wiringCharts {
		values := filepath.Join(t.TempDir(), "values.yaml")
		if err := os.WriteFile(values, []byte(chart.values), 0o600); err != nil {
			t.Fatal(err)
		}
		install(t, c, "helm4", name, name, "af", "-f", values)
		for i, way := range wiringWays() {
			t.Run(name+"/"+way.String(), func(t *testing.T) {
				w := wiring{T: t, program: p, cluster: c, chart: name, values: values, way: way, helm: []string{"helm3", "helm4"}[i%2], dir: t.TempDir()}
				w.generate()
				w.objects()
				w.migrate(chart.secrets)
				w.install()
			})
		}
	}
}

type wiring struct {
	*testing.T
	program            *program
	cluster            *controlplane.Cluster
	chart, values, dir string
	way                wiringWay
	helm               string
	plan               wiringPlan
}

// wiringPlan is the part of the written data that these tests hold the pods to.
type wiringPlan struct {
	Items []struct {
		Name, Carrier, Secret string
		Values                []struct{ Key, Name, Field string }
	}
	Objects []struct{ Object map[string]any }
	Proof   struct{ Holds bool }
}

// generate writes the files and the data, and holds that the proof does.
func (w *wiring) generate() {
	w.Helper()
	args := append([]string{"generate", "secrets", "af", "-n", w.chart}, w.way.flags()...)
	if _, talk, code := w.program.run(nil, append(slices.Clone(args), "-d", w.dir)...); code != 0 {
		w.Errorf("exit code %d: %s", code, talk)
	}
	out, talk, _ := w.program.run(nil, append(slices.Clone(args), "-o", "json")...)
	if err := json.Unmarshal([]byte(out), &w.plan); err != nil {
		w.Fatalf("%v: %s", err, talk)
	}
	if len(w.plan.Items) == 0 || !w.plan.Proof.Holds {
		w.Error("there is nothing to wire, or the proof does not hold")
	}
}

// objects asks the API server whether it would take the objects as they are.
func (w *wiring) objects() {
	w.Helper()
	file := filepath.Join(w.dir, "objects.yaml")
	if w.way.sync == "" || w.way.sync == "vault-agent" {
		return
	}
	if out, err := w.cluster.Run(w.Context(), controlplane.Admin, "kubectl", "create", "--dry-run=server", "--validate=strict", "-f", file, "-o", "name"); err != nil {
		w.Error(err)
	} else if strings.Count(out, "\n") != len(w.plan.Objects) {
		w.Errorf("of %d objects the API server takes\n%s", len(w.plan.Objects), out)
	}
}

// migrate runs the script: clients of the manager get the values on standard input, and nobody sees one.
func (w *wiring) migrate(secrets []string) {
	w.Helper()
	s := newStandins(w.T, w.cluster)
	for _, name := range outside { // nothing is there yet
		s.program(name, fmt.Sprintf(recorded+`case " $* " in *" get "*|*" show "*|*" describe"*|*" get-parameter "*) exit 1; esac
`+kept, name, s.dir))
	}
	s.answer("exec", "asked-of-airflow\n")
	printed := s.must("bash " + filepath.Join(w.dir, "migrate.sh"))
	s.unseen(printed, append(secrets, "asked-of-airflow")...)
	kept := s.stdin()
	if w.way.backend == "kubernetes" {
		kept += w.keptSecrets()
	}
	carried := w.carriedPlain()
	for _, secret := range secrets {
		if !strings.Contains(kept, secret) && !strings.Contains(carried, secret) {
			w.Errorf("a value does not arrive: %s…", secret[:8])
		}
	}
	if again, err := s.sh("bash " + filepath.Join(w.dir, "migrate.sh")); err != nil && w.way.backend == "kubernetes" {
		w.Errorf("the second run fails: %v %s", err, again)
	}
}

// keptSecrets are all values of the Secrets that the wiring reads.
func (w *wiring) keptSecrets() string {
	w.Helper()
	out, err := w.cluster.Run(w.Context(), controlplane.Admin, "kubectl", "get", "secrets", "-n", w.chart, "-o",
		`go-template={{range .items}}{{range .data}}{{. | base64decode}}{{"\n"}}{{end}}{{end}}`)
	if err != nil {
		w.Fatal(err)
	}
	return out
}

// carriedPlain are the values that the script puts into Secrets of the cluster
// even where there is a manager, for the chart takes them from nowhere else.
func (w *wiring) carriedPlain() string {
	w.Helper()
	if !slices.ContainsFunc(w.plan.Items, func(i struct {
		Name, Carrier, Secret string
		Values                []struct{ Key, Name, Field string }
	}) bool {
		return i.Carrier == "plain Secret"
	}) {
		return ""
	}
	return w.keptSecrets()
}

// install installs the chart anew with the values, and holds every pod to the
// Secrets and keys that the wiring names.
func (w *wiring) install() {
	w.Helper()
	namespace := w.chart + "-" + w.way.String()
	install(w.T, w.cluster, w.helm, w.chart, namespace, "af", "-f", w.values, "-f", filepath.Join(w.dir, "values.yaml"))
	w.Cleanup(func() { // the pods of all of them together would slow the rest down
		_, _ = w.cluster.Run(context.Background(), controlplane.Admin, "kubectl", "delete", "namespace", namespace, "--wait=false")
	})
	made := map[string]bool{}
	var secrets corev1.SecretList
	w.get(&secrets, "secrets", namespace)
	for _, s := range secrets.Items {
		for key := range s.Data {
			made[s.Name+"/"+key] = true
		}
	}
	planned := map[string]bool{}
	for _, item := range w.plan.Items {
		for _, v := range item.Values {
			if item.Secret != "" && item.Carrier != "file" && item.Carrier != "Airflow's backend" {
				planned[item.Secret+"/"+v.Key] = false
			}
		}
	}
	for _, at := range w.taken(namespace) {
		if _, known := planned[at]; known {
			planned[at] = true
		} else if !made[at] {
			w.Errorf("pods take %s, which neither the chart nor the wiring makes", at)
		}
	}
	for at, used := range planned {
		if !used && !made[at] {
			w.Errorf("no pod takes %s", at)
		}
	}
}

func (w *wiring) get(into any, kind, namespace string) {
	w.Helper()
	out, err := w.cluster.Run(w.Context(), controlplane.Admin, "kubectl", "get", kind, "-n", namespace, "-o", "json")
	if err == nil {
		err = json.Unmarshal([]byte(out), into)
	}
	if err != nil {
		w.Fatal(err)
	}
}

// taken are the "SECRET/KEY" that pods of the namespace take, as variables or files.
func (w *wiring) taken(namespace string) []string {
	w.Helper()
	var pods struct {
		Items []struct {
			Spec struct{ Template corev1.PodTemplateSpec }
		}
	}
	w.get(&pods, "deployments,statefulsets", namespace)
	var out []string
	for _, pod := range pods.Items {
		spec := pod.Spec.Template.Spec
		for _, c := range slices.Concat(spec.InitContainers, spec.Containers) {
			for _, e := range c.Env {
				if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
					out = append(out, e.ValueFrom.SecretKeyRef.Name+"/"+e.ValueFrom.SecretKeyRef.Key)
				}
			}
			for _, m := range c.VolumeMounts {
				for _, v := range spec.Volumes {
					if v.Name == m.Name && v.Secret != nil && m.SubPath != "" {
						out = append(out, v.Secret.SecretName+"/"+m.SubPath)
					}
				}
			}
		}
	}
	return out
}
