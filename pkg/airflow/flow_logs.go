package airflow

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

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
func toLogs(component Component) destination {
	return destination{string(component), func(m *Model, w *Workload) []reached {
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
	}}
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
