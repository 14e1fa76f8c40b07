package airflow

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

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
	for _, monitor := range m.recorded("ServiceMonitor") {
		in.addMonitored(monitor)
	}
	for _, monitor := range m.recorded("PodMonitor") {
		for _, w := range m.connecting() {
			if !matches(monitor, w.Meta.Labels) {
				continue
			}
			for _, endpoint := range mapsIn(monitor.At("spec", "podMetricsEndpoints")) {
				if port, found := w.targeted(endpoint["port"], endpoint["targetPort"]); found {
					in.add(scrape, w, port, monitor.Ref, "/spec/podMetricsEndpoints")
				}
			}
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

// addMonitored follows a ServiceMonitor through the Services that it selects.
func (in *inbound) addMonitored(monitor *snapshot.Object) {
	for _, service := range in.model.Snapshot.OfKind(snapshot.Service) {
		if service.Namespace != monitor.Namespace || !matches(monitor, service.Labels()) {
			continue
		}
		for _, w := range in.model.behind(service) {
			for _, endpoint := range mapsIn(monitor.At("spec", "endpoints")) {
				if port, found := w.targeted(nil, endpoint["targetPort"]); found {
					in.add(scrape, w, port, monitor.Ref, "/spec/endpoints")
					continue
				}
				for _, p := range servicePorts(service) {
					if p.name == endpoint["port"] {
						in.add(scrape, w, p.on(w), monitor.Ref, "/spec/endpoints")
					}
				}
			}
		}
	}
}

// targeted is a container port by its name, or by name or number in target.
func (w *Workload) targeted(name, target any) (Port, bool) {
	for _, value := range []any{target, name} {
		if n := whole(value); n != 0 {
			return Port{Number: n, Protocol: corev1.ProtocolTCP}, true
		}
		if text, isText := value.(string); isText {
			if port, found := w.namedPort(text); found {
				return port, true
			}
		}
	}
	return Port{}, false
}

// matches asks a monitor's label selector; one that cannot be read matches nothing.
func matches(monitor *snapshot.Object, carried map[string]string) bool {
	content, _ := monitor.At("spec", "selector").(map[string]any)
	var selector metav1.LabelSelector
	if Decode(content, &selector) != nil {
		return false
	}
	compiled, err := metav1.LabelSelectorAsSelector(&selector)
	return err == nil && compiled.Matches(labels.Set(carried))
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

// keda is the autoscaler's own connection.
var keda = Flow{
	ID: "keda-database", Demand: Required, Why: "workers or triggerers are not scaled: KEDA asks the database how much there is to do",
	Source: "apache/airflow chart templates/workers/worker-kedaautoscaler.yaml and templates/pgbouncer/pgbouncer-networkpolicy.yaml",
}

// kedaFlows are the operator's queries of the release's database, where a
// ScaledObject or the values turn KEDA on. The operator runs in a namespace of its own.
func (m *Model) kedaFlows() []Flow {
	in := &inbound{model: m, from: End{
		Place: Pods, Name: "keda-operator", Namespaces: &metav1.LabelSelector{}, Labels: labelSelector(map[string]string{"app": "keda-operator"}),
	}}
	scaled := m.recorded("ScaledObject")
	for _, o := range scaled {
		name, _ := o.At("spec", "scaleTargetRef", "name").(string)
		for _, w := range m.connecting() {
			if w.Ref.Name != name || w.Ref.Namespace != o.Namespace || w.Future {
				continue
			}
			for _, trigger := range mapsIn(o.At("spec", "triggers")) {
				in.addDatabase(m.scalerStore(o, w, trigger), o.Ref, "/spec/triggers")
			}
		}
	}
	if len(scaled) > 0 {
		return in.flows
	}
	for _, path := range kedaValues {
		on, _ := m.value(path...).(bool)
		for _, w := range m.connecting() {
			if on && (w.Component == Worker || w.Component == Triggerer) {
				in.addDatabase(m.storeOf(w, metadataStore), snapshot.Ref{}, "")
			}
		}
	}
	return in.flows
}

// kedaValues turn KEDA on. Source: apache/airflow chart 1.15 to 1.22, values.yaml.
var kedaValues = [][]string{{"workers", "keda", "enabled"}, {"workers", "celery", "keda", "enabled"}, {"triggerer", "keda", "enabled"}}

func (in *inbound) addDatabase(s store, ref snapshot.Ref, path string) {
	for _, d := range s.doors {
		in.add(keda, d.workload, d.port, ref, path)
	}
}

// scalerStore is the database that a trigger asks: by the variable of the
// scaled pods that it names, else as the pods themselves have it.
func (m *Model) scalerStore(o *snapshot.Object, w *Workload, trigger map[string]any) store {
	if kind, _ := trigger["type"].(string); kind != "postgresql" && kind != "mysql" {
		return store{}
	}
	metadata, _ := trigger["metadata"].(map[string]any)
	variable, _ := metadata["connectionFromEnv"].(string)
	if variable == "" {
		variable, _ = metadata["connectionStringFromEnv"].(string)
	}
	container, _ := o.At("spec", "scaleTargetRef", "envSourceContainerName").(string)
	if main, found := w.Main(); container == "" && found {
		container = main.Name
	}
	s, set := m.Env(w, container, variable)
	if set && s.Known {
		if found, clear := m.storeAt(w, s.Value, []Component{PgBouncer, Database}); clear {
			return found
		}
	}
	return m.storeOf(w, metadataStore)
}
