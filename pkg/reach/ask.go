package reach

import (
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
)

// ask answers one question: may these connect, is it needed, which rules decide.
func (n *network) ask(from, to *end, port *airflow.Port) Question {
	q := Question{From: from.Name, To: to.Name, Port: port, Needs: []Need{}, Decisions: []Decision{}, Losses: []Loss{}, Changes: []Change{}}
	if q.Reason = n.unread(); q.Reason != "" {
		q.Verdict = Unknown
		q.Needs = n.needs(from, to, port, func(airflow.Flow) (netpol.State, string) { return netpol.Unclear, q.Reason })
		return q
	}
	var a answers
	if n.concrete(from, port) && n.concrete(to, port) {
		a = n.askPairs(from, to, *port)
	} else {
		a = n.askPlace(from, to, port)
	}
	q.Verdict, q.Reason = a.verdict(), a.reason
	q.Decisions, q.Losses = n.decisions(from, to, a), n.losses(a)
	q.Needs = n.needs(from, to, port, func(f airflow.Flow) (netpol.State, string) { return n.stateOf(a, f) })
	return q
}

// concrete says that pods or one address stand for an end, so that pairs can be asked.
func (n *network) concrete(e *end, port *airflow.Port) bool {
	return port != nil && (len(e.pods) > 0 || e.probe.IsValid())
}

// answers are those to all pairs of a question.
type answers struct {
	pairs  []pair
	places []judged
	reason string
}

// pair is the answer to two pods that stand for their classes; -1 is an address.
type pair struct {
	from, to         int
	fromPods, toPods []string
	netpol.Answer
}

// judged is the verdict on a connection from or to a place, for one workload.
type judged struct {
	workload  *airflow.Workload
	direction netpol.Direction
	netpol.Verdict
}

func (a answers) verdict() Verdict {
	yes, no := 0, 0
	for _, p := range a.pairs {
		if p.Allowed {
			yes++
		} else {
			no++
		}
	}
	for _, p := range a.places {
		switch p.State {
		case netpol.Kept:
			yes++
		case netpol.Cut:
			no++
		default:
			return Unknown
		}
	}
	switch {
	case no == 0 && yes > 0:
		return Allowed
	case yes == 0 && no > 0:
		return Denied
	case yes > 0:
		return Partly
	}
	return Unknown
}

// side is the pods of one class, or an address.
type side struct {
	first int
	pods  []string
	peer  netpol.Peer
	twin  netpol.Peer
}

func (n *network) sides(e *end) []side {
	if len(e.pods) == 0 {
		return []side{{first: -1, pods: []string{e.Name}, peer: netpol.Address(e.probe), twin: netpol.Address(e.probe)}}
	}
	var out []side
	for _, pod := range e.pods {
		class := n.classes[pod]
		at := slices.IndexFunc(out, func(s side) bool { return n.classes[s.first] == class })
		if at < 0 {
			at, out = len(out), append(out, side{first: pod, peer: netpol.At(pod), twin: netpol.At(len(n.Pods) + pod)})
		}
		out[at].pods = append(out[at].pods, n.Pods[pod].Name)
	}
	return out
}

// askPairs asks each class of one end about each of the other. A pod of the same class is a neighbour, not the pod itself.
func (n *network) askPairs(from, to *end, port airflow.Port) answers {
	var a answers
	same := len(from.pods) == 1 && slices.Equal(from.pods, to.pods) && from.Kind == OfPod
	for _, f := range n.sides(from) {
		for _, t := range n.sides(to) {
			peer := t.peer
			if f.first >= 0 && f.first == t.first && !same {
				peer = t.twin
			}
			a.pairs = append(a.pairs, pair{f.first, t.first, f.pods, t.pods, n.twins.Ask(f.peer, peer, port)})
		}
	}
	return a
}

// askPlace has the network judge a connection that no pair of peers stands for, one workload after the other.
func (n *network) askPlace(from, to *end, port *airflow.Port) answers {
	var a answers
	var ports []airflow.Port
	if port != nil {
		ports = []airflow.Port{*port}
	}
	ask := func(w *airflow.Workload, d netpol.Direction, f airflow.Flow) {
		v := n.Judge(f)
		if v.Reason != "" && a.reason == "" {
			a.reason = v.Reason
		}
		a.places = append(a.places, judged{w, d, v})
	}
	for _, w := range n.workloads(from) {
		ask(w, netpol.Egress, airflow.Flow{From: airflow.End{Workload: w, Name: from.Name}, To: to.place(port), Ports: ports})
	}
	for _, w := range n.workloads(to) {
		ask(w, netpol.Ingress, airflow.Flow{From: from.place(port), To: airflow.End{Workload: w, Name: to.Name}, Ports: ports})
	}
	return a
}

// stateOf is what became of one flow among the answers.
func (n *network) stateOf(a answers, f airflow.Flow) (state netpol.State, reason string) {
	state = netpol.Kept
	part := func(pod int, e airflow.End) bool {
		return pod < 0 || e.Workload == nil || n.Pods[pod].Workload == e.Workload
	}
	for _, p := range a.pairs {
		if part(p.from, f.From) && part(p.to, f.To) && !p.Allowed {
			return netpol.Cut, ""
		}
	}
	for _, p := range a.places {
		if (p.workload == f.From.Workload || p.workload == f.To.Workload) && rank[p.State] > rank[state] {
			state, reason = p.State, p.Reason
		}
	}
	if state == netpol.Cut { // on one of several ports of which the far end has one is not cut yet
		whole := n.Judge(f)
		return whole.State, whole.Reason
	}
	return state, reason
}

// needs are the flows that a connection is part of, each with its state.
func (n *network) needs(from, to *end, port *airflow.Port, state func(airflow.Flow) (netpol.State, string)) []Need {
	out := []Need{}
	for i := range n.Flows {
		f := n.Flows[i]
		if !n.isEnd(from, f.From) || !n.isEnd(to, f.To) || !takes(f.Ports, port) {
			continue
		}
		need := Need{Flow: f.ID, Demand: f.Demand, Why: f.Why, Source: f.Source, Path: f.EvidencePath, Note: f.Note}
		if ref := f.Evidence; ref.Name != "" {
			need.Evidence = &ref
		}
		need.State, need.Reason = state(f)
		if !slices.ContainsFunc(out, func(o Need) bool { return o.same(need) }) {
			out = append(out, need)
		}
	}
	return out
}

// takes says whether a flow's ports hold the one that is asked about; nil, which is any port, belongs to flows without ports.
func takes(ports []airflow.Port, port *airflow.Port) bool {
	if port == nil || len(ports) == 0 {
		return len(ports) == 0
	}
	return slices.ContainsFunc(ports, func(p airflow.Port) bool {
		return p == *port || p.Protocol == port.Protocol && port.End == 0 && p.Number <= port.Number && port.Number <= p.End
	})
}

// same says that two needs say the same: the flows of worker sets do.
func (a Need) same(b Need) bool {
	return a.Flow == b.Flow && a.Demand == b.Demand && a.State == b.State && a.Why == b.Why
}
