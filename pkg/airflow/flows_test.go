package airflow

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// scene is a release in a fixture, and what its profile declares.
type scene struct {
	archive *txtar.Archive
	model   *Model
	d       Declarations
}

// scenes are the fixtures. Each holds manifests, and may hold what lies around
// the release, the user's values and the profile's declarations; a first line
// of "live" in its comment makes a cluster of it.
func scenes(t *testing.T) map[string]*scene {
	t.Helper()
	files, err := filepath.Glob("testdata/flows/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no fixtures: %v", err)
	}
	out := map[string]*scene{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out[strings.TrimSuffix(filepath.Base(file), ".txtar")] = newScene(t, archive)
	}
	return out
}

func newScene(t testing.TB, archive *txtar.Archive) *scene {
	t.Helper()
	snap := load(t, archived(archive, "manifests.yaml"))
	snap.Around = load(t, archived(archive, "around.yaml")).Objects
	read(snap, snapshot.Service, snapshot.Ingress, snapshot.Pod)
	if strings.HasPrefix(string(archive.Comment), "live") {
		snap.Release.Record = snapshot.Stored
		for _, list := range [][]snapshot.Object{snap.Objects, snap.Around} {
			for i := range list {
				list[i].Origin = snapshot.Live
			}
		}
	}
	s := &scene{archive: archive}
	for name, into := range map[string]any{"values.yaml": &snap.Release.Values, "declarations.yaml": &s.d} {
		if err := yaml.Unmarshal([]byte(archived(archive, name)), into); err != nil {
			t.Fatal(err)
		}
	}
	s.model = New(snap)
	return s
}

func archived(archive *txtar.Archive, name string) string {
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == name })
	if i < 0 {
		return ""
	}
	return string(archive.Files[i].Data)
}

// endText writes an end outside the release with all that tells where it is.
func endText(e End) string {
	if e.Place == "" {
		return e.Name
	}
	text := fmt.Sprintf("%s:%s", e.Place, e.Name)
	if e.Namespaces != nil {
		text += fmt.Sprintf(" in %v", e.Namespaces.MatchLabels)
	}
	if e.Labels != nil {
		text += fmt.Sprintf(" with %v", e.Labels.MatchLabels)
	}
	if len(e.Addresses) > 0 {
		text += fmt.Sprintf(" at %v", e.Addresses)
	}
	return text
}

