package airflow

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// storeKind is what Airflow keeps its state in.
type storeKind string

const (
	metadataStore storeKind = "database"
	resultStore   storeKind = "result backend"
	brokerStore   storeKind = "broker"
)

// store is where one workload finds its database or broker.
type store struct {
	// doors are the release's own pods that are it; empty where it is outside.
	doors []door
	// hosts are DNS names or addresses outside the release; empty where it is inside, a file, or not known.
	hosts []hostPort
	// scheme is what stands before ://, as postgresql+psycopg2; empty where not known.
	scheme string
	// note says why the place is not known or only taken for granted.
	note string
	ref  snapshot.Ref
	path string
}

type hostPort struct {
	host string
	port int32 // 0 where neither the URL nor its scheme tells
}

// storeOption is what tells a store's place: Airflow's option, and the
// community chart's own variables, which stay readable where the option is
// built from a Secret that could not be read.
// Source: airflow-helm/charts 8.9.0, templates/config/secret-config-envs.yaml.
type storeOption struct {
	name         string // what a person calls the store
	section, key string
	older        string // the section before Airflow 2.3
	host, port   string
	components   []Component // what the release runs, the nearest first
}

var storeOptions = map[storeKind]storeOption{
	metadataStore: {"the metadata database", "database", "sql_alchemy_conn", "core", "DATABASE_HOST", "DATABASE_PORT", []Component{PgBouncer, Database}},
	resultStore:   {"the result backend", "celery", "result_backend", "", "DATABASE_HOST", "DATABASE_PORT", []Component{PgBouncer, Database}},
	brokerStore:   {"the broker", "celery", "broker_url", "", "REDIS_HOST", "REDIS_PORT", []Component{Broker}},
}

// storePorts are the ports of URLs without one. Sources: the drivers' defaults
// (PostgreSQL, MySQL, SQL Server, Redis and its Sentinel, AMQP, AMQP over TLS).
var storePorts = map[string]int32{
	"postgresql": 5432, "postgres": 5432, "mysql": 3306, "mariadb": 3306, "mssql": 1433, "oracle": 1521,
	"redis": 6379, "rediss": 6379, "sentinel": 26379, "amqp": 5672, "pyamqp": 5672, "amqps": 5671, "mongodb": 27017,
}

// storeOf says where a workload's pods find one of Airflow's stores: by the
// setting that holds in the main container, else by the chart's variables,
// else by what the release runs.
func (m *Model) storeOf(w *Workload, kind storeKind) store {
	o := storeOptions[kind]
	c := m.config[w]
	if c == nil {
		return m.storeInRelease(o.components, "")
	}
	s := m.resolve(c, optionNamed(o.section, o.key))
	if o.older != "" && m.before("2.3") {
		s = m.resolve(c, optionNamed(o.older, o.key))
	}
	if kind == resultStore && s.Known && s.Value == "" { // Airflow then takes the metadata database
		return m.storeOf(w, metadataStore)
	}
	if s.Known && !s.Default && strings.Contains(s.Value, "://") {
		if found, readable := m.storeAt(w, s.Value, o.components); readable {
			found.ref, found.path = s.Ref, s.Path
			return found
		}
	}
	if host, set := c.lookup(o.host); set && host.Clear() && host.Value != "" {
		port, _ := c.lookup(o.port)
		found := m.placeOf(w, hostPort{host.Value, number(port.Value)}, o.components)
		found.ref, found.path = host.Ref, host.Path
		return found
	}
	reason := "nothing sets its address"
	if !s.Default {
		reason = first(s.Reason, "its address is masked")
	}
	found := m.storeInRelease(o.components, reason)
	if !s.Default {
		found.ref, found.path = s.Ref, s.Path
	}
	return found
}

// dsn splits a URL whose user, password and database may be masked. Several
// hosts stand between commas or, for a broker, in several URLs between semicolons.
var dsn = pattern.New(`^([a-z][a-z0-9+.]*)://(?:[^/?#]*@)?([^/?#]*)`)

// storeAt reads a URL; readable is false where its host is masked.
func (m *Model) storeAt(w *Workload, url string, run []Component) (out store, readable bool) {
	for _, one := range strings.Split(url, ";") {
		found := dsn.FindStringSubmatch(strings.TrimSpace(one))
		if found == nil || len(snapshot.MaskedIn(found[2])) > 0 {
			return store{}, false
		}
		out.scheme = strings.TrimPrefix(found[1], "db+")
		kind, _, _ := strings.Cut(out.scheme, "+")
		for _, text := range strings.Split(found[2], ",") {
			at := splitHost(text)
			if at.host == "" {
				continue // a file, or a socket
			}
			if at.port == 0 {
				at.port = storePorts[kind]
			}
			place := m.placeOf(w, at, run)
			out.doors, out.hosts = append(out.doors, place.doors...), append(out.hosts, place.hosts...)
			out.note = first(out.note, place.note)
		}
	}
	return out, true
}

// splitHost reads host:port, [address]:port or a bare one.
func splitHost(text string) hostPort {
	if rest, found := strings.CutPrefix(text, "["); found {
		host, port, _ := strings.Cut(rest, "]")
		return hostPort{host, number(strings.TrimPrefix(port, ":"))}
	}
	host, port, _ := strings.Cut(text, ":")
	return hostPort{host, number(port)}
}

// number is a port in a text; 0 where it is none.
func number(text string) int32 {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 16)
	if err != nil {
		return 0
	}
	return int32(n)
}

// placeOf says which pods of the release stand behind an address, or that none do.
func (m *Model) placeOf(w *Workload, at hostPort, run []Component) store {
	if isLoopback(at.host) {
		return store{note: samePod}
	}
	service, inCluster := m.serviceOf(at.host, w.Namespace())
	if service == nil {
		if inCluster && m.index.unread(snapshot.Service) != "" {
			if out := m.storeInRelease(run, m.index.unread(snapshot.Service)); len(out.doors) > 0 {
				return out
			}
		}
		return store{hosts: []hostPort{at}}
	}
	if name, _ := service.At("spec", "externalName").(string); name != "" {
		return store{hosts: []hostPort{{name, at.port}}}
	}
	if doors := m.doorsOf(service, at.port); len(doors) > 0 {
		return store{doors: doors}
	}
	return store{hosts: []hostPort{at}}
}

// samePod is why the place of a store at the pod's own address is not known.
const samePod = "a container of the same pod stands between"

// isLoopback says that an address is the pod's own.
func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

// storeInRelease is the first of the components that the release runs, for
// where nothing tells the address; reason says why.
func (m *Model) storeInRelease(run []Component, reason string) store {
	for _, component := range run {
		var doors []door
		for _, w := range m.serving(component) {
			if !isReplica(w) {
				doors = append(doors, door{workload: w, port: w.portOf(mainPorts[component])})
			}
		}
		if len(doors) > 0 {
			note := ""
			if reason != "" {
				note = "taken to be the release's own " + string(component) + ": " + reason
			}
			return store{doors: doors, note: note}
		}
	}
	return store{note: reason}
}
