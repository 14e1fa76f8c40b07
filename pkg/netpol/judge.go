package netpol

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// hearing gathers what a verdict on one flow is made of.
type hearing struct {
	*Network
	flow   airflow.Flow
	losses []Loss
	by     []Decision
	reason string
	shown  airflow.Port // the flow's port being judged: perhaps a range of which each number is asked
	unread bool         // the far end was not read, and its usual ports are open to every address
}

func (n *Network) judge(f airflow.Flow) Verdict {
	h := &hearing{Network: n, flow: f}
	from, why := n.spots(f.From)
	to, whyNot := n.spots(f.To)
	switch {
	case len(f.Ports) == 0 && f.To.Place != airflow.Anywhere:
		h.reason = "the flow names no port"
	case unseen(f.From) && whyNot == "":
		h.each([]spot{{}}, to, h.admitted)
	case unseen(f.To) && why == "":
		h.each(from, []spot{{}}, h.outlet)
	case why == "" && whyNot == "":
		h.each(from, to, h.pair)
	default:
		h.reason = cmp.Or(why, whyNot)
	}
	return h.verdict()
}

func (h *hearing) each(from, to []spot, judge func(s, t spot, p airflow.Port)) {
	ports := h.flow.Ports
	if h.flow.To.Place == airflow.Anywhere {
		ports = []airflow.Port{{}} // one of them, or any, is enough
	}
	for _, p := range ports {
		h.shown = p
		for number := p.Number; number <= max(p.End, p.Number); number++ {
			for _, s := range from {
				for _, t := range to {
					judge(s, t, airflow.Port{Number: number, Protocol: p.Protocol})
				}
			}
		}
	}
}

// verdict is cut where something certainly is: what is unclear cannot mend it.
func (h *hearing) verdict() Verdict {
	v := Verdict{State: Kept, By: h.by, Losses: h.losses, Reason: h.reason}
	slices.SortFunc(v.By, func(a, b Decision) int {
		return cmp.Or(cmp.Compare(a.Direction, b.Direction), cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.Rule, b.Rule))
	})
	slices.SortFunc(v.Losses, func(a, b Loss) int {
		return cmp.Or(cmp.Compare(a.Port.Number, b.Port.Number), cmp.Compare(a.Port.Protocol, b.Port.Protocol), cmp.Compare(a.Direction, b.Direction))
	})
	switch {
	case len(v.Losses) > 0 && guessed(h.flow) && h.somePortPasses():
		v.State, v.Losses = Unclear, nil
		v.Reason = fmt.Sprintf("%s is not allowed, and which port and address %s has was not read", h.losses[0].Port, h.flow.To.Name)
	case len(v.Losses) > 0:
		v.State, v.Reason = Cut, ""
	case v.Reason != "":
		v.State = Unclear
	case h.unread:
		v.State, v.Unread, v.Reason = Unclear, true, "its usual ports are open to every address, and which it has was not read"
	}
	return v
}

// guessed says that the far end was not read: its ports are then the usual
// ones, of which it listens on one.
func guessed(f airflow.Flow) bool {
	return f.To.Place == airflow.Range && len(f.To.Addresses) == 0 || f.To.Place == airflow.Host && f.To.Host == ""
}

// somePortPasses says that not all ports are lost.
func (h *hearing) somePortPasses() bool {
	return slices.ContainsFunc(h.flow.Ports, func(p airflow.Port) bool {
		return !slices.ContainsFunc(h.losses, func(l Loss) bool { return l.Port == p })
	})
}

// pair asks every probe of the one spot about every probe of the other.
func (h *hearing) pair(s, t spot, port airflow.Port) {
	var decisions [2][]Decision
	for _, from := range s.probes {
		for _, to := range t.probes {
			a := h.ask(from, to, port)
			decisions[outward] = append(decisions[outward], a.Egress)
			decisions[inward] = append(decisions[inward], a.Ingress)
		}
	}
	for side, list := range decisions {
		denied := slices.ContainsFunc(list, func(d Decision) bool { return !d.Allowed })
		allowed := slices.ContainsFunc(list, func(d Decision) bool { return d.Allowed })
		switch {
		case !denied:
			h.note(list...)
		case allowed:
			h.doubt("only a part of %s is allowed", partial(s, t))
		case side == outward && t.named != nil && h.Evaluator.Ask(s.probes[0], *t.named, port).Egress.Allowed:
			h.doubt("a rule names a port, and what %s calls its ports is not known", t.name)
		case side == outward:
			h.lose(Egress, s, s.name, t.name, port)
		default:
			h.lose(Ingress, t, s.name, t.name, port)
		}
	}
}

// ask takes a pod's connection to itself for one to another of its workload.
func (h *hearing) ask(from, to Peer, port airflow.Port) Answer {
	if from.pod < 0 || from.pod != to.pod {
		return h.Evaluator.Ask(from, to, port)
	}
	twin := h.Pods[from.pod]
	twin.Addresses = nil
	other := Outside(twin, h.Evaluator.classes.labelsOf(twin.Namespace))
	a := Answer{Egress: h.Evaluator.Ask(from, other, port).Egress, Ingress: h.Evaluator.Ask(other, to, port).Ingress}
	a.Allowed = a.Egress.Allowed && a.Ingress.Allowed
	return a
}

func partial(s, t spot) string {
	if len(t.probes) > 1 {
		return t.name
	}
	return s.name
}

// note keeps the rules that allow, without doubles.
func (h *hearing) note(decisions ...Decision) {
	for _, d := range decisions {
		if d.Policy >= 0 && !slices.Contains(h.by, d) {
			h.by = append(h.by, d)
		}
	}
}

// doubt keeps the first reason.
func (h *hearing) doubt(format string, args ...any) {
	h.reason = cmp.Or(h.reason, fmt.Sprintf(format, args...))
}

// lose keeps one loss for each port and direction: the ends are the flow's.
func (h *hearing) lose(d Direction, refuses spot, from, to string, port airflow.Port) {
	if h.shown.End > h.shown.Number {
		port = h.shown
	}
	at := slices.IndexFunc(h.losses, func(l Loss) bool { return l.Port == port && l.Direction == d })
	if at < 0 {
		at = len(h.losses)
		h.losses = append(h.losses, Loss{From: from, To: to, Port: port, Direction: d})
	}
	l := &h.losses[at]
	for _, probe := range refuses.probes {
		if probe.pod >= 0 {
			l.Policies = append(l.Policies, h.Evaluator.Isolating(probe.pod, d)...)
		}
	}
	slices.Sort(l.Policies)
	l.Policies = slices.Compact(l.Policies)
}
