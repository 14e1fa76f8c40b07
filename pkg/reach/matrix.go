package reach

import (
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// Whole asks all pairs of components and places.
func Whole(s Setting) *Report {
	n := newNetwork(s)
	r := n.report()
	sources, targets := n.sources(), n.targets()
	for i := range sources {
		for j := range targets {
			from, to := &sources[i], &targets[j]
			if twoOutside(from, to) != nil {
				continue
			}
			for _, port := range n.columns(to) {
				q := n.ask(from, to, port)
				if port == nil && to.Place != airflow.Anywhere && len(q.Needs) == 0 {
					continue // a flow without ports is all that is known of this place
				}
				n.change(&q, from, to, false)
				r.Questions = append(r.Questions, q)
			}
		}
	}
	for _, e := range slices.Concat(sources, targets) {
		r.addEnd(e.End)
	}
	r.sum()
	return r
}

// Ask asks one question in words: may FROM reach TO[:PORT]. An error says which words would do.
func Ask(s Setting, from, to string) (*Report, error) {
	n := newNetwork(s)
	name, portWord, err := splitPort(to)
	if err != nil {
		return nil, err
	}
	source, err := n.find(from)
	if err != nil {
		return nil, err
	}
	target, err := n.find(name)
	if err != nil {
		return nil, err
	}
	if err := twoOutside(&source, &target); err != nil {
		return nil, err
	}
	ports, err := n.ports(&source, &target, portWord)
	if err != nil {
		return nil, err
	}
	r := n.report()
	r.Asked = &Asked{From: from, To: to}
	for _, p := range ports {
		q := n.ask(&source, &target, p.port)
		q.Note = p.note
		n.change(&q, &source, &target, true)
		r.Questions = append(r.Questions, q)
	}
	r.addEnd(source.End)
	r.addEnd(target.End)
	r.sum()
	return r, nil
}

func (r *Report) addEnd(e End) {
	if !slices.ContainsFunc(r.Ends, func(o End) bool { return o.Name == e.Name }) {
		r.Ends = append(r.Ends, e)
	}
}

// sources are the rows of the matrix: who may open connections.
func (n *network) sources() []end {
	var before []end
	for _, e := range n.outside {
		if slices.ContainsFunc(n.Flows, func(f airflow.Flow) bool { return n.isEnd(&e, f.From) }) && e.Place != airflow.Anywhere {
			before = append(before, e)
		}
	}
	return append(append(before, n.internet()), n.inside...)
}

// targets are where connections may go.
func (n *network) targets() []end {
	out := slices.Clone(n.inside)
	for _, e := range n.outside {
		if slices.ContainsFunc(n.Flows, func(f airflow.Flow) bool { return n.isEnd(&e, f.To) }) && e.Place != airflow.Anywhere {
			out = append(out, e)
		}
	}
	return append(out, n.internet())
}

// columns are the ports of an end that the matrix asks about; nil stands for any.
func (n *network) columns(to *end) []*airflow.Port {
	list, any := n.flowPorts(nil, to)
	if len(to.pods) > 0 {
		list = n.endPorts(to)
	}
	var out []*airflow.Port
	for i := range list {
		out = append(out, &list[i])
	}
	if any || to.Place == airflow.Anywhere && len(out) == 0 {
		out = append(out, nil)
	}
	return out
}
