package cli

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// written is what generate values -o json prints, as far as these tests look at it.
type written struct {
	Values map[string]any
	Keys   []struct {
		Key, Why     string
		Path, Closes []string
		Value        any
	}
	Left  []leftLine
	Proof struct {
		Holds       bool
		PodSecurity struct{ RefusedBefore, RefusedAfter int }
		Minimal     struct{ Assumed []string }
	}
}

type leftLine struct{ Rule, Reason, Container string }

// overlayOf runs generate values for a fixture chart with more values.
func overlayOf(t *testing.T, chart, values string, args ...string) written {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	s, out, errOut := streams()
	line := append([]string{"kubectl-airflowsec", "generate", "values", "af", "-n", "team", "-o", "json", "--chart", chart, "--values", valuesFile(t, values)}, args...)
	if code := Main(context.Background(), line, s); code != exitClean {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	var w written
	if err := json.Unmarshal(out.Bytes(), &w); err != nil {
		t.Fatal(err)
	}
	return w
}

func valuesFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const fixtures = "../../testdata/charts/"

// Those with a star have each key left out by the test itself, and not by the program alone.
var overlayFixtures = []struct{ name, chart, values string }{
	{"official*", "official", ""},
	{"official with the Kubernetes executor", "official", "executor: KubernetesExecutor"},
	{"official with several executors", "official", "executor: CeleryExecutor,KubernetesExecutor"},
	{"official for Airflow 2", "official", "airflowVersion: 2.11.0\nimages: {airflow: {tag: 2.11.0}}"},
	{"official with rights for the cluster*", "official", "multiNamespaceMode: true\nrbac: {createSCCRoleBinding: true}"},
	{"official with keys of the user's own*", "official", "scheduler: {securityContexts: {pod: {runAsUser: 50001, fsGroup: 0}, container: {runAsUser: 0}}}\nworkers: {securityContext: {runAsUser: 50002}}"},
	{"official with old keys", "official", "securityContext: {runAsUser: 50003, fsGroup: 0}"},
	{"official with what restricted refuses", "official", "triggerer: {securityContexts: {container: {capabilities: {add: [NET_ADMIN], drop: [ALL]}, allowPrivilegeEscalation: false}}}"},
	{"community", "community", ""},
	{"community with git-sync", "community", "dags: {gitSync: {enabled: true, repo: \"https://git.example.com/dags.git\"}}"},
	{"community with both executors*", "community", "airflow: {executor: CeleryKubernetesExecutor, dbMigrations: {runAsJob: true}}"},
	{"community with keys of the user's own", "community", "web: {securityContext: {fsGroup: 0, runAsUser: 50000}}\nrbac: {secrets: true}"},
	{"official with weak settings*", "official", weakOfficial},
	{"community with weak settings*", "community", weakCommunity},
	{"community as root", "community", "airflow: {image: {uid: 0}}"},
}

const (
	weakOfficial = `config:
  api: {expose_config: "True", expose_stacktrace: "True", access_control_allow_origins: "*"}
  core: {test_connection: Enabled}
  fab: {auth_rate_limit: 100 per second}
`
	weakCommunity = `airflow:
  config: {AIRFLOW__WEBSERVER__EXPOSE_CONFIG: "True", AIRFLOW__CORE__TEST_CONNECTION: Enabled, AIRFLOW__LOGGING__LOGGING_LEVEL: DEBUG}
  extraEnv: [{name: AIRFLOW__WEBSERVER__EXPOSE_STACKTRACE, value: "True"}]
`
)

// TestSettingsAreWritten: what is safe for every Airflow stands in the overlay
// as a text, under this version's names; what somebody decides is left with the reason.
func TestSettingsAreWritten(t *testing.T) {
	for _, it := range []struct {
		chart, values string
		want          map[string]string
		left          []string
	}{
		{"official", weakOfficial, map[string]string{
			"config.api.expose_config": "False", "config.api.expose_stacktrace": "False", "config.core.test_connection": "Disabled",
			"config.fab.auth_rate_limit": "5 per 40 second", "config.fab.session_lifetime_minutes": "1440",
		}, []string{"AS506 .*once users come over https alone", "AS510 .*the sites of your own"}},
		{"community", weakCommunity, map[string]string{
			"airflow.config.AIRFLOW__WEBSERVER__EXPOSE_CONFIG": "False", "airflow.config.AIRFLOW__CORE__TEST_CONNECTION": "Disabled",
			"airflow.config.AIRFLOW__LOGGING__LOGGING_LEVEL": "INFO", "airflow.config.AIRFLOW__WEBSERVER__X_FRAME_ENABLED": "False",
			"airflow.config.AIRFLOW__WEBSERVER__SESSION_LIFETIME_MINUTES": "1440",
		}, []string{"AS506 .*once users come over https alone", "AS509 .*set it to False"}},
	} {
		w := overlayOf(t, fixtures+it.chart, it.values)
		got := map[string]string{}
		for _, k := range w.Keys {
			if text, isText := k.Value.(string); isText && slices.Contains(k.Path, "config") {
				got[k.Key] = text
			}
		}
		if !maps.Equal(got, it.want) {
			t.Errorf("%s: %v", it.chart, got)
		}
		for _, want := range it.left {
			form := regexp.MustCompile("^" + want)
			if !slices.ContainsFunc(w.Left, func(l leftLine) bool { return form.MatchString(l.Rule + " " + l.Reason) }) {
				t.Errorf("%s: %s is not left: %v", it.chart, want, w.Left)
			}
		}
	}
}

// TestOverlaysAreMinimal renders the fixture charts with what is written for
// them: claimed findings are closed, every key reaches an object, and without
// any of them a finding comes back or something that was there is lost.
func TestOverlaysAreMinimal(t *testing.T) {
	for _, it := range overlayFixtures {
		t.Run(it.name, func(t *testing.T) {
			w := overlayOf(t, fixtures+it.chart, it.values)
			if !w.Proof.Holds || len(w.Proof.Minimal.Assumed) > 0 {
				t.Errorf("proof %+v", w.Proof)
			}
			wanted := map[string]int{"official": 0, "community": 2}[it.chart]
			if w.Proof.PodSecurity.RefusedAfter != wanted {
				t.Errorf("Pod Security refuses %d workloads, not %d", w.Proof.PodSecurity.RefusedAfter, wanted)
			}
			b := bench{t: t, chart: fixtures + it.chart, values: it.values}
			base, with := b.with(nil), b.with(w.Values)
			for _, k := range w.Keys {
				if open := with.open(k.Closes); len(open) > 0 {
					t.Errorf("%s leaves open %v", k.Key, open)
				}
				if !strings.HasSuffix(it.name, "*") {
					continue
				}
				for _, path := range leafPaths(k.Path, k.Value) {
					b.needed(w.Values, path, k.Closes, base, with)
				}
			}
		})
	}
}

// bench renders one chart and judges it.
type bench struct {
	t             *testing.T
	chart, values string
}

type judgedRelease struct {
	found   map[string]bool
	objects string
	pods    string
}

func (b bench) with(overlay map[string]any) judgedRelease {
	b.t.Helper()
	s, err := collect.FromChart(context.Background(), collect.Chart{Path: b.chart, ValueFiles: []string{valuesFile(b.t, b.values)}, Overlay: overlay, Release: "af", Namespace: "team"})
	if err != nil {
		b.t.Fatal(err)
	}
	with, err := loadProfile("restricted")
	if err != nil {
		b.t.Fatal(err)
	}
	model := airflow.New(s)
	report, err := check.Run(model, rules.All(), with)
	if err != nil {
		b.t.Fatal(err)
	}
	out := judgedRelease{found: map[string]bool{}}
	for _, r := range report.Results {
		for _, f := range r.Findings {
			out.found[f.Fingerprint] = true
		}
	}
	var objects strings.Builder
	for _, o := range s.Objects {
		text, _ := json.Marshal(o.Content)
		objects.WriteString(snapshot.Renumber(string(text), func(string) string { return "" }) + "\n") // masked values are made anew at each rendering
	}
	out.objects = objects.String()
	for _, w := range model.Workloads {
		text, _ := yaml.Marshal(w.Spec.SecurityContext)
		out.pods += w.Ref.Name + "\n" + string(text)
	}
	return out
}

func (r judgedRelease) open(fingerprints []string) []string {
	return slices.DeleteFunc(slices.Clone(fingerprints), func(f string) bool { return !r.found[f] })
}

// needed leaves one key out.
func (b bench) needed(values map[string]any, path, closes []string, base, with judgedRelease) {
	b.t.Helper()
	name := strings.Join(path, ".")
	without := b.with(withoutKey(values, path))
	if without.objects == with.objects {
		b.t.Errorf("%s reaches no object", name)
	}
	field := path[len(path)-1]
	kept := strings.Contains(base.pods, field+": ") && without.pods != with.pods
	back := slices.ContainsFunc(slices.Collect(maps.Keys(without.found)), func(f string) bool { return !with.found[f] })
	if len(closes) > 0 && !back && !kept {
		b.t.Errorf("without %s no finding comes back", name)
	}
}

// leafPaths are the keys below a path, one level deep: a context's fields.
func leafPaths(path []string, value any) [][]string {
	fields, isMap := value.(map[string]any)
	if !isMap || slices.Contains(path, "podSelector") {
		return [][]string{path}
	}
	var out [][]string
	for _, key := range slices.Sorted(maps.Keys(fields)) {
		out = append(out, append(slices.Clone(path), key))
	}
	return out
}

func withoutKey(values map[string]any, path []string) map[string]any {
	out := maps.Clone(values)
	if len(path) == 1 {
		delete(out, path[0])
		return out
	}
	below, _ := out[path[0]].(map[string]any)
	if out[path[0]] = withoutKey(below, path[1:]); len(out[path[0]].(map[string]any)) == 0 {
		delete(out, path[0])
	}
	return out
}
