package airflow

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// scrape is the flow of whoever collects metrics.
var scrape = Flow{
	ID: "metrics-scrape", Demand: Optional, Why: "its metrics are not collected",
	Source: "both charts' prometheus.io annotations and ServiceMonitors",
}

const (
	scrapeAnnotation = "prometheus.io/scrape"
	portAnnotation   = "prometheus.io/port"
)

// metricsPorts are where each component offers metrics, for annotations that name no port.
// Sources: both charts' templates and their subcharts.
var metricsPorts = map[Component]portRule{
	Statsd: tcp(9102, "statsd-scrape"), PgBouncer: tcp(9127, "metrics"),
	Database: tcp(9187, "http-metrics", "metrics"), Broker: tcp(9121, "metrics"),
	Webserver: mainPorts[Webserver], APIServer: mainPorts[APIServer],
}

// scraperFlows are the ports that the release's annotations and monitors offer to Prometheus.
func (m *Model) scraperFlows() []Flow {
	in := &inbound{model: m, from: End{Place: Scraper, Name: string(Scraper)}}
	for _, service := range m.Snapshot.OfKind(snapshot.Service) {
		if at := service.Annotations(); at[scrapeAnnotation] == "true" {
			for _, w := range m.behind(service) {
				in.addAnnotated(w, at, service.Ref, "/metadata/annotations")
			}
		}
	}
	for _, w := range m.connecting() {
		if w.Meta.Annotations[scrapeAnnotation] == "true" {
			in.addAnnotated(w, w.Meta.Annotations, w.Ref, w.PodPath+"/metadata/annotations")
		}
	}
	for _, kind := range []snapshot.Kind{"ServiceMonitor", "PodMonitor"} {
		for _, monitor := range m.recorded(kind) {
			in.addMonitored(monitor)
		}
	}
	return in.flows
}

// addAnnotated takes the annotation's port, else the component's usual one.
func (in *inbound) addAnnotated(w *Workload, annotations map[string]string, ref snapshot.Ref, path string) {
	if n := number(annotations[portAnnotation]); n != 0 {
		in.add(scrape, w, Port{Number: n, Protocol: corev1.ProtocolTCP}, ref, path)
	} else if rule, known := metricsPorts[w.Component]; known {
		in.add(scrape, w, w.portOf(rule), ref, path)
	}
}

// addMonitored takes the component that a monitor's labels name: of such
// objects no more is read than what they are called.
func (in *inbound) addMonitored(monitor *snapshot.Object) {
	component, _ := byLabels(monitor.Labels())
	rule, known := metricsPorts[component]
	if !known {
		return
	}
	for _, w := range in.model.serving(component) {
		in.add(scrape, w, w.portOf(rule), monitor.Ref, "/metadata/labels")
	}
}

// recorded are the objects of a kind that few clusters let a release's reader
// list: those that were read, else those that Helm's record says were installed.
func (m *Model) recorded(kind snapshot.Kind) []*snapshot.Object {
	out := m.Snapshot.OfKind(kind)
	for i := range m.Snapshot.Release.Manifest {
		o := &m.Snapshot.Release.Manifest[i]
		known := slices.ContainsFunc(out, func(seen *snapshot.Object) bool { return seen.Same(o.Ref) })
		if o.Kind == string(kind) && !known {
			out = append(out, o)
		}
	}
	return out
}
