package airflow

import (
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func identify(s *snapshot.Snapshot) Identity {
	id := Identity{Release: s.Release.Name, Namespace: s.Release.Namespace, Chart: s.Release.Chart}
	id.Dialect = dialectOf(s)
	id.setVersion(configuredVersion(s))
	return id
}

// dialectOf asks the chart first, then the objects: forks keep the labels.
func dialectOf(s *snapshot.Snapshot) Dialect {
	if d := dialectOfChart(s.Release.Chart); d != "" {
		return d
	}
	for i := range s.Objects {
		if d := dialectOfLabels(podLabels(&s.Objects[i])); d != "" {
			return d
		}
	}
	return Unsupported
}

func dialectOfChart(c snapshot.Chart) Dialect {
	text := strings.Join(append(slices.Clone(c.Sources), c.Home), " ")
	switch {
	case strings.Contains(text, "airflow-helm/charts"):
		return Community
	case strings.Contains(text, "airflow.apache.org"), strings.Contains(text, "apache/airflow"):
		return Official
	}
	return ""
}

func dialectOfLabels(labels map[string]string) Dialect {
	switch {
	case labels["tier"] == "airflow" && labels["component"] != "":
		return Official
	case labels["app"] == "airflow" && labels["component"] != "":
		return Community
	}
	return ""
}

// podLabels are the labels of an object's pods, or its own where it has none.
func podLabels(o *snapshot.Object) map[string]string {
	keys, known := podPaths[snapshot.Kind(o.Kind)]
	if !known {
		return o.Labels()
	}
	labels, _ := o.At(append(slices.Clone(keys), "metadata", "labels")...).(map[string]any)
	out := map[string]string{}
	for k, v := range labels {
		out[k], _ = v.(string)
	}
	return out
}

func (i *Identity) setVersion(version string) {
	i.Version = version
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	i.Major, _ = strconv.Atoi(major)
	i.Minor, _ = strconv.Atoi(minor)
}

// configuredVersion is the user's airflowVersion (official chart), else empty: the image then tells, and the chart's appVersion last.
func configuredVersion(s *snapshot.Snapshot) string {
	version, _ := s.Release.Values["airflowVersion"].(string)
	return version
}
