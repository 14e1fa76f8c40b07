package airflow

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// toStatsd and toOtel lead to the collectors of the release that the settings
// name; a collector elsewhere is none of the release's pods.
func toStatsd(m *Model, w *Workload) []reached {
	section := "metrics"
	if m.before("2.0") {
		section = "scheduler"
	}
	var out []reached
	for _, to := range m.serving(Statsd) {
		port := to.portOf(statsdPort)
		r := reached{workload: to, ports: []Port{port}}
		s, set := m.setIn(w, section, "statsd_host")
		if set {
			service, _ := m.serviceOf(s.Value, w.Namespace())
			if service == nil || !slices.Contains(m.behind(service), to) {
				continue
			}
			r.ref, r.path = s.Ref, s.Path
			if s, set := m.setIn(w, section, "statsd_port"); set && number(s.Value) != 0 {
				r.ports = []Port{translated(service, to, Port{Number: number(s.Value), Protocol: corev1.ProtocolUDP})}
			}
		}
		out = append(out, r)
	}
	return out
}

func toOtel(m *Model, w *Workload) []reached {
	var out []reached
	for _, at := range m.otelEndpoints(w) {
		for _, d := range m.doorsAt(w, at.hostPort) {
			out = append(out, reached{workload: d.workload, ports: []Port{d.port}, ref: at.ref, path: at.path})
		}
	}
	return out
}

type endpoint struct {
	hostPort
	ref  snapshot.Ref
	path string
}

// otelEndpoints are where traces and metrics go: the exporters' own variables
// win over Airflow's options.
// Sources: airflow/metrics/otel_logger.py, airflow/traces/otel_tracer.py; OpenTelemetry's exporter specification.
func (m *Model) otelEndpoints(w *Workload) []endpoint {
	var out []endpoint
	if c := m.config[w]; c != nil {
		for _, name := range []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"} {
			s, set := c.sure(name)
			if found := dsn.FindStringSubmatch(s.Value); set && s.Clear() && found != nil {
				out = append(out, endpoint{splitHost(found[2]), s.Ref, s.Path})
			}
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, section := range []string{"metrics", "traces"} {
		host, set := m.setIn(w, section, "otel_host")
		if !set || !m.turnedOn(w, section, "otel_on") {
			continue
		}
		at := endpoint{hostPort{host.Value, 4318}, host.Ref, host.Path}
		if port, set := m.setIn(w, section, "otel_port"); set {
			at.port = number(port.Value)
		}
		out = append(out, at)
	}
	return out
}
