package collect

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func write(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const configMapA, configMapB = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {release: rel}}\n", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b, namespace: prod, labels: {release: rel}}\n"

func TestFromFilesReadsFilesDirectoriesAndStdin(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "m/z.yaml", configMapA)
	write(t, dir, "m/deep/b.yml", configMapB)
	write(t, dir, "m/c.json", `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}`)
	write(t, dir, "m/.hidden/x.yaml", "not: read")
	write(t, dir, "m/readme.txt", "not read")
	odd := write(t, dir, "odd.tpl", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: d}\n")
	s, err := FromFiles(context.Background(), Files{
		Paths: []string{filepath.Join(dir, "m"), odd, "-"},
		Stdin: strings.NewReader("apiVersion: v1\nkind: Namespace\nmetadata: {name: prod}\n"),
		Now:   time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("x", 3600)), KubeVersion: "1.35",
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range s.Objects {
		got = append(got, o.String()+" "+o.Namespace+" "+filepath.Base(o.File))
	}
	want := []string{"configmap/a prod z.yaml", "configmap/b prod b.yml", "configmap/c prod c.json", "configmap/d prod odd.tpl", "namespace/prod  stdin"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if s.Release.Name != "rel" || s.Release.Namespace != "prod" || s.Release.Record != snapshot.FromFiles || s.ServerVersion != "v1.35.0" {
		t.Errorf("release %+v, server %s", s.Release, s.ServerVersion)
	}
	if s.TakenAt.Format(time.RFC3339Nano) != "2026-01-02T02:04:05Z" {
		t.Errorf("taken at %s", s.TakenAt)
	}
	for kind, want := range map[snapshot.Kind]snapshot.State{
		snapshot.Deployment: snapshot.Read, snapshot.NetworkPolicy: snapshot.Read, snapshot.Namespace: snapshot.Read, snapshot.ServerVersion: snapshot.Read,
		snapshot.Pod: snapshot.NotCollected, snapshot.ReplicaSet: snapshot.NotCollected, snapshot.NodeAgents: snapshot.NotCollected,
		snapshot.PolicyEngines: snapshot.NotCollected, snapshot.ReleaseRecord: snapshot.NotCollected,
	} {
		if c := s.CoverageOf(kind); c.State != want || c.State == snapshot.NotCollected && c.Reason == "" {
			t.Errorf("%s: %+v, want %s", kind, c, want)
		}
	}
}

func TestFromFilesNamesTheRelease(t *testing.T) {
	for _, c := range []struct {
		text, given, name, namespace string
	}{
		{configMapA, "", "rel", "default"},
		{configMapA + "---\n" + configMapB, "mine", "mine", "prod"},
		{configMapA + "---\n" + strings.Replace(configMapB, "release: rel", "release: other", 1), "", "", "prod"},
		{"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {app.kubernetes.io/instance: pg}}\n", "", "pg", "default"},
		{configMapA + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, labels: {app.kubernetes.io/instance: pg}}\n", "", "rel", "default"},
	} {
		s, err := FromFiles(context.Background(), Files{Paths: []string{"-"}, Stdin: strings.NewReader(c.text), Release: c.given})
		if err != nil {
			t.Fatal(err)
		}
		if s.Release.Name != c.name || s.Release.Namespace != c.namespace || s.Objects[0].Namespace == "" {
			t.Errorf("%s: %q in %q", c.text, s.Release.Name, s.Release.Namespace)
		}
		if s.CoverageOf(snapshot.Namespace).State != snapshot.NotCollected {
			t.Error("no Namespace was given, but it counts as read")
		}
	}
}

func TestFromFilesRefusesBadInput(t *testing.T) {
	dir := t.TempDir()
	empty := write(t, dir, "empty.yaml", "# nothing\n---\n")
	a, again := write(t, dir, "a.yaml", configMapA), write(t, dir, "again.yaml", "\n"+configMapA)
	none := filepath.Join(dir, "none")
	if err := os.Mkdir(none, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		files Files
		want  string
	}{
		{Files{Paths: []string{filepath.Join(dir, "missing.yaml")}}, filepath.Join(dir, "missing.yaml") + ": does not exist"},
		{Files{Paths: []string{none}}, none + ": holds no .yaml, .yml or .json file"},
		{Files{Paths: []string{empty}}, empty + ": holds no Kubernetes objects"},
		{Files{Paths: []string{"-"}}, "there is no standard input to read"},
		{Files{Paths: []string{"-"}, Stdin: strings.NewReader("")}, "-: holds no Kubernetes objects"},
		{Files{Paths: []string{"-"}, Stdin: strings.NewReader(configMapA + "kind: Secret\n")}, `stdin:4: the key "kind" stands twice in one mapping`},
		{Files{Paths: []string{a, write(t, dir, "twice.yaml", configMapB+"kind: Secret\n")}}, filepath.Join(dir, "twice.yaml") + `:4: the key "kind" stands twice in one mapping`},
		{Files{Paths: []string{"-"}, Stdin: strings.NewReader("- x")}, "stdin:1: is not a Kubernetes object but a single value or a list"},
		{Files{Paths: []string{a, again}}, again + ":2: configmap/a stands twice: it is also in " + a + ":1"},
		{Files{Paths: []string{a}, KubeVersion: "newest"}, "a Kubernetes version looks like 1.36 or 1.36.3"},
	} {
		_, err := FromFiles(context.Background(), c.files)
		if err == nil || err.Error() != c.want {
			t.Errorf("%v:\n got %v\nwant %s", c.files.Paths, err, c.want)
		}
	}
}

func TestFromFilesSaysWhenItMayNotRead(t *testing.T) {
	dir := t.TempDir()
	locked := filepath.Join(dir, "locked")
	if err := os.Mkdir(locked, 0o000); err != nil {
		t.Fatal(err)
	}
	if _, err := os.ReadDir(locked); err == nil {
		t.Skip("this user may read everything")
	}
	_, err := FromFiles(context.Background(), Files{Paths: []string{dir}})
	if want := locked + ": cannot be read: permission denied"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
