package airflow

import (
	"cmp"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Flows are the connections that this release needs, sorted by the ends'
// components and names, then by row.
func (m *Model) Flows(d Declarations) []Flow {
	return sorted(append(m.insideFlows(d), m.outsideFlows(d)...))
}

// insideFlows are those whose ends are the release's own or the cluster's
// services, and those into the release.
func (m *Model) insideFlows(d Declarations) []Flow {
	return slices.Concat(m.ownFlows(), m.clusterFlows(d), m.inboundFlows(d))
}

func sorted(flows []Flow) []Flow {
	for i := range flows {
		slices.SortFunc(flows[i].Ports, func(a, b Port) int {
			return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.Protocol, b.Protocol))
		})
	}
	slices.SortStableFunc(flows, func(a, b Flow) int {
		return cmp.Or(a.From.compare(b.From), a.To.compare(b.To), cmp.Compare(a.ID, b.ID))
	})
	return flows
}

// compare puts ends in the order of components, then names, then objects.
func (e End) compare(o End) int {
	return cmp.Or(cmp.Compare(e.Component(), o.Component()), cmp.Compare(e.Place, o.Place), cmp.Compare(e.Name, o.Name),
		e.ref().Compare(o.ref()), cmp.Compare(e.Host, o.Host))
}

func (e End) ref() snapshot.Ref {
	if e.Workload == nil {
		return snapshot.Ref{}
	}
	return e.Workload.Ref
}

// endOf is a workload as an end. Its name is its component's, with the
// object's where several workloads are the same component.
func (m *Model) endOf(w *Workload) End {
	name := string(w.Component)
	same := 0
	for _, other := range m.connecting() {
		if other.Component == w.Component {
			same++
		}
	}
	switch {
	case w.Component == Other:
		name = w.Ref.Name
	case same > 1:
		name += " " + w.Ref.Name
	}
	return End{Workload: w, Name: name}
}

// destination is where a row's connection leads: what a person calls it, and how to
// find it. It finds nothing where it is outside the release.
type destination struct {
	name string
	find func(*Model, *Workload) []reached
}

// reached is where a row's flow leads, and what shows it.
type reached struct {
	workload *Workload
	ports    []Port
	demand   Demand // where it is not the row's
	note     string
	ref      snapshot.Ref
	path     string
}

// ownFlows are the flows between the release's own pods. Where two rows give
// the same connection, the first says why.
func (m *Model) ownFlows() []Flow {
	type pair struct{ from, to *Workload }
	known := map[pair][]Port{}
	var out []Flow
	for _, row := range flowRows {
		for _, w := range m.connecting() {
			if !slices.Contains(row.from, w.Component) || row.when.holds != nil && !row.when.holds(m, w) {
				continue
			}
			for _, to := range row.to.find(m, w) {
				key := pair{w, to.workload}
				ports := slices.DeleteFunc(slices.Clone(to.ports), func(p Port) bool { return slices.Contains(known[key], p) })
				if len(ports) == 0 {
					continue
				}
				known[key] = append(known[key], ports...)
				out = append(out, Flow{
					ID: row.id, From: m.endOf(w), To: m.endOf(to.workload), Ports: ports,
					Demand: cmp.Or(to.demand, row.demand), Why: row.why, Source: row.source,
					Evidence: to.ref, EvidencePath: to.path, Note: to.note,
				})
			}
		}
	}
	return out
}
