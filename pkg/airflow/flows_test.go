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
