package airflow

import (
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// toStore finds a database or broker in the release. A Redis with Sentinel is
// asked for its master on one port and spoken to on another.
func toStore(kind storeKind) destination {
	return destination{storeOptions[kind].name, func(m *Model, w *Workload) []reached {
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
	}}
}

// pgbouncerHost is a line of pgbouncer.ini's section databases. A mask token holds spaces of its own.
var pgbouncerHost = pattern.New(`(?m)^[^#;\n]*\bhost=((?:⟦secret [^⟧\n]*⟧|\S)+)(?:[^\n]*?\bport=(\d+))?`)

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

// toPrimary finds the store that replicas copy from. With Sentinel any Redis
// may become the master, and all of them watch each other.
func toPrimary(m *Model, w *Workload) []reached {
	_, watched := w.declared(sentinelPort)
	var out []reached
	for _, other := range m.serving(w.Component) {
		if other.Namespace() != w.Namespace() || !watched && (isReplica(other) || !isReplica(w)) {
			continue
		}
		ports := []Port{other.portOf(mainPorts[w.Component])}
		if watched {
			ports = append(ports, other.portOf(sentinelPort))
		}
		out = append(out, reached{workload: other, ports: ports, ref: other.Ref, path: other.PodPath})
	}
	return out
}

// toNamed leads to the pods of the release whose addresses stand in a
// container's arguments or variables: how a login proxy or an exporter that no
// chart knows is told what to talk to.
func toNamed(m *Model, w *Workload) []reached {
	var out []reached
	look := func(text string, ref snapshot.Ref, path string) {
		if !strings.Contains(text, "://") {
			return
		}
		for _, url := range anyURL.FindAllStringSubmatch(text, -1) {
			at := splitHost(url[2])
			scheme, _, _ := strings.Cut(url[1], "+")
			if at.port == 0 {
				at.port = max(webPorts[scheme], storePorts[scheme])
			}
			for _, d := range m.doorsAt(w, at) {
				if d.workload != w {
					out = append(out, reached{workload: d.workload, ports: []Port{d.port}, ref: ref, path: path})
				}
			}
		}
	}
	for _, c := range w.Containers() {
		for i, text := range c.Command {
			look(text, w.Ref, c.Path+"/command/"+strconv.Itoa(i))
		}
		for i, text := range c.Args {
			look(text, w.Ref, c.Path+"/args/"+strconv.Itoa(i))
		}
		variables, _ := m.Environment(w, c.Name)
		for _, s := range variables {
			look(s.Value, s.Ref, s.Path)
		}
	}
	return out
}

var (
	anyURL   = pattern.New(`([a-z][a-z0-9+]*)://(?:[^/?#@\s"']*@)?([A-Za-z0-9.:-]+)`)
	webPorts = map[string]int32{"http": 80, "https": 443}
)

// doorsAt are the release's pods behind an address; none where it is another's.
func (m *Model) doorsAt(w *Workload, at hostPort) []door {
	service, _ := m.serviceOf(at.host, w.Namespace())
	if service == nil || at.port == 0 {
		return nil
	}
	return m.doorsOf(service, at.port)
}

// toServer finds the server behind a URL that an option gives, or the
// release's own where Airflow makes the URL up itself.
func toServer(component Component, key string) destination {
	return destination{string(component), func(m *Model, w *Workload) []reached {
		s, set := m.setIn(w, "core", key)
		url := dsn.FindStringSubmatch(s.Value)
		if !set || url == nil {
			return m.toMain(component)
		}
		at := splitHost(url[2])
		if at.port == 0 {
			at.port = webPorts[url[1]]
		}
		var out []reached
		for _, d := range m.doorsAt(w, at) {
			out = append(out, reached{workload: d.workload, ports: []Port{d.port}, ref: s.Ref, path: s.Path})
		}
		return out
	}}
}

// toMain is a component's own first port, in all its workloads.
func (m *Model) toMain(component Component) []reached {
	var out []reached
	for _, to := range m.serving(component) {
		out = append(out, reached{workload: to, ports: []Port{to.portOf(mainPorts[component])}, ref: to.Ref, path: to.PodPath})
	}
	return out
}
