package airflow

import (
	"os"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// fixture is a release of testdata.
func fixture(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDialects(t *testing.T) {
	const renamed = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: etl-web, labels: {part: web}}
spec: {template: {metadata: {labels: {part: web}}, spec: {containers: [{name: NAME, image: "corp.example:5000/data/airflow:2.9.3"}]}}}
`
	const bitnami = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: af-web, labels: {app.kubernetes.io/name: airflow, helm.sh/chart: airflow-21.0.1, app.kubernetes.io/component: web}}
spec: {template: {metadata: {labels: {app.kubernetes.io/name: airflow}}, spec: {containers: [{name: airflow-web, image: "bitnami/airflow:2.9.3"}]}}}
`
	tests := []struct {
		name, manifests string
		chart           snapshot.Chart
		want            Dialect
		why             string
	}{
		{"official labels", fixture(t, "official"), snapshot.Chart{}, Official, ""},
		{"community labels", fixture(t, "community"), snapshot.Chart{}, Community, ""},
		{"official sources", renamed, snapshot.Chart{Name: "airflow", Sources: []string{"https://github.com/apache/airflow"}}, Official, ""},
		{"community home", renamed, snapshot.Chart{Name: "airflow", Home: "https://github.com/airflow-helm/charts/tree/main/charts/airflow"}, Community, ""},
		{"official fork by values", renamed, snapshot.Chart{Name: "etl", ValueKeys: []string{"data", "defaultAirflowRepository", "executor", "images"}}, Official, ""},
		{"community fork by values", renamed, snapshot.Chart{Name: "etl", ValueKeys: []string{"airflow", "externalDatabase", "web"}}, Community, ""},
		{"community fork by containers", strings.Replace(renamed, "NAME", "airflow-web", 1), snapshot.Chart{}, Community, ""},
		{"official fork by containers", strings.Replace(renamed, "NAME", "webserver", 1), snapshot.Chart{}, Official, ""},
		{"community fork with its own chart name", strings.ReplaceAll(fixture(t, "community"), "app: airflow,", "app: corp-airflow,"), snapshot.Chart{}, Community, ""},
		{"common labels on the official chart", strings.ReplaceAll(fixture(t, "official"), "app.kubernetes.io/name: postgresql", "app.kubernetes.io/name: airflow"), snapshot.Chart{}, Official, ""},
		{"bitnami labels", bitnami, snapshot.Chart{}, Unsupported, "chart airflow 21.0.1 is neither the community nor the Apache chart: labels app.kubernetes.io/name=airflow (Bitnami)"},
		{"bitnami sources", renamed, snapshot.Chart{Name: "airflow", Version: "14.0.0", Sources: []string{"https://github.com/bitnami/charts", "https://airflow.apache.org/"}}, Unsupported, "chart airflow 14.0.0 is neither the community nor the Apache chart: its sources are Bitnami's"},
		{"nothing known", renamed, snapshot.Chart{}, Unsupported, "this source is neither the community nor the Apache chart: no object carries either chart's labels (tier=airflow, or app=airflow with release) and no container is named as theirs"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := load(t, tt.manifests)
			s.Release.Chart = tt.chart
			m := New(s)
			if m.Dialect != tt.want || m.Unsupported != tt.why {
				t.Errorf("got %s (%s), want %s (%s)", m.Dialect, m.Unsupported, tt.want, tt.why)
			}
		})
	}
}

func TestIdentityFromLabels(t *testing.T) {
	for fixtureName, chart := range map[string]snapshot.Chart{
		"official":  {Name: "airflow", Version: "1.22.0"}, // the Secret's bare "airflow" label tells nothing
		"community": {Name: "airflow", Version: "8.9.0"},  // not redis-10.5.7
	} {
		s := load(t, fixture(t, fixtureName))
		s.Release.Name, s.Release.Namespace = "", ""
		m := New(s)
		if m.Release != "rel" || m.Namespace != "airflow" || m.Chart.Name != chart.Name || m.Chart.Version != chart.Version {
			t.Errorf("%s: release %q in %q of chart %+v, want rel in airflow of %+v", fixtureName, m.Release, m.Namespace, m.Chart, chart)
		}
	}
}

func TestSubchartsDoNotNameTheChart(t *testing.T) {
	object := func(name, labels string) string {
		return "---\napiVersion: v1\nkind: Service\nmetadata: {name: " + name + ", labels: {" + labels + "}}\n"
	}
	s := load(t, object("a", "app: airflow, release: rel, chart: airflow-8.9.0")+object("b", "app: redis, release: sub, chart: redis-10.5.7")+object("c", "app: redis, release: sub, chart: redis-10.5.7"))
	s.Release.Name = ""
	if m := New(s); m.Chart.Name != "airflow" || m.Chart.Version != "8.9.0" || m.Release != "rel" {
		t.Errorf("got %s %s of release %s", m.Chart.Name, m.Chart.Version, m.Release)
	}
}

