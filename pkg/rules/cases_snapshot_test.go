package rules_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// caseTime is when every case happens.
var caseTime = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func caseSnapshot(t *testing.T, archive *txtar.Archive) *snapshot.Snapshot {
	t.Helper()
	if given := section(archive, "given.yaml"); given != "" {
		return fromChart(t, section(archive, "chart.yaml"), section(archive, "release.yaml"), given)
	}
	if section(archive, "live.yaml") == "" {
		return parse(t, archive, "release.yaml")["release.yaml"]
	}
	parts := parse(t, archive, "live.yaml", "manifest.yaml", "hooks.yaml")
	s := parts["live.yaml"]
	s.Release.Record = snapshot.Stored
	s.ServerVersion = strings.TrimSpace(section(archive, "server"))
	for i := range s.Objects {
		s.Objects[i].Origin = snapshot.Live
	}
	if part := parts["manifest.yaml"]; part != nil {
		s.Release.Manifest = part.Objects
	}
	if part := parts["hooks.yaml"]; part != nil {
		s.Release.Hooks = part.Objects
		for i := range s.Release.Hooks {
			s.Release.Hooks[i].Origin = snapshot.Hook
		}
	}
	decode(t, section(archive, "values.yaml"), &s.Release.Values)
	decode(t, section(archive, "chart.yaml"), &s.Release.Chart)
	decode(t, section(archive, "reference.yaml"), &s.Release.Reference)
	decode(t, section(archive, "replaced.yaml"), &s.Release.Replaced)
	decode(t, section(archive, "backups.yaml"), &s.Backups)
	s.Release.Revision, _ = strconv.Atoi(strings.TrimSpace(section(archive, "revision")))
	s.Release.Status = strings.TrimSpace(section(archive, "status"))
	decode(t, section(archive, "apiservers.yaml"), &s.APIServers)
	decode(t, section(archive, "past.yaml"), &s.Release.Past)
	decode(t, section(archive, "layers.yaml"), &s.Release.Layers)
	decode(t, section(archive, "brings.yaml"), &s.Release.Airflow)
	s.Release.Unread = strings.Fields(section(archive, "unread"))
	s.Release.AsChart = strings.Fields(section(archive, "aschart"))
	s.Coverage = caseCoverage(section(archive, "coverage"))
	return s
}

// fromChart renders a chart that makes just these manifests, with values as a
// user gives them: so both go through the same masking, in one go. The chart is
// the official one where nothing else is said.
func fromChart(t *testing.T, chart, manifests, values string) *snapshot.Snapshot {
	t.Helper()
	if chart == "" {
		chart = "name: airflow\nversion: 1.22.0\nappVersion: 3.2.2\n"
	}
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "templates"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"Chart.yaml": "apiVersion: v2\n" + chart, "templates/all.yaml": `{{ .Files.Get "manifests.yaml" }}`, "manifests.yaml": manifests, "given.yaml": values,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := collect.FromChart(context.Background(), collect.Chart{
		Path: dir, ValueFiles: []string{filepath.Join(dir, "given.yaml")}, Release: "af", Namespace: "airflow", Now: caseTime,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// caseCoverage reads every kind any rule needs, except as the lines say.
func caseCoverage(text string) []snapshot.Coverage {
	var out []snapshot.Coverage
	named := map[snapshot.Kind]bool{}
	for line := range strings.Lines(text) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(words) < 2 {
			continue
		}
		c := snapshot.Coverage{Kind: snapshot.Kind(words[0]), State: snapshot.State(words[1])}
		if len(words) == 3 {
			c.Reason = words[2]
		}
		named[c.Kind] = true
		out = append(out, c)
	}
	for _, r := range rules.All() {
		for _, kind := range append(slices.Clone(r.Needs), r.Uses...) {
			if !named[kind] {
				named[kind] = true
				out = append(out, snapshot.Coverage{Kind: kind, State: snapshot.Read})
			}
		}
	}
	return out
}

// parse reads sections in one go, so that equal secrets are equal in all of
// them, and returns a snapshot for each section that is not empty. A source
// may hold no object twice, so each section's objects get a mark while they are read.
func parse(t *testing.T, archive *txtar.Archive, names ...string) map[string]*snapshot.Snapshot {
	t.Helper()
	dir := t.TempDir()
	files := collect.Files{Release: "af", Namespace: "airflow", Now: caseTime}
	for _, name := range names {
		text := section(archive, name)
		if text == "" {
			continue
		}
		if name != names[0] {
			text = marked(t, text, name)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		files.Paths = append(files.Paths, path)
	}
	s, err := collect.FromFiles(context.Background(), files)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*snapshot.Snapshot{}
	for _, path := range files.Paths {
		part := *s
		part.Objects = slices.DeleteFunc(slices.Clone(s.Objects), func(o snapshot.Object) bool { return o.File != path })
		for i := range part.Objects {
			unmark(&part.Objects[i], filepath.Base(path))
		}
		out[filepath.Base(path)] = &part
	}
	return out
}

// marked puts a mark before the name of each object of a stream.
func marked(t *testing.T, text, mark string) string {
	t.Helper()
	var out []string
	for doc := range strings.SplitSeq("\n"+text, "\n---\n") {
		content := map[string]any{}
		decode(t, doc, &content)
		meta := content["metadata"].(map[string]any)
		meta["name"] = mark + "-" + meta["name"].(string)
		encoded, err := yaml.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		if source, _, _ := strings.Cut(strings.TrimSpace(doc), "\n"); strings.HasPrefix(source, "# Source: ") {
			encoded = append([]byte(source+"\n"), encoded...)
		}
		out = append(out, string(encoded))
	}
	return strings.Join(out, "---\n")
}

func unmark(o *snapshot.Object, mark string) {
	o.Name = strings.TrimPrefix(o.Name, mark+"-")
	o.Content["metadata"].(map[string]any)["name"] = o.Name
}

func section(archive *txtar.Archive, name string) string {
	for _, f := range archive.Files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func decode(t *testing.T, text string, into any) {
	t.Helper()
	if text == "" {
		return
	}
	if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}
