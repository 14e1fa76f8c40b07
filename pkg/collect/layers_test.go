package collect

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// layersOf are a snapshot's layers in short: file, whether they count, values and lines.
func layersOf(list []snapshot.Layer) string {
	var out []string
	for _, layer := range list {
		text := filepath.Base(layer.File)
		if layer.Chart {
			text += " counts"
		}
		text += " " + plainValues(layer.Values)
		for _, at := range layer.Places {
			text += fmt.Sprintf(" %d", at.Line)
		}
		out = append(out, text)
	}
	return strings.Join(out, "\n")
}

// plainChart says nothing of passwords itself.
func plainChart(t *testing.T) string {
	files := chartFiles()
	files["values.yaml"] = "web: {replicas: 1, image: a}\nstore: {enabled: true}\n"
	return writeChart(t, files)
}

// TestReplacedValues: what a later file, a flag or a list takes the place of is still written where it was.
func TestReplacedValues(t *testing.T) {
	dir := t.TempDir()
	base := write(t, dir, "base.yaml", "password: hunter2\nweb: {image: a}\nusers:\n- name: ann\n  password: hunter5\nkeep: {token: hunter6-hunter6}\n")
	prod := write(t, dir, "prod.yaml", "password: null\nusers: []\ntoken: x9Kq2LmZ7pTr\n")
	s, err := FromChart(context.Background(), Chart{Path: plainChart(t), ValueFiles: []string{base, prod}, Set: []string{"token=other-text-9"}, Now: fixedTime})
	if err != nil {
		t.Fatal(err)
	}
	want := "base.yaml map[password:«» users:[map[password:«»]]] 1 5\nprod.yaml map[token:«»] 3"
	if got := layersOf(s.Release.Layers); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestReplacedValuesStayOnce: the same secret at another place, or again in a later file, is no hidden one.
func TestReplacedValuesStayOnce(t *testing.T) {
	dir := t.TempDir()
	base := write(t, dir, "base.yaml", "password: hunter2\n")
	prod := write(t, dir, "prod.yaml", "password: null\nother: {password: hunter2}\n")
	s, err := FromChart(context.Background(), Chart{Path: plainChart(t), ValueFiles: []string{base, prod}, Now: fixedTime})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Release.Layers) != 0 {
		t.Errorf("got %s", layersOf(s.Release.Layers))
	}
}

// TestChartsOwnValues: of a chart's own values.yaml what nobody published counts, until the user's values take its place.
func TestChartsOwnValues(t *testing.T) {
	files := chartFiles()
	files["values.yaml"] = "web: {replicas: 1, image: a}\npassword: hunter2\nauth: {password: airflow, fernetKey: ''}\nstore: {enabled: true}\n"
	dir := writeChart(t, files)
	for what, c := range map[string]struct {
		set  []string
		want string
	}{
		"counts":   {nil, "values.yaml counts map[password:«»] 2"},
		"replaced": {[]string{"password=null"}, "values.yaml map[password:«»] 2"},
		"known":    {[]string{"password=hunter2"}, ""},
	} {
		s, err := FromChart(context.Background(), Chart{Path: dir, Set: c.set, Now: fixedTime})
		if err != nil {
			t.Fatal(err)
		}
		if got := layersOf(s.Release.Layers); got != c.want {
			t.Errorf("%s: got %q, want %q", what, got, c.want)
		}
	}
}

func TestLayersOfRecords(t *testing.T) {
	m := testMasker(t)
	own := map[string]any{"password": "hunter2", "list": []any{map[string]any{"name": "DB_PASSWORD", "value": "hunter3"}}, "redis": map[string]any{"password": "airflow"}, "text": "hunter-4"}
	if got, want := layersOf(m.recordLayers(own, nil, nil)), ". counts map[list:[map[name:DB_PASSWORD value:«»]] password:«»]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	user := map[string]any{"password": "x", "list": nil}
	if got, want := layersOf(m.recordLayers(own, user, m.values(user))), ". map[list:[map[name:DB_PASSWORD value:«»]] password:«»]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
