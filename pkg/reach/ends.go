package reach

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// end is one side of a question, with what is needed to ask.
type end struct {
	End
	pods []int // of the cluster; empty outside
	// places are what flows say of an end outside; several for the API server, which has two addresses.
	places []placed
	// probe is an address that stands for the end; invalid where none does.
	probe netip.Addr
	// within is the range that was asked for; invalid where none was.
	within netip.Prefix
}

// placed is a flow's end outside the release and the ports that the flow has there.
type placed struct {
	airflow.End
	ports []airflow.Port
}

// insideEnds are the release's components, in the order of reports. What no
// chart knows stands for itself, workload by workload.
func (n *network) insideEnds() []end {
	var out []end
	for i := range n.Pods {
		w := n.Pods[i].Workload
		if w == nil {
			continue
		}
		name, kind := string(w.Component), OfComponent
		if w.Component == airflow.Other {
			name, kind = w.Ref.String(), OfWorkload
		}
		at := slices.IndexFunc(out, func(e end) bool { return e.Name == name })
		if at < 0 {
			at, out = len(out), append(out, end{End: End{Name: name, Kind: kind, Component: w.Component}})
		}
		out[at].add(n, i)
	}
	slices.SortStableFunc(out, func(a, b end) int {
		return cmp.Or(slices.Index(airflow.Components, a.Component)-slices.Index(airflow.Components, b.Component), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func (e *end) add(n *network, pod int) {
	e.pods = append(e.pods, pod)
	e.Pods = append(e.Pods, n.Pods[pod].Name)
}

// outsideEnds are the places that flows name, in the order of placeOrder, then by name.
func (n *network) outsideEnds() []end {
	var out []end
	note := func(p airflow.End, ports []airflow.Port) {
		if p.Workload != nil {
			return
		}
		name := n.placeName(p)
		at := slices.IndexFunc(out, func(e end) bool { return e.Name == name && e.Place == p.Place })
		if at < 0 {
			at, out = len(out), append(out, end{End: End{Name: name, Kind: OfPlace, Place: p.Place, Pods: []string{}}})
		}
		out[at].places = append(out[at].places, placed{p, ports})
		if p.Place == airflow.Anywhere {
			out[at].probe = public()
		}
	}
	for i := range n.Flows {
		note(n.Flows[i].From, nil)
		note(n.Flows[i].To, n.Flows[i].Ports)
	}
	slices.SortStableFunc(out, func(a, b end) int {
		return cmp.Or(slices.Index(placeOrder, a.Place)-slices.Index(placeOrder, b.Place), strings.Compare(a.Name, b.Name))
	})
	return out
}

// placeOrder is the order of places in a report: sources first.
var placeOrder = []airflow.Place{airflow.EntryPoint, airflow.Scraper, airflow.Pods, airflow.Range, airflow.Host, airflow.Anywhere}

// placeName is what a place is called in an answer. A reservation in brackets
// is left out, for the need's note says it, and a place that is called as a
// component is told from it.
func (n *network) placeName(p airflow.End) string {
	if p.Place == airflow.Anywhere {
		return internetWord
	}
	full := fullName(p)
	name := cmp.Or(n.short[full], full)
	if slices.ContainsFunc(n.inside, func(e end) bool { return e.Name == name }) {
		name += " (outside)"
	}
	return name
}

func fullName(p airflow.End) string { return cmp.Or(p.Name, p.Host, string(p.Place)) }

// shortNames are the names of places without what stands in brackets, where that leaves one place for each name.
func shortNames(flows []airflow.Flow) map[string]string {
	short, owner := map[string]string{}, map[string]string{}
	for i := range flows {
		for _, e := range []airflow.End{flows[i].From, flows[i].To} {
			full := fullName(e)
			name, _, _ := strings.Cut(full, " (")
			if e.Workload != nil {
				continue
			}
			if other, taken := owner[name]; taken && other != full {
				delete(short, other)
				continue
			}
			owner[name], short[full] = full, name
		}
	}
	return short
}

// public is an address that stands for the internet: no private or special range holds it.
func public() netip.Addr { return netip.AddrFrom4([4]byte{8, 8, 8, 8}) }

// internet is anywhere outside, whether a flow names it or not.
func (n *network) internet() end {
	for _, e := range n.outside {
		if e.Place == airflow.Anywhere {
			return e
		}
	}
	return end{
		End:    End{Name: internetWord, Kind: OfPlace, Place: airflow.Anywhere, Pods: []string{}},
		places: []placed{{End: airflow.End{Place: airflow.Anywhere, Name: internetWord}}},
		probe:  public(),
	}
}

// place is what flows say of an end outside at a port: the API server has one address for each of its ports.
func (e *end) place(port *airflow.Port) airflow.End {
	for _, p := range e.places {
		if port != nil && slices.Contains(p.ports, *port) {
			return p.End
		}
	}
	return e.places[0].End
}

// workloads are those of an end's pods, without doubles.
func (n *network) workloads(e *end) []*airflow.Workload {
	var out []*airflow.Workload
	for _, pod := range e.pods {
		if w := n.Pods[pod].Workload; w != nil && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// flowPorts are the ports that flows need between two ends, sorted; any is true where a flow names none.
func (n *network) flowPorts(from, to *end) (ports []airflow.Port, any bool) {
	for i := range n.Flows {
		f := &n.Flows[i]
		if (from == nil || n.isEnd(from, f.From)) && n.isEnd(to, f.To) {
			ports = append(ports, f.Ports...)
			any = any || len(f.Ports) == 0
		}
	}
	return sortedPorts(ports), any
}

func sortedPorts(ports []airflow.Port) []airflow.Port {
	slices.SortFunc(ports, func(a, b airflow.Port) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), strings.Compare(string(a.Protocol), string(b.Protocol)))
	})
	return slices.Compact(ports)
}

// isEnd says whether a flow's end is this one, or part of it.
func (n *network) isEnd(e *end, f airflow.End) bool {
	if f.Workload != nil {
		return slices.ContainsFunc(e.pods, func(pod int) bool { return n.Pods[pod].Workload == f.Workload })
	}
	switch {
	case e.Kind == OfPlace:
		return e.Place == f.Place && e.Name == n.placeName(f)
	case e.Kind == OfAddress:
		return f.Place != airflow.Anywhere && slices.ContainsFunc(f.Addresses, func(p netip.Prefix) bool {
			return p.Bits() <= e.within.Bits() && p.Contains(e.within.Addr())
		})
	}
	return false
}