func TestVersionSources(t *testing.T) {
	tests := []struct {
		name   string
		values map[string]any
		image  string
		app    string
		want   string
		major  int
		minor  int
		tagged string
	}{
		{"value first", map[string]any{"airflowVersion": "3.1.2-python3.12"}, "corp/airflow:2.9.3", "3.2.2", "3.1.2", 3, 1, "2.9.3"},
		{"image next", nil, "corp:5000/airflow:2.9.3-python3.12@sha256:00", "3.2.2", "2.9.3", 2, 9, "2.9.3"},
		{"masked value", map[string]any{"airflowVersion": "⟦secret 1 size:1⟧"}, "corp/airflow:2.9.3", "3.2.2", "2.9.3", 2, 9, "2.9.3"},
		{"chart last", nil, "corp/airflow@sha256:00", "3.1.2-python3.12", "3.1.2", 3, 1, ""},
		{"a company's own tag", nil, "corp/airflow:2024.06.1", "", "", 0, 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := load(t, strings.ReplaceAll(fixture(t, "official"), "apache/airflow:3.2.2", tt.image))
			s.Release.Values, s.Release.Chart.AppVersion = tt.values, tt.app
			m := New(s)
			if m.Version != tt.want || m.Major != tt.major || m.Minor != tt.minor || m.ImageVersion != tt.tagged {
				t.Errorf("got %q (%d.%d, images %q), want %q (%d.%d, images %q)", m.Version, m.Major, m.Minor, m.ImageVersion, tt.want, tt.major, tt.minor, tt.tagged)
			}
		})
	}
}

func TestValuesBelowAParentChart(t *testing.T) {
	text := strings.ReplaceAll(fixture(t, "official"), "# Source: airflow/templates/", "# Source: platform/charts/airflow/templates/")
	s := load(t, text)
	s.Release.Chart = snapshot.Chart{Name: "platform", Version: "0.1.0", ValueKeys: []string{"airflow"}}
	s.Release.Values = map[string]any{"airflow": map[string]any{"airflowVersion": "3.1.0"}}
	m := New(s)
	if m.Version != "3.1.0" {
		t.Errorf("airflowVersion below the parent chart's key is not read: got %q", m.Version)
	}
	if got := m.ComponentKey(Scheduler, Resources); got != "airflow.scheduler.resources" {
		t.Errorf("got key %q", got)
	}
}

// TestOwnChart: what a parent chart says of itself says nothing of Airflow's.
func TestOwnChart(t *testing.T) {
	text := strings.ReplaceAll(fixture(t, "official"), "apache/airflow:3.2.2", "corp/airflow@sha256:00")
	umbrella := strings.ReplaceAll(text, "# Source: airflow/templates/", "# Source: platform/charts/airflow/templates/")
	parent := snapshot.Chart{Name: "platform", Version: "0.1.0", AppVersion: "1.16.0", ValueKeys: []string{"airflow"}}
	for _, tt := range []struct {
		name, text     string
		brings         *snapshot.Chart
		chart, version string
		isThere        string
		dialect        Dialect
	}{
		{"labels alone", umbrella, nil, "1.22.0", "", "airflow.fernetKey", Official},
		{"the chart at hand", umbrella, &snapshot.Chart{Name: "airflow", Version: "1.22.0", AppVersion: "3.2.2", ValueKeys: []string{"data"}}, "1.22.0", "3.2.2", "", Official},
		{"a range", umbrella, &snapshot.Chart{Name: "airflow"}, "1.22.0", "", "airflow.fernetKey", Official},
		{"Bitnami's", umbrella, &snapshot.Chart{Name: "airflow", Home: "https://bitnami.com"}, "1.22.0", "", "", Unsupported},
		{"no labels", strings.ReplaceAll(umbrella, "chart: ", "other: "), &snapshot.Chart{Name: "airflow", Version: "1.21.0"}, "1.21.0", "", "airflow.fernetKey", Official},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := load(t, tt.text)
			s.Release.Chart, s.Release.Airflow = parent, tt.brings
			m := New(s)
			if m.Chart.Version != "0.1.0" || m.Own.Version != tt.chart || m.chartVersion != tt.chart {
				t.Errorf("chart %s, its own %s and %s, want 0.1.0 and %s", m.Chart.Version, m.Own.Version, m.chartVersion, tt.chart)
			}
			if m.Version != tt.version || m.Dialect != tt.dialect {
				t.Errorf("Airflow %q, %s, want %q, %s", m.Version, m.Dialect, tt.version, tt.dialect)
			}
			if got := m.Reachable("fernetKey"); got != tt.isThere {
				t.Errorf("fernetKey is %q, want %q", got, tt.isThere)
			}
		})
	}
}

func TestUserValueInTheChart(t *testing.T) {
	s := load(t, fixture(t, "official"))
	s.Release.Values = map[string]any{"jwtSecret": nil, "data": map[string]any{"brokerUrl": "x"}}
	s.Release.Layers = []snapshot.Layer{
		{File: "base.yaml", Values: map[string]any{"fernetKey": "hidden"}},
		{Chart: true, Values: map[string]any{"fernetKey": "written", "jwtSecret": "taken away", "data": map[string]any{"metadataConnection": map[string]any{"pass": "p"}, "brokerUrl": "y"}, "env": []any{nil}}},
	}
	m := New(s)
	for path, want := range map[string]any{"fernetKey": "written", "jwtSecret": nil, "data.metadataConnection.pass": "p", "data.brokerUrl": "x", "env": nil, "gone.below": nil} {
		if got := m.UserValue(strings.Split(path, ".")); got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
}
