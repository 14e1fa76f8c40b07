package airflow_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

const corpusFlows = "testdata/flows/corpus.txt"

// ownRows are the rows whose ends are inside the release or the cluster's own;
// what lies outside has goldens of its own.
var ownRows = map[string]bool{
	"database": true, "database-at-start": true, "result-backend": true, "pgbouncer-database": true, "broker": true,
	"broker-replication": true, "database-replication": true, "execution-api": true, "internal-api": true, "worker-logs": true, "triggerer-logs": true,
	"scheduler-logs": true, "statsd": true, "otel": true, "named-in-settings": true, "dns": true, "kubernetes-api": true,
	"web-ui": true, "flower-ui": true, "metrics-entry": true, "entry": true, "metrics-scrape": true, "keda-database": true,
}

// TestCorpusFlows compares the flows of every rendered chart with the golden
// file: a folder's name, then a line for each row, far end and ports.
func TestCorpusFlows(t *testing.T) {
	folder := corpusFolder(t)
	var b strings.Builder
	names := make([]string, 0, len(corpusCounts))
	for name := range corpusCounts {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		m := airflow.New(collected(t, filepath.Join(folder, name, "manifest.yaml")))
		fmt.Fprintf(&b, "%s: Airflow %s, %s, %d pods\n%s", name, m.Version, strings.Join(m.Executors, " "), len(m.Pods()), inLines(m))
	}
	if *airflow.Update {
		if err := os.WriteFile(corpusFlows, []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(corpusFlows)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the flows differ from %s:\n%s", corpusFlows, firstDifference(b.String(), string(want)))
	}
}

// inLines are a release's flows, with those that differ only in their source on one line.
func inLines(m *airflow.Model) string {
	sources := map[string][]string{}
	for _, f := range m.Flows(airflow.Declarations{}) {
		if ownRows[f.ID] && f.To.Place != airflow.Host {
			line := fmt.Sprintf("%s\x00-> %s %v %s", f.ID, f.To.Name, f.Ports, f.Demand)
			sources[line] = append(sources[line], f.From.Name)
		}
	}
	lines := make([]string, 0, len(sources))
	for line, from := range sources {
		id, rest, _ := strings.Cut(line, "\x00")
		lines = append(lines, fmt.Sprintf("  %s: %s %s\n", id, strings.Join(from, ", "), rest))
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func firstDifference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d\n got %s\nwant %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(a), len(b))
}

// TestCorpusFlowsMeetTheirPods holds every rendered chart to what a table of
// flows must never get wrong.
func TestCorpusFlowsMeetTheirPods(t *testing.T) {
	folder := corpusFolder(t)
	for name := range corpusCounts {
		t.Run(name, func(t *testing.T) {
			m := airflow.New(collected(t, filepath.Join(folder, name, "manifest.yaml")))
			pods := m.Pods()
			reachable := map[*airflow.Workload]bool{}
			for _, f := range m.Flows(airflow.Declarations{}) {
				reachable[f.To.Workload] = true
				if f.To.Workload == nil || !ownRows[f.ID] {
					continue
				}
				declares := slices.ContainsFunc(pods, func(p airflow.Pod) bool {
					return p.Workload == f.To.Workload && slices.ContainsFunc(p.Ports, func(n airflow.NamedPort) bool { return slices.Contains(f.Ports, n.Port) })
				})
				if silent := f.ID == "triggerer-logs" && f.Demand == airflow.Optional; !declares && !silent {
					t.Errorf("%s: %s declares none of %v", f.ID, f.To.Name, f.Ports)
				}
			}
			for _, component := range []airflow.Component{airflow.Database, airflow.PgBouncer, airflow.Broker} {
				for _, w := range m.Find(component) {
					if !reachable[w] {
						t.Errorf("nobody needs %s, which the chart runs", cmp.Or(w.Ref.Name, string(component)))
					}
				}
			}
		})
	}
}

func BenchmarkFlows(b *testing.B) {
	m := airflow.New(collected(b, filepath.Join(corpusFolder(b), "official-1.22.0/19-pss-only-1.22-otel", "manifest.yaml")))
	b.ReportAllocs()
	for b.Loop() {
		m.Flows(airflow.Declarations{})
	}
}
