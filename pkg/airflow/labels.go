package airflow

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// labelled is what Helm's labels on the objects say of their release.
type labelled struct{ release, chart, version string }

// chartLabel splits "airflow-8.9.0"; the official chart also writes a bare
// "airflow" on some objects, which tells no version.
var chartLabel = pattern.New(`^(.+?)-v?(\d+\.\d+\.\d+\S*)$`)

// chartLabels reads the objects of the Airflow chart itself, not of its
// subcharts, and takes what most of them say.
func chartLabels(s *snapshot.Snapshot) labelled {
	releases, charts := map[string]int{}, map[string]int{}
	for i := range s.Objects {
		labels := s.Objects[i].Labels()
		if dialectOfLabels(labels) == "" && labels["app.kubernetes.io/name"] != "airflow" {
			continue
		}
		releases[first(labels["release"], labels["app.kubernetes.io/instance"])]++
		if chart := first(labels["chart"], labels["helm.sh/chart"]); chartLabel.MatchString(chart) {
			charts[chart]++
		}
	}
	delete(releases, "")
	out := labelled{release: commonest(releases)}
	if found := chartLabel.FindStringSubmatch(commonest(charts)); found != nil {
		out.chart, out.version = found[1], found[2]
	}
	return out
}

func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// commonest is the key counted most, the smallest of several; empty where there is none.
func commonest(counts map[string]int) string {
	best, most := "", 0
	for key, n := range counts {
		if n > most || n == most && key < best {
			best, most = key, n
		}
	}
	return best
}

// valuesPrefix is "name." where the Airflow chart is a subchart of a
// company's own: Helm's "# Source:" comments then read
// platform/charts/name/templates/…, and its values sit below that name.
func valuesPrefix(s *snapshot.Snapshot, list []*Workload) string {
	sources := map[string]int{}
	count := func(source string) {
		path, _, found := strings.Cut(source, "/templates/")
		if parts := strings.Split(path, "/charts/"); found && len(parts) > 1 {
			sources[strings.Join(parts[1:], ".")+"."]++
		} else if found {
			sources[""]++
		}
	}
	for _, w := range list {
		if w.Component.RunsAirflow() && w.Object.Source != "" {
			count(w.Object.Source)
		}
	}
	if len(sources) == 0 {
		for _, o := range slices.Concat(s.Release.Manifest, s.Release.Hooks) {
			if c, known := byLabels(o.Labels()); known && c.RunsAirflow() && o.Source != "" {
				count(o.Source)
			}
		}
	}
	return commonest(sources)
}

// value is the user's value at a path of the Airflow chart; nil where the user set none.
func (m *Model) value(path ...string) any {
	if m.prefix != "" {
		path = append(strings.Split(strings.TrimSuffix(m.prefix, "."), "."), path...)
	}
	return dig(m.Snapshot.Release.Values, path)
}

func dig(node any, path []string) any {
	for _, key := range path {
		at, ok := node.(map[string]any)
		if !ok {
			return nil
		}
		node = at[key]
	}
	return node
}

// clearValue is the user's value at a path where it is text that was not masked.
func (m *Model) clearValue(path ...string) string {
	text, _ := m.value(path...).(string)
	if len(snapshot.MaskedIn(text)) > 0 {
		return ""
	}
	return text
}