// flowLines are flows as text, a line for all that differ only in their
// source; evidence says whether what shows them is written too.
func flowLines(flows []Flow, evidence bool) string {
	sources := map[string][]string{}
	for _, f := range sorted(flows) {
		line := fmt.Sprintf("%s -> %s %v %s", f.ID, endText(f.To), f.Ports, f.Demand)
		if evidence && f.Evidence.Kind != "" {
			line += fmt.Sprintf(" | %s %s", f.Evidence, f.EvidencePath)
		}
		if f.Note != "" {
			line += " | " + f.Note
		}
		sources[line] = append(sources[line], endText(f.From))
	}
	lines := make([]string, 0, len(sources))
	for line, from := range sources {
		id, rest, _ := strings.Cut(line, " ")
		lines = append(lines, fmt.Sprintf("%s: %s %s\n", id, strings.Join(from, ", "), rest))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

// podLines are pods as text, with the labels by which a policy may pick each workload's out.
func podLines(m *Model) string {
	var b strings.Builder
	for _, p := range m.Pods() {
		owner, selector := "-", ""
		if p.Workload != nil {
			owner, selector = fmt.Sprintf("%s %s", p.Workload.Component, p.Workload.Ref), fmt.Sprintf(" by %v", m.Selector(p.Workload))
		}
		kind := "future"
		if p.Live {
			kind = "live"
		}
		fmt.Fprintf(&b, "%s: %s %s/%s %v", owner, kind, p.Namespace, p.Name, p.Labels)
		for _, port := range p.Ports {
			fmt.Fprintf(&b, " %s=%s", port.Name, port.Port)
		}
		if p.HostNetwork {
			b.WriteString(" host-network")
		}
		fmt.Fprintf(&b, " %v%s\n", p.Addresses, selector)
	}
	return b.String()
}

func TestFlowsAndPods(t *testing.T) {
	for name, s := range scenes(t) {
		t.Run(name, func(t *testing.T) {
			s.wants(t, name, "pods", podLines(s.model))
			s.wants(t, name, "flows", flowLines(s.model.insideFlows(s.d), true))
		})
	}
}

// wants compares with a section of the fixture, or rewrites it.
func (s *scene) wants(t *testing.T, name, section, got string) {
	t.Helper()
	if *update {
		i := slices.IndexFunc(s.archive.Files, func(f txtar.File) bool { return f.Name == section })
		if i < 0 {
			i = len(s.archive.Files)
			s.archive.Files = append(s.archive.Files, txtar.File{Name: section})
		}
		s.archive.Files[i].Data = []byte(got)
		if err := os.WriteFile("testdata/flows/"+name+".txtar", txtar.Format(s.archive), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if want := archived(s.archive, section); got != want {
		t.Errorf("%s: got\n%swant\n%s", section, got, want)
	}
}

// TestNeeds are facts about who needs what, each with a release that has the
// connection and one that has not.
func TestNeeds(t *testing.T) {
	all := scenes(t)
	for _, tt := range []struct {
		scene, id, from, to string
		want                bool
	}{
		{"official-airflow3-celery", "execution-api", "worker", "api-server", true},
		{"official-airflow2-celery", "execution-api", "worker", "webserver", false},
		{"official-airflow3-kubernetes", "execution-api", "task-pod", "api-server", true},
		{"official-airflow3-local", "execution-api", "scheduler", "api-server", true},
		{"official-airflow3-celery", "execution-api", "scheduler", "api-server", false},
		{"official-airflow3-celery", "execution-api", "triggerer", "api-server", false},
		{"official-airflow3-celery", "execution-api", "dag-processor", "api-server", false},
		{"secrets-unread", "execution-api", "worker", "api-server", false}, // its URL is another host's
		{"community-celery", "broker", "worker", "broker", true},
		{"community-celery", "broker", "flower", "broker", true},
		{"community-celery", "broker", "webserver", "broker", false},
		{"community-celery", "broker", "triggerer", "broker", false},
		{"official-airflow3-kubernetes", "broker", "scheduler", "broker", false},
		{"official-airflow3-celery", "worker-logs", "api-server", "worker", true},
		{"official-airflow3-kubernetes", "worker-logs", "api-server", "task-pod", false},
		{"official-airflow2-local", "scheduler-logs", "webserver", "scheduler", true},
		{"official-airflow2-celery", "scheduler-logs", "webserver", "scheduler", false},
		{"airflow1", "triggerer-logs", "webserver", "triggerer", false},
		{"official-airflow2-kubernetes", "database", "task-pod", "database", true},
		{"official-airflow3-kubernetes", "database", "task-pod", "database", false},
		{"official-airflow3-kubernetes", "database-at-start", "task-pod", "database", true},
		{"official-airflow3-kubernetes", "database-at-start", "cleanup", "database", true},
		{"no-start-check", "database-at-start", "cleanup", "database", false}, // its command passes the image's entrypoint by
		{"no-start-check", "database-at-start", "flower", "database", false},
		{"official-airflow3-celery", "result-backend", "worker", "database", true},
		{"official-pgbouncer", "database", "scheduler", "pgbouncer", true},
		{"official-pgbouncer", "database", "scheduler", "database", false},
		{"official-pgbouncer", "pgbouncer-database", "pgbouncer", "database", true},
		{"stores-outside", "database", "scheduler", "database", false},
		{"sidecar-proxy", "database", "scheduler", "database", false},
		{"redis-replicas", "broker-replication", "broker rel-redis-slave", "broker rel-redis-master", true},
		{"redis-replicas", "broker-replication", "broker rel-redis-master", "broker rel-redis-slave", false},
		{"redis-sentinel", "broker-replication", "broker rel-redis-master", "broker rel-redis-slave", true},
		{"database-replica", "database-replication", "database rel-postgresql-read", "database rel-postgresql-primary", true},
		{"database-replica", "database-replication", "database rel-postgresql-primary", "database rel-postgresql-read", false},
		{"database-replica", "database", "scheduler", "database rel-postgresql-read", false},
		{"internal-api", "internal-api", "triggerer", "rpc-server", true},
		{"internal-api", "internal-api", "dag-processor", "rpc-server", false},
		{"collectors", "statsd", "scheduler", "statsd", true},
		{"collectors", "statsd", "api-server", "statsd", false},
		{"collectors", "statsd", "dag-processor", "statsd", false}, // it sends elsewhere
		{"collectors", "otel", "dag-processor", "otel-collector", true},
		{"collectors", "otel", "api-server", "otel-collector", false},
		{"official-airflow3-kubernetes", "kubernetes-api", "scheduler", "kubernetes-api", true},
		{"official-airflow3-celery", "kubernetes-api", "scheduler", "kubernetes-api", false},
		{"official-airflow3-celery", "kubernetes-api", "worker", "kubernetes-api", false},
		{"declared-functions", "kubernetes-api", "worker", "kubernetes-api", true},
		{"live", "kubernetes-api-service", "scheduler", "kubernetes-api-service", true},
		{"official-airflow3-kubernetes", "kubernetes-api-service", "scheduler", "kubernetes-api-service", false},
		{"live", "dns", "statsd", "kube-dns", true},
		{"live", "dns", "operator-pod kpo-one", "dns-default", true},
		{"live", "dns-node-local", "scheduler", "node-local-dns", true},
		{"official-airflow3-celery", "dns-node-local", "scheduler", "node-local-dns", false},
		{"community-kubernetes", "dns", "operator-pod", "kube-dns", true},
		{"community-celery", "dns", "operator-pod", "kube-dns", false},
		{"entries-ingress", "web-ui", "entry-point", "api-server", true},
		{"official-airflow3-celery", "web-ui", "entry-point", "api-server", false}, // nothing leads there
		{"entries-declared", "web-ui", "entry-point", "api-server", false},         // the profile's word replaces it
		{"entries-declared", "flower-ui", "entry-point", "flower", true},
		{"entries-ingress", "metrics-entry", "entry-point", "statsd", true},
		{"entries-ingress", "entry", "entry-point", "broker", false},
		{"entries-routes", "web-ui", "entry-point", "api-server", true},
		{"others", "entry", "entry-point", "login-proxy", true},
		{"others", "named-in-settings", "login-proxy", "api-server", true},
		{"others", "named-in-settings", "exporter", "api-server", false},
		{"official-pgbouncer", "metrics-scrape", "scraper", "pgbouncer", true},
		{"keda", "metrics-scrape", "scraper", "pgbouncer", false},
		{"keda", "keda-database", "keda-operator", "database", true},
		{"keda", "keda-database", "keda-operator", "pgbouncer", false},
		{"keda-autoscaler", "keda-database", "keda-operator", "pgbouncer", true},
		{"keda-values", "keda-database", "keda-operator", "pgbouncer", true},
		{"official-pgbouncer", "keda-database", "keda-operator", "pgbouncer", false},
	} {
		s := all[tt.scene]
		got := slices.ContainsFunc(s.model.Flows(s.d), func(f Flow) bool {
			return f.ID == tt.id && f.From.Name == tt.from && f.To.Name == tt.to
		})
		if got != tt.want {
			t.Errorf("%s: %s from %s to %s: got %v", tt.scene, tt.id, tt.from, tt.to, got)
		}
	}
}

// TestEveryFlowIsComplete holds for all fixtures what readers of flows rely on.
func TestEveryFlowIsComplete(t *testing.T) {
	rows := map[string]bool{}
	for name, s := range scenes(t) {
		pods := s.model.Pods()
		for _, f := range s.model.insideFlows(s.d) {
			rows[f.ID] = true
			where := fmt.Sprintf("%s: %s %s -> %s", name, f.ID, f.From.Name, f.To.Name)
			if f.Why == "" || f.Source == "" || f.Demand == "" || len(f.Ports) == 0 || f.From.Name == "" || f.To.Name == "" {
				t.Errorf("%s is incomplete: %+v", where, f)
			}
			for _, p := range f.Ports {
				if p.Number <= 0 || p.Protocol == "" {
					t.Errorf("%s: port %v", where, p)
				}
			}
			for _, end := range []End{f.From, f.To} {
				if end.Place == "" && !slices.ContainsFunc(pods, func(p Pod) bool { return p.Workload == end.Workload }) {
					t.Errorf("%s: %s has no pod", where, end.Name)
				}
			}
			if f.To.Workload != nil && f.To.Workload.Future {
				t.Errorf("%s leads to a pod that does not serve", where)
			}
		}
		if again := flowLines(New(s.model.Snapshot).insideFlows(s.d), true); again != flowLines(s.model.insideFlows(s.d), true) {
			t.Errorf("%s: two runs differ", name)
		}
	}
	for _, row := range flowRows {
		if !rows[row.id] {
			t.Errorf("no fixture has a flow of row %s", row.id)
		}
	}
}

// BenchmarkPods reads a thousand task pods that live at once.
func BenchmarkPods(b *testing.B) {
	archive, err := txtar.ParseFile("testdata/flows/official-airflow3-kubernetes.txtar")
	if err != nil {
		b.Fatal(err)
	}
	var text strings.Builder
	text.WriteString(archived(archive, "manifests.yaml"))
	for i := range 1000 {
		fmt.Fprintf(&text, "---\napiVersion: v1\nkind: Pod\nmetadata: {name: task-%d, labels: {kubernetes_executor: \"True\", dag_id: d%d}}\nspec: {containers: [{name: base, image: \"corp/airflow:1\"}]}\n", i, i)
	}
	snap := load(b, text.String())
	b.ReportAllocs()
	for b.Loop() {
		if n := len(New(snap).Pods()); n < 1000 {
			b.Fatal(n)
		}
	}
}
