package collect

import (
	"slices"

	"github.com/Masterminds/semver/v3"
	"helm.sh/helm/v3/pkg/chart"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// A company's own chart, an umbrella, often brings the Airflow chart as a
// subchart. What its values.yaml says is then its owner's as much as what a
// values file says.
// Source: https://helm.sh/docs/howto/charts_tips_and_tricks/#complex-charts-with-many-dependencies.

// airflowBelow is the Airflow chart among a chart's subcharts; nil where there is none.
func airflowBelow(ch *chart.Chart) *chart.Chart {
	for _, sub := range ch.Dependencies() {
		if below := airflowBelow(sub); below != nil {
			return below
		}
		if isAirflowChart(sub.Metadata) {
			return sub
		}
	}
	return nil
}

// airflowChart is the name of both charts.
const airflowChart = "airflow"

// ownersValues are what an umbrella and those below it say down to the Airflow
// chart, the outermost first; nil for any other chart.
func ownersValues(ch *chart.Chart) map[string]any {
	if airflowBelow(ch) == nil {
		return nil
	}
	out := runtime.DeepCopyJSON(ch.Values) // rendering changes them
	for _, sub := range ch.Dependencies() {
		below := ownersValues(sub)
		if below == nil {
			continue
		}
		for _, key := range valueKeys(ch, sub) {
			out = mergeValues(map[string]any{key: below}, out)
		}
	}
	return out
}

// givenByOwner are an umbrella's own values and, where it is a directory, the
// places of those in its values.yaml. It is empty for any other chart.
func (c Chart) givenByOwner(ch *chart.Chart) *userGave {
	out := &userGave{values: map[string]any{}, places: map[string]snapshot.Place{}}
	values := ownersValues(ch)
	if values == nil {
		return out
	}
	file, isDir := c.valuesFile()
	if isDir {
		if read, err := readValues(file); err == nil {
			out.places, out.replaced = read.places, read.replaced
		}
	}
	out.values = values
	out.layers = []valuesLayer{{file, values, func() map[string]snapshot.Place { return out.places }}}
	return out
}

// theirDefaults are a chart's defaults without what the owner of an umbrella says.
func theirDefaults(ch *chart.Chart) map[string]any {
	if airflowBelow(ch) == nil {
		return defaultsOf(ch)
	}
	out := map[string]any{}
	for _, sub := range ch.Dependencies() {
		for _, key := range valueKeys(ch, sub) {
			out[key] = theirDefaults(sub)
		}
	}
	return out
}

// broughtBy is what tells of the Airflow chart that an umbrella brings; nil for any other chart.
func broughtBy(ch *chart.Chart) *snapshot.Chart {
	if below := airflowBelow(ch); below != nil {
		out := chartOf(below)
		return &out
	}
	return nil
}

// broughtBy is the same for a record, which holds no subcharts: their names and
// versions alone, the exact one where Chart.lock or Chart.yaml says it.
func (r *record) broughtBy() *snapshot.Chart {
	i := slices.IndexFunc(r.Chart.Metadata.Dependencies, bringsAirflow)
	if i < 0 {
		return nil
	}
	out := &snapshot.Chart{Name: airflowChart}
	said := []*chart.Dependency{r.Chart.Metadata.Dependencies[i]}
	if lock := r.Chart.Lock; lock != nil {
		said = append(said, lock.Dependencies...)
	}
	for _, d := range said {
		if !bringsAirflow(d) {
			continue
		}
		if _, err := semver.StrictNewVersion(d.Version); err == nil {
			out.Version = d.Version
		}
	}
	return out
}
