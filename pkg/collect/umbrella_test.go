package collect

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// umbrellaFiles are a company's chart that brings the Airflow chart twice over:
// through a chart of its platform team, under another name.
func umbrellaFiles() map[string]string {
	return map[string]string{
		"Chart.yaml":                                   "apiVersion: v2\nname: acme\nversion: 0.1.0\nappVersion: 1.16.0\ndependencies:\n- {name: data, version: 2.0.0}\n",
		"values.yaml":                                  "data:\n  flow:\n    web: {replicas: 2}\n    password: hunter2\n    misspelt: 1\nown: {token: hunter3-hunter3}\n",
		"templates/a.yaml":                             "apiVersion: v1\nkind: Secret\nmetadata: {name: own}\nstringData: {token: {{ .Values.own.token }}}\n",
		"charts/data/Chart.yaml":                       "apiVersion: v2\nname: data\nversion: 2.0.0\ndependencies:\n- {name: airflow, version: 1.22.0, alias: flow}\n",
		"charts/data/values.yaml":                      "flow: {web: {replicas: 1, image: b}, password: hunter4}\n",
		"charts/data/charts/airflow/Chart.yaml":        "apiVersion: v2\nname: airflow\nversion: 1.22.0\nappVersion: 3.2.2\nhome: https://airflow.apache.org/\n",
		"charts/data/charts/airflow/values.yaml":       "web: {replicas: 1, image: a}\npassword: airflow\n",
		"charts/data/charts/airflow/templates/w.yaml":  "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: w}\ndata: {n: \"{{ .Values.web.replicas }}{{ .Values.web.image }}\"}\n",
		"charts/data/charts/airflow/templates/sc.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: {{ .Values.password | quote }}}\n",
	}
}

func TestUmbrella(t *testing.T) {
	dir := writeChart(t, umbrellaFiles())
	prod := write(t, t.TempDir(), "prod.yaml", "data: {flow: {web: {replicas: 3}}}\n")
	for _, path := range []string{dir, packChart(t, umbrellaFiles())} {
		s, err := FromChart(context.Background(), Chart{Path: path, ValueFiles: []string{prod}, Now: fixedTime})
		if err != nil {
			t.Fatal(err)
		}
		r := &s.Release
		if r.Airflow == nil || r.Airflow.Name != "airflow" || r.Airflow.Version != "1.22.0" || r.Airflow.AppVersion != "3.2.2" || !slices.Equal(r.Airflow.ValueKeys, []string{"password", "web"}) || r.Chart.Name != "acme" {
			t.Errorf("%s: brings %+v", path, r.Airflow)
		}
		if got, want := plainValues(r.Values), "map[data:map[flow:map[misspelt:1 password:«» web:map[image:b replicas:3]]] own:map[token:«»]]"; got != want {
			t.Errorf("%s: values are\n%s, want\n%s", path, got, want)
		}
		if want := []string{"data.flow.misspelt"}; !slices.Equal(r.Unread, want) {
			t.Errorf("%s: unread are %q, want %q", path, r.Unread, want)
		}
		var text bytes.Buffer
		if err := WriteSnapshot(&text, s); err != nil || strings.Contains(text.String(), "hunter") {
			t.Errorf("%s: a secret survives: %v", path, err)
		}
	}
}

// plainValues are masked values with «» for what is masked.
func plainValues(values map[string]any) string { return short(fmt.Sprint(values)) }

func TestPlacesInUmbrellas(t *testing.T) {
	dir := writeChart(t, umbrellaFiles())
	prod := write(t, t.TempDir(), "prod.yaml", "\ndata: {flow: {web: {replicas: 3}}}\n")
	s, err := FromChart(context.Background(), Chart{Path: dir, ValueFiles: []string{prod}, Now: fixedTime})
	if err != nil {
		t.Fatal(err)
	}
	for pointer, want := range map[string]string{"/data/flow/web/replicas": "prod.yaml:2", "/data/flow/password": "values.yaml:4", "/data/flow/web/image": "prod.yaml:2", "/own/token": "values.yaml:6"} {
		at, _ := s.Release.PlaceOf(pointer)
		if got := fmt.Sprintf("%s:%d", filepath.Base(at.File), at.Line); got != want {
			t.Errorf("%s stands at %s, want %s", pointer, got, want)
		}
	}
}

// TestTrialOfUmbrella: an overlay lies over the umbrella's own values, too.
func TestTrialOfUmbrella(t *testing.T) {
	trial, err := Chart{Path: writeChart(t, umbrellaFiles()), Now: fixedTime}.Trial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	overlay := map[string]any{"data": map[string]any{"flow": map[string]any{"password": nil}}}
	for what, with := range map[string]func(context.Context, map[string]any) (*snapshot.Snapshot, error){"in parts": trial.With, "whole": trial.Whole} {
		s, err := with(context.Background(), overlay)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := plainValues(s.Release.Values), "map[data:map[flow:map[misspelt:1 password:<nil> web:map[image:b replicas:2]]] own:map[token:«»]]"; got != want {
			t.Errorf("%s: values are\n%s, want\n%s", what, got, want)
		}
		if len(s.Release.Layers) != len(trial.Base.Release.Layers) {
			t.Errorf("%s: an overlay that nobody has written hides nothing: %+v", what, s.Release.Layers)
		}
	}
	if !trial.Keys.Knows([]string{"data", "flow", "web", "image"}) || trial.Keys.Default([]string{"data", "flow", "web", "replicas"}) != 2.0 {
		t.Error("the keys are not those of the umbrella")
	}
}

