package airflow

import (
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// toStore finds a database or broker in the release. A Redis with Sentinel is
// asked for its master on one port and spoken to on another.
func toStore(kind storeKind) func(*Model, *Workload) []reached {
	return func(m *Model, w *Workload) []reached {
		s := m.storeOf(w, kind)
		var out []reached
		for _, d := range s.doors {
			ports := []Port{d.port}
			if s.scheme == "sentinel" {
				ports = append(ports, d.workload.portOf(mainPorts[Broker]))
			}
			out = append(out, reached{workload: d.workload, ports: ports, note: s.note, ref: s.ref, path: s.path})
		}
		return out
	}
}

// pgbouncerHost is a line of pgbouncer.ini's section databases.
var pgbouncerHost = regexp.MustCompile(`(?m)^[^#;\n]*\bhost=(\S+)(?:[^\n]*?\bport=(\d+))?`)

// upstreamOf is where PgBouncer finds the database: by its configuration,
// else the release's own.
func (m *Model) upstreamOf(w *Workload) store {
	for i := range w.Spec.Volumes {
		f := m.volumeFile(w, w.Spec.Volumes[i].Name, "pgbouncer.ini", false)
		if f == nil || f.unread != "" {
			continue
		}
		out := store{scheme: "postgresql", ref: f.ref, path: f.path}
		for _, line := range pgbouncerHost.FindAllStringSubmatch(f.text, -1) {
			at := hostPort{line[1], number(line[2])}
			if len(snapshot.MaskedIn(at.host)) > 0 {
				continue
			}
			if at.port == 0 {
				at.port = storePorts["postgresql"]
			}
			place := m.placeOf(w, at, []Component{Database})
			out.note = first(out.note, place.note)
			out.add(place)
		}
		if len(out.doors)+len(out.hosts) > 0 {
			return out
		}
	}
	return m.storeInRelease([]Component{Database}, "its configuration could not be read")
}

// add joins another place to a store, without doubles.
func (s *store) add(other store) {
	for _, d := range other.doors {
		if !slices.Contains(s.doors, d) {
			s.doors = append(s.doors, d)
		}
	}
	for _, h := range other.hosts {
		if !slices.Contains(s.hosts, h) {
			s.hosts = append(s.hosts, h)
		}
	}
}

func toUpstream(m *Model, w *Workload) []reached {
	s := m.upstreamOf(w)
	var out []reached
	for _, d := range s.doors {
		out = append(out, reached{workload: d.workload, ports: []Port{d.port}, note: s.note, ref: s.ref, path: s.path})
	}
	return out
}

// toMaster finds the Redis that replicas copy from. Sentinels talk to all.
func toMaster(m *Model, w *Workload) []reached {
	var out []reached
	for _, other := range m.serving(Broker) {
		if isReplica(other) || other.Namespace() != w.Namespace() {
			continue
		}
		ports := []Port{other.portOf(mainPorts[Broker])}
		if sentinel, declared := other.declared(sentinelPort); declared {
			ports = append(ports, sentinel)
		}
		out = append(out, reached{workload: other, ports: ports, ref: other.Ref, path: other.PodPath})
	}
	return out
}

// toExecutionAPI finds the api-server behind the URL that tasks get, or the
// release's own where Airflow makes the URL up itself.
func toExecutionAPI(m *Model, w *Workload) []reached {
	if c := m.config[w]; c != nil {
		s := m.resolve(c, optionNamed("core", "execution_api_server_url"))
		if found := dsn.FindStringSubmatch(s.Value); s.Known && !s.Default && found != nil {
			return m.toURL(w, s, found)
		}
	}
	return m.toMain(APIServer)
}

// toURL leads to the release's pods behind a URL; none where it is another host's.
func (m *Model) toURL(w *Workload, s Setting, url []string) []reached {
	at := splitHost(url[2])
	if at.port == 0 {
		at.port = map[string]int32{"http": 80, "https": 443}[url[1]]
	}
	service, _ := m.serviceOf(at.host, w.Namespace())
	if service == nil {
		return nil
	}
	var out []reached
	for _, d := range m.doorsOf(service, at.port) {
		out = append(out, reached{workload: d.workload, ports: []Port{d.port}, ref: s.Ref, path: s.Path})
	}
	return out
}

// toMain is a component's own first port, in all its workloads.
func (m *Model) toMain(component Component) []reached {
	var out []reached
	for _, to := range m.serving(component) {
		out = append(out, reached{workload: to, ports: []Port{to.portOf(mainPorts[component])}, ref: to.Ref, path: to.PodPath})
	}
	return out
}

// logServer is how a component serves the logs of its tasks.
type logServer struct {
	option string
	port   portRule
}

// logServers: sources: airflow/config_templates/config.yml [logging], and both charts' container ports.
var logServers = map[Component]logServer{
	Worker:    {"worker_log_server_port", workerLogPort},
	Scheduler: {"worker_log_server_port", workerLogPort},
	Triggerer: {"trigger_log_server_port", triggerLogPort},
}

// toLogs leads to the pods that serve logs: on the port that Airflow's option
// gives, else the one that the pods declare.
func toLogs(component Component) func(*Model, *Workload) []reached {
	return func(m *Model, w *Workload) []reached {
		server := logServers[component]
		var out []reached
		for _, to := range m.serving(component) {
			port, declared := to.declared(server.port)
			r := reached{workload: to, ref: to.Ref, path: to.PodPath}
			if s, set := m.setIn(w, "logging", server.option); set && number(s.Value) != 0 {
				port = Port{Number: number(s.Value), Protocol: corev1.ProtocolTCP}
				declared, r.ref, r.path = true, s.Ref, s.Path
			}
			if !declared && component == Triggerer && !m.namesPodsByAddress(to) {
				r.demand, r.note = Optional, "nothing gives the triggerer's pods a name that resolves, so that the web server hardly ever gets there"
			}
			r.ports = []Port{port}
			out = append(out, r)
		}
		return out
	}
}

// setIn is an option that something sets, in clear text, in a workload's main container.
func (m *Model) setIn(w *Workload, section, key string) (Setting, bool) {
	c := m.config[w]
	if c == nil {
		return Setting{}, false
	}
	s := m.resolve(c, optionNamed(section, key))
	return s, !s.Default && s.Clear() && s.Value != ""
}

// namesPodsByAddress says whether Airflow tells the web server addresses instead of host names.
// Source: airflow/utils/net.py, [core] hostname_callable.
func (m *Model) namesPodsByAddress(w *Workload) bool {
	s, set := m.setIn(w, "core", "hostname_callable")
	return set && !strings.HasSuffix(s.Value, "getfqdn")
}

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
		service, _ := m.serviceOf(at.host, w.Namespace())
		if service == nil {
			continue
		}
		for _, d := range m.doorsOf(service, at.port) {
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
			s, set := c.set[name]
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
