package airflow

import (
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// inboundFlows are the flows into the release from what stands beside it:
// users' way in, the collectors of metrics, and the autoscaler.
func (m *Model) inboundFlows(d Declarations) []Flow {
	return slices.Concat(m.entryFlows(d), m.scraperFlows(), m.kedaFlows())
}

// inbound gathers flows from one place, one for each workload and row.
type inbound struct {
	model *Model
	from  End
	flows []Flow
}

// add tells of a port that something shows to be used from outside; a flow's
// evidence is the first that was told.
func (in *inbound) add(row Flow, to *Workload, port Port, ref snapshot.Ref, path string) {
	for i := range in.flows {
		if f := &in.flows[i]; f.ID == row.ID && f.To.Workload == to {
			if !slices.Contains(f.Ports, port) {
				f.Ports = append(f.Ports, port)
			}
			return
		}
	}
	row.From, row.To, row.Ports = in.from, in.model.endOf(to), []Port{port}
	row.Evidence, row.EvidencePath = ref, path
	in.flows = append(in.flows, row)
}

// entryRows are the components that people or programs outside the release are
// let in to. Where a chart lets metrics out through an Ingress, that is
// optional; a way in to a database or a broker is never needed.
// Source: both charts' ingress and service templates.
var entryRows = map[Component]Flow{
	Webserver: {ID: "web-ui", Demand: Required, Why: "nobody can use Airflow's web UI and API", Source: "both charts' webserver Ingress and Service"},
	APIServer: {ID: "web-ui", Demand: Required, Why: "nobody can use Airflow's web UI and API", Source: "apache/airflow chart templates/api-server"},
	Flower:    {ID: "flower-ui", Demand: Required, Why: "nobody can use Flower", Source: "both charts' flower Ingress and Service"},
	Other:     {ID: "entry", Demand: Required, Why: "nobody can use what is offered there", Source: "the release's own Ingress, route or Service"},
	Statsd:    {ID: "metrics-entry", Demand: Optional, Why: "metrics cannot be read from outside", Source: "apache/airflow chart templates/statsd/statsd-ingress.yaml"},
	PgBouncer: {ID: "metrics-entry", Demand: Optional, Why: "metrics cannot be read from outside", Source: "apache/airflow chart templates/pgbouncer/pgbouncer-ingress.yaml"},
}

// entryFlows are the ways in that Ingresses, routes and Services of the
// release show. Where the profile says who comes in, it alone counts.
func (m *Model) entryFlows(d Declarations) []Flow {
	in := &inbound{model: m, from: End{Place: EntryPoint, Name: string(EntryPoint)}}
	declared := m.declaredEntries(d)
	for _, way := range m.waysIn() {
		for _, w := range m.behind(way.service) {
			row, known := entryRows[w.Component]
			if !known || w.Future || slices.Contains(declared, w.Component) || way.exposed && row.Demand == Optional {
				continue
			}
			for _, p := range servicePorts(way.service) {
				if way.leadsTo(p) {
					in.add(row, w, p.on(w), way.ref, way.path)
				}
			}
		}
	}
	return in.flows
}

// declaredEntries are the components whose callers the profile names.
func (m *Model) declaredEntries(d Declarations) []Component {
	var out []Component
	for _, p := range d.IngressFrom {
		if end, err := p.Ingress(m.Namespace); err == nil {
			out = append(out, end.Components...)
		}
	}
	return out
}

// wayIn is one object that leads traffic from outside to a Service.
type wayIn struct {
	service *snapshot.Object
	port    any  // the Service's port by number or name; nil for all
	exposed bool // by the Service itself, with all its ports
	ref     snapshot.Ref
	path    string
}

func (way wayIn) leadsTo(p servicePort) bool {
	if name, isText := way.port.(string); isText && number(name) == 0 {
		return name == p.name || name == p.target
	}
	want := whole(way.port)
	return want == 0 || want == p.number || want == whole(p.target)
}

// waysIn are all objects that lead to Services of the release.
func (m *Model) waysIn() []wayIn {
	var out []wayIn
	add := func(o *snapshot.Object, namespace string, name, port any, path string) {
		text, _ := name.(string)
		if service := m.index.find(snapshot.Service, first(namespace, o.Namespace), text); service != nil {
			out = append(out, wayIn{service: service, port: port, ref: o.Ref, path: path})
		}
	}
	for _, o := range m.Snapshot.OfKind(snapshot.Ingress) {
		for _, backend := range ingressBackends(o) {
			add(o, "", backend.name, backend.port, "/spec")
		}
	}
	for _, o := range m.Snapshot.OfKind(snapshot.HTTPRoute) {
		for _, rule := range mapsIn(o.At("spec", "rules")) {
			for _, backend := range mapsIn(rule["backendRefs"]) {
				namespace, _ := backend["namespace"].(string)
				add(o, namespace, backend["name"], backend["port"], "/spec/rules")
			}
		}
	}
	for _, o := range m.Snapshot.OfKind(snapshot.Route) {
		port := o.At("spec", "port", "targetPort")
		add(o, "", o.At("spec", "to", "name"), port, "/spec/to")
		for _, backend := range mapsIn(o.At("spec", "alternateBackends")) {
			add(o, "", backend["name"], port, "/spec/alternateBackends")
		}
	}
	for _, o := range m.Snapshot.OfKind(snapshot.Service) {
		addresses, _ := o.At("spec", "externalIPs").([]any)
		if kind := o.At("spec", "type"); kind == "LoadBalancer" || kind == "NodePort" || len(addresses) > 0 {
			out = append(out, wayIn{service: o, exposed: true, ref: o.Ref, path: "/spec/type"})
		}
	}
	return out
}

// backend is a Service and port as an Ingress names them.
type backend struct{ name, port any }

// ingressBackends reads networking.k8s.io/v1 and the older API that charts still write.
func ingressBackends(o *snapshot.Object) []backend {
	var out []backend
	add := func(value any) {
		at, _ := value.(map[string]any)
		if service, _ := at["service"].(map[string]any); service != nil {
			port, _ := service["port"].(map[string]any)
			number := port["number"]
			if number == nil {
				number = port["name"]
			}
			out = append(out, backend{service["name"], number})
		} else if at["serviceName"] != nil {
			out = append(out, backend{at["serviceName"], at["servicePort"]})
		}
	}
	add(o.At("spec", "defaultBackend"))
	add(o.At("spec", "backend"))
	for _, rule := range mapsIn(o.At("spec", "rules")) {
		http, _ := rule["http"].(map[string]any)
		for _, path := range mapsIn(http["paths"]) {
			add(path["backend"])
		}
	}
	return out
}

// mapsIn are the maps of a list in decoded JSON.
func mapsIn(value any) []map[string]any {
	list, _ := value.([]any)
	out := make([]map[string]any, 0, len(list))
	for _, entry := range list {
		if at, isMap := entry.(map[string]any); isMap {
			out = append(out, at)
		}
	}
	return out
}