// TestForksInUmbrellas are known by what they name as their source.
func TestForksInUmbrellas(t *testing.T) {
	files := umbrellaFiles()
	files["charts/data/charts/airflow/Chart.yaml"] = "apiVersion: v2\nname: our-flow\nversion: 1.22.1\nhome: https://airflow.apache.org/\n"
	files["charts/data/Chart.yaml"] = "apiVersion: v2\nname: data\nversion: 2.0.0\ndependencies:\n- {name: our-flow, version: 1.22.1, alias: flow}\n"
	s, err := FromChart(context.Background(), Chart{Path: writeChart(t, files), Now: fixedTime})
	if err != nil {
		t.Fatal(err)
	}
	if r := s.Release; r.Airflow == nil || r.Airflow.Version != "1.22.1" || r.Values["own"] == nil {
		t.Errorf("brings %+v, values %s", r.Airflow, plainValues(r.Values))
	}
}

// TestCopiesInUmbrellas: what an umbrella only repeats is no choice of its owner.
func TestCopiesInUmbrellas(t *testing.T) {
	files := umbrellaFiles()
	files["values.yaml"] = "data: {flow: {web: {replicas: 1, image: c}}}\n"
	s, err := FromChart(context.Background(), Chart{Path: writeChart(t, files), Set: []string{"own.token=x"}, Now: fixedTime})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"data.flow.web.replicas"}; !slices.Equal(s.Release.AsChart, want) {
		t.Errorf("the chart says itself %q, want %q", s.Release.AsChart, want)
	}
}

func TestBroughtByRecord(t *testing.T) {
	depends := func(name, version string) *chart.Dependency {
		return &chart.Dependency{Name: name, Version: version}
	}
	for what, c := range map[string]struct {
		said, locked []*chart.Dependency
		want         *snapshot.Chart
	}{
		"no umbrella":  {said: []*chart.Dependency{depends("postgresql", "13.2.24")}},
		"exact":        {said: []*chart.Dependency{nil, depends("airflow", "1.22.0")}, want: &snapshot.Chart{Name: "airflow", Version: "1.22.0"}},
		"a range":      {said: []*chart.Dependency{depends("airflow", "~1.22")}, want: &snapshot.Chart{Name: "airflow"}},
		"locked":       {said: []*chart.Dependency{depends("airflow", ">=1.0.0")}, locked: []*chart.Dependency{depends("other", "9.9.9"), depends("airflow", "1.22.0")}, want: &snapshot.Chart{Name: "airflow", Version: "1.22.0"}},
		"an alias":     {said: []*chart.Dependency{{Name: "flow", Alias: "flow", Version: "8.9.0", Repository: "https://airflow-helm.github.io/charts"}}, want: &snapshot.Chart{Name: "airflow", Version: "8.9.0"}},
		"lock is kept": {said: []*chart.Dependency{depends("airflow", "1.0.0")}, locked: []*chart.Dependency{depends("airflow", "1.22.0")}, want: &snapshot.Chart{Name: "airflow", Version: "1.22.0"}},
	} {
		r := &record{}
		r.Chart.Metadata = &chart.Metadata{Name: "acme", Dependencies: c.said}
		if c.locked != nil {
			r.Chart.Lock = &chart.Lock{Dependencies: c.locked}
		}
		if got := r.broughtBy(); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", what, got, c.want)
		}
	}
}

// TestUmbrellaRefusesValues: Helm says of which chart, and where in its own values.
func TestUmbrellaRefusesValues(t *testing.T) {
	files := umbrellaFiles()
	files["charts/data/charts/airflow/values.schema.json"] = `{"type":"object","properties":{"web":{"type":"object","properties":{"replicas":{"type":"integer"}}}}}`
	dir := writeChart(t, files)
	prod := write(t, t.TempDir(), "prod.yaml", "\ndata: {flow: {web: {replicas: many}}}\n")
	for _, c := range []struct {
		chart Chart
		want  string
	}{
		{Chart{Path: dir, ValueFiles: []string{prod}}, "/data/flow/web/replicas (" + prod + ":2): got string, want integer"},
		{Chart{Path: dir, Set: []string{"data.flow.web.replicas=many"}}, "/data/flow/web/replicas: got string, want integer"},
		{Chart{Path: dir, Set: []string{"data.flow=many"}}, "chart flow: want object"},
	} {
		_, err := FromChart(context.Background(), c.chart)
		if want := dir + ": refuses the values: " + c.want; err == nil || err.Error() != want {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	files["values.yaml"] = "data: {flow: {web: {replicas: hunter2}}}\n"
	dir = writeChart(t, files)
	_, err := FromChart(context.Background(), Chart{Path: dir})
	if want := dir + ": refuses the values: /data/flow/web/replicas (" + filepath.Join(dir, "values.yaml") + ":1): got string, want integer"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
