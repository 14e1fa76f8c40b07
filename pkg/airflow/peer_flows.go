package airflow

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// placed keeps connections known by a name to the addresses or pods that the
// profile declares for that name.
func (m *Model) placed(flows []Flow, d Declarations) []Flow {
	var out []Flow
	for _, f := range flows {
		name := f.profileName()
		ends := m.endsNamed(name, f.From.Component(), d)
		if len(ends) == 0 {
			out = append(out, f)
			continue
		}
		f.Note = "the profile says where " + name + " is"
		for _, end := range ends {
			if len(end.Ports) > 0 && f.To.Host == "" { // the pods', not their Service's, or not known before
				f.Ports = end.Ports
			}
			placed := f
			placed.To = end.End
			out = append(out, placed)
		}
	}
	return out
}

// profileName is what a profile calls the far end of a flow in host: its DNS
// name, or the flow's ID where that is not known.
func (f Flow) profileName() string {
	switch {
	case f.To.Place == Host && f.To.Host == "":
		return f.ID
	case f.To.Place == Host, f.To.Place == Pods:
		return f.To.Name
	}
	return ""
}

// endsNamed are what a profile declares a host to be: all its addresses in one end, and pods each in their own.
func (m *Model) endsNamed(name string, from Component, d Declarations) []PeerEnd {
	var out []PeerEnd
	addresses := PeerEnd{End: End{Place: Range, Name: name}}
	for _, p := range d.Egress {
		at, err := p.Egress(m.Namespace)
		if err != nil || name == "" || !strings.EqualFold(strings.TrimSuffix(p.Host, "."), name) ||
			len(p.Components) > 0 && !slices.Contains(at.Components, from) {
			continue
		}
		if at.End.Place != Range {
			out = append(out, at)
			continue
		}
		addresses.End.Addresses = append(addresses.End.Addresses, at.End.Addresses...)
		for _, port := range at.Ports {
			if !slices.Contains(addresses.Ports, port) {
				addresses.Ports = append(addresses.Ports, port)
			}
		}
	}
	if len(addresses.End.Addresses) > 0 {
		out = append(out, addresses)
	}
	return out
}

// newEgress are the entries of parameters.egress that stand for connections of
// their own, and do not only say where a host is that something connects to anyway.
func newEgress(d Declarations, known []Flow) []Peer {
	names := map[string]bool{}
	for _, f := range known {
		names[strings.ToLower(f.profileName())] = true
	}
	var out []Peer
	for _, p := range d.Egress {
		places := p.Host != "" && names[strings.ToLower(strings.TrimSuffix(p.Host, "."))]
		if len(p.Ports) > 0 && (!places || len(p.Components) > 0) {
			out = append(out, p)
		}
	}
	return out
}

// declaredFlows are the connections of the profile that none of the flows is already.
func (m *Model) declaredFlows(egress, ingress []Peer, known []Flow) []Flow {
	var out []Flow
	for _, p := range egress {
		at, err := p.Egress(m.Namespace)
		if err != nil {
			continue
		}
		for _, w := range m.ofComponents(at.Components) {
			f := declaredFlow(p, "the profile's parameters.egress")
			f.From, f.Ports = m.endOf(w), at.Ports
			for _, f.To = range m.within(at.End) {
				if p.Host == "" || !slices.ContainsFunc(known, func(k Flow) bool { return k.placedAs(f) }) {
					out = append(out, f)
				}
			}
		}
	}
	for _, p := range ingress {
		at, err := p.Ingress(m.Namespace)
		if err != nil {
			continue
		}
		for _, w := range m.ofComponents(at.Components) {
			f := declaredFlow(p, "the profile's parameters.ingressFrom")
			f.To, f.Ports = m.endOf(w), at.Ports
			if len(f.Ports) == 0 {
				f.Ports = w.ownPorts()
			}
			for _, f.From = range m.within(at.End) {
				out = append(out, f)
			}
		}
	}
	return out
}

func declaredFlow(p Peer, source string) Flow {
	return Flow{ID: "declared", Demand: Declared, Why: p.Why, Source: source}
}

// placedAs says whether a flow is the declared one already: from there, to that host, at all its ports.
func (f Flow) placedAs(declared Flow) bool {
	return f.From.Workload == declared.From.Workload && strings.EqualFold(f.To.Name, declared.To.Name) &&
		!slices.ContainsFunc(declared.Ports, func(p Port) bool { return !slices.Contains(f.Ports, p) })
}

func (m *Model) ofComponents(list []Component) []*Workload {
	var out []*Workload
	for _, w := range m.connecting() {
		if slices.Contains(list, w.Component) {
			out = append(out, w)
		}
	}
	return out
}

// within are the release's own workloads whose pods a declared end selects, or the end itself.
func (m *Model) within(end End) []End {
	selector, err := metav1.LabelSelectorAsSelector(end.Labels)
	if end.Place != Pods || err != nil || end.Namespaces == nil || selector.Empty() {
		return []End{end}
	}
	namespaces, err := metav1.LabelSelectorAsSelector(end.Namespaces)
	if err != nil {
		return []End{end}
	}
	var out []End
	for _, w := range m.connecting() {
		if namespaces.Matches(labels.Set(namespaceSelector(w.Namespace()).MatchLabels)) && selector.Matches(labels.Set(stamped(w.Component, w.Meta.Labels))) {
			out = append(out, m.endOf(w))
		}
	}
	if len(out) == 0 {
		return []End{end}
	}
	return out
}

// ownPorts are the port that a component serves first, or all that its pods declare.
func (w *Workload) ownPorts() []Port {
	if rule, known := mainPorts[w.Component]; known {
		return []Port{w.portOf(rule)}
	}
	var out []Port
	for _, p := range w.ports() {
		if !slices.Contains(out, p.Port) {
			out = append(out, p.Port)
		}
	}
	return out
}
