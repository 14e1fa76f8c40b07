package airflow

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Dialect is the family of charts a release speaks.
type Dialect string

const (
	// Community is the User Community chart, airflow-helm/charts 8.x, and its forks.
	Community Dialect = "community"
	// Official is the Apache chart, apache/airflow 1.15 and later, and its forks.
	Official Dialect = "official"
	// Unsupported is any other chart named airflow.
	Unsupported Dialect = "unsupported"
)

// Identity is what a release is, apart from its objects.
type Identity struct {
	Release   string
	Namespace string
	Dialect   Dialect
	// Unsupported is a sentence that says why the dialect is Unsupported; else empty.
	Unsupported string
	// Chart is Chart.yaml's word where it was read, else what the objects' labels say.
	Chart snapshot.Chart
	// Own is the Airflow chart itself: Chart, or the subchart of it that Chart brings. Of that one Helm's record tells little.
	Own snapshot.Chart
	// Version is Airflow's own, as "3.2.2"; empty where nothing tells.
	Version string
	// ImageVersion is the one in the tags of the Airflow images, which may contradict Version; empty where no tag tells.
	ImageVersion string
	// Major and Minor are Version's numbers; Major is 0 where unknown.
	Major, Minor int
	// Executors are Airflow's executors in the order given, without module paths; empty where nothing tells.
	Executors []string
}

func identify(s *snapshot.Snapshot, labels labelled, list []*Workload, brought bool) Identity {
	id := Identity{Release: s.Release.Name, Namespace: s.Release.Namespace, Chart: s.Release.Chart}
	if id.Chart.Name == "" {
		id.Chart.Name, id.Chart.Version = labels.chart, labels.version
	}
	if id.Release == "" {
		id.Release = labels.release
	}
	id.Own = ownChart(s, labels, id.Chart, brought)
	if id.Namespace == "" && len(list) > 0 {
		id.Namespace = list[0].Ref.Namespace
	}
	if id.Dialect = dialectOf(s, id.Own, list); id.Dialect == Unsupported {
		id.Unsupported = whyUnsupported(s, id.Chart)
	}
	return id
}

// ownChart is the Airflow chart as far as anything tells. Its labels tell its
// version exactly, where the chart that brings it may name a range.
func ownChart(s *snapshot.Snapshot, labels labelled, installed snapshot.Chart, brought bool) snapshot.Chart {
	if !brought {
		return installed
	}
	own := snapshot.Chart{Name: labels.chart}
	if s.Release.Airflow != nil {
		own = *s.Release.Airflow
	}
	own.Version = first(labels.version, own.Version)
	return own
}

// dialectOf asks the chart first, then the objects: forks change the one or
// the other, seldom both.
func dialectOf(s *snapshot.Snapshot, own snapshot.Chart, list []*Workload) Dialect {
	if bitnami(s.Release.Chart) || bitnami(own) {
		return Unsupported
	}
	if d := dialectOfChart(own); d != "" {
		return d
	}
	votes := map[Dialect]int{}
	for i := range s.Objects {
		votes[dialectOfLabels(s.Objects[i].Labels())]++
	}
	for _, w := range list {
		votes[dialectOfLabels(w.Meta.Labels)]++
	}
	if votes[Official]+votes[Community] == 0 && foreignLabels(s) == "" {
		for _, w := range list {
			votes[dialectOfContainers(w)]++
		}
	}
	switch {
	case votes[Official]+votes[Community] == 0:
		return Unsupported
	case votes[Community] > votes[Official]:
		return Community
	}
	return Official
}

func dialectOfChart(c snapshot.Chart) Dialect {
	text := strings.Join(append(slices.Clone(c.Sources), c.Home), " ")
	switch {
	case strings.Contains(text, "airflow-helm/charts"):
		return Community
	case strings.Contains(text, "airflow.apache.org"), strings.Contains(text, "apache/airflow"):
		return Official
	case hasAll(c.ValueKeys, officialKeys):
		return Official
	case hasAll(c.ValueKeys, communityKeys):
		return Community
	}
	return ""
}

func hasAll(keys, wanted []string) bool {
	return !slices.ContainsFunc(wanted, func(key string) bool { return !slices.Contains(keys, key) })
}

func dialectOfLabels(labels map[string]string) Dialect {
	switch {
	case labels["tier"] == "airflow":
		return Official
	case strings.Contains(labels["app"], "airflow") && labels["release"] != "": // "app" is the name of the chart, which forks change
		return Community
	}
	return ""
}

// dialectOfContainers is for forks that renamed even the labels: the charts name their main containers differently.
func dialectOfContainers(w *Workload) Dialect {
	for _, c := range w.Spec.Containers {
		if _, known := mainNames[c.Name]; !known || !strings.Contains(imageRepository(c.Image), "airflow") {
			continue
		}
		if strings.HasPrefix(c.Name, "airflow-") && c.Name != "airflow-cleanup-pods" || strings.HasPrefix(c.Name, "sync-airflow-") || c.Name == "db-migrations" {
			return Community
		}
		return Official
	}
	return ""
}

// bitnami says whether a chart's own words name that maker, who also points at Airflow's site.
func bitnami(c snapshot.Chart) bool {
	return strings.Contains(strings.Join(append(slices.Clone(c.Sources), c.Home), " "), "bitnami")
}

// foreignLabels are labels that give another maker's chart away; empty where there are none.
func foreignLabels(s *snapshot.Snapshot) string {
	for i := range s.Objects {
		labels := s.Objects[i].Labels()
		if labels["app.kubernetes.io/name"] != "airflow" {
			continue
		}
		if strings.HasPrefix(labels["helm.sh/chart"], "airflow-") {
			return "labels app.kubernetes.io/name=airflow (Bitnami)"
		}
		return "labels app.kubernetes.io/name=airflow"
	}
	return ""
}

func whyUnsupported(s *snapshot.Snapshot, c snapshot.Chart) string {
	name := strings.TrimSpace("chart " + c.Name + " " + c.Version)
	if c.Name == "" {
		name = "this source"
	}
	reason := foreignLabels(s)
	switch {
	case reason != "":
	case bitnami(c):
		reason = "its sources are Bitnami's"
	default:
		reason = "no object carries either chart's labels (tier=airflow, or app=airflow with release) and no container is named as theirs"
	}
	return fmt.Sprintf("%s is neither the community nor the Apache chart: %s", name, reason)
}

func (i *Identity) setVersion(version string) {
	i.Version = version
	major, rest, _ := strings.Cut(version, ".")
	minor, _, _ := strings.Cut(rest, ".")
	i.Major, _ = strconv.Atoi(major)
	i.Minor, _ = strconv.Atoi(minor)
}
