package airflow

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// portRule says how to find a port: by the names that the charts give it, then
// by its usual number, which is also the answer where the pod declares neither.
type portRule struct {
	names []string
	usual Port
}

func tcp(number int32, names ...string) portRule {
	return portRule{names, Port{Number: number, Protocol: corev1.ProtocolTCP}}
}

// mainPorts are the ports that each component serves first. Sources: both
// charts' templates and their subcharts (community 8.9.0, official 1.15 to 1.22).
var mainPorts = map[Component]portRule{
	Webserver: tcp(8080, "airflow-ui", "web"),
	APIServer: tcp(8080, "api-server"),
	RPCServer: tcp(9080, "rpc-server"),
	Flower:    tcp(5555, "flower-ui", "flower"),
	PgBouncer: tcp(6543, "pgbouncer"),
	Database:  tcp(5432, "tcp-postgresql", "postgresql", "mysql"),
	Broker:    tcp(6379, "redis-db", "redis", "tcp-redis", "amqp"),
}

var (
	sentinelPort   = tcp(26379, "redis-sentinel", "sentinel")
	workerLogPort  = tcp(8793, "worker-logs", "wlog")
	triggerLogPort = tcp(8794, "triggerer-logs")
	statsdPort     = portRule{[]string{"statsd-ingest"}, Port{Number: 9125, Protocol: corev1.ProtocolUDP}}
)

// ports are what the containers of the pods declare; the exporters beside
// the main container come after it.
func (w *Workload) ports() []NamedPort {
	var out []NamedPort
	for _, c := range w.Containers() {
		for _, p := range c.Ports {
			out = append(out, namedPort(p))
		}
	}
	return out
}

func namedPort(p corev1.ContainerPort) NamedPort {
	protocol := p.Protocol
	if protocol == "" {
		protocol = corev1.ProtocolTCP
	}
	return NamedPort{Name: p.Name, Port: Port{Number: p.ContainerPort, Protocol: protocol}}
}

func (w *Workload) namedPort(name string) (Port, bool) {
	for _, p := range w.ports() {
		if p.Name == name {
			return p.Port, true
		}
	}
	return Port{}, false
}

// portOf finds a port in the pods. Where neither name nor number is there and
// the main container declares just one port of that protocol, it is that one.
func (w *Workload) portOf(rule portRule) Port {
	port, _ := w.declared(rule)
	return port
}

// declared says too whether the pods really declare the port.
func (w *Workload) declared(rule portRule) (Port, bool) {
	declared := w.ports()
	for _, name := range rule.names {
		if i := slices.IndexFunc(declared, func(p NamedPort) bool { return p.Name == name && p.Protocol == rule.usual.Protocol }); i >= 0 {
			return declared[i].Port, true
		}
	}
	if slices.ContainsFunc(declared, func(p NamedPort) bool { return p.Port == rule.usual }) {
		return rule.usual, true
	}
	return rule.usual, false
}
