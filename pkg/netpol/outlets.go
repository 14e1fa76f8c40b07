package netpol

import (
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// hostProbes stand for all addresses that a host name may have, by family:
// public ones far from each other, and one of each private range.
var hostProbes = [][]netip.Addr{
	{
		netip.AddrFrom4([4]byte{8, 8, 8, 8}), netip.AddrFrom4([4]byte{52, 95, 110, 1}),
		netip.AddrFrom4([4]byte{140, 82, 121, 4}), netip.AddrFrom4([4]byte{198, 41, 0, 4}),
		netip.AddrFrom4([4]byte{10, 37, 73, 19}), netip.AddrFrom4([4]byte{172, 27, 73, 19}), netip.AddrFrom4([4]byte{192, 168, 73, 19}),
	},
	{
		netip.AddrFrom16([16]byte{0x20, 0x01, 0x48, 0x60, 15: 1}), netip.AddrFrom16([16]byte{0x2a, 0x04, 0x4e, 0x42, 15: 1}),
		netip.AddrFrom16([16]byte{0xfd, 0x37, 0x73, 0x19, 15: 1}),
	},
}

// outlet judges a connection from a pod to an end whose addresses are not known.
func (h *hearing) outlet(s, _ spot, port airflow.Port) {
	if s.probes[0].pod < 0 || len(h.Evaluator.Isolating(s.probes[0].pod, Egress)) == 0 {
		return
	}
	if h.flow.To.Place == airflow.Anywhere {
		h.anywhere(s)
	} else { // a host, or a range whose addresses are not known
		h.host(s, port)
	}
}

// host judges a name: it is kept where one family of addresses is open, but
// for link-local and single ones.
func (h *hearing) host(s spot, port airflow.Port) {
	pod, to := s.probes[0], h.flow.To
	for _, family := range hostProbes {
		var decisions []Decision
		for _, a := range family {
			decisions = append(decisions, h.Evaluator.Ask(pod, Address(a), port).Egress)
		}
		if !slices.ContainsFunc(decisions, func(d Decision) bool { return !d.Allowed }) {
			h.note(decisions...)
			h.unread = h.unread || to.Place == airflow.Host && to.Host == ""
			return
		}
	}
	toPort := func(r *rule) bool { return r.matchesPort(h.Evaluator, Address(netip.Addr{}), port) }
	addresses := func(r *rule) bool { return toPort(r) && r.anyAddress(netip.Addr.IsGlobalUnicast) }
	pods := func(r *rule) bool { return toPort(r) && len(r.peers) > 0 }
	if h.Evaluator.allowing(pod.pod, addresses).Allowed {
		h.doubt("only some addresses are allowed on %s, and which %s has is not known", port, to.Name)
	} else if h.inCluster(to.Host) && h.Evaluator.allowing(pod.pod, pods).Allowed {
		h.doubt("only some pods are allowed on %s, and which stand behind %s is not known", port, to.Name)
	} else {
		h.lose(Egress, s, s.name, to.Name, port)
	}
}

// anywhere judges what DAG code talks to: one public address on one of the
// flow's ports is enough, on any port where it names none.
func (h *hearing) anywhere(s spot) {
	d := h.Evaluator.allowing(s.probes[0].pod, func(r *rule) bool {
		toPort := func(p airflow.Port) bool { return r.matchesPort(h.Evaluator, Address(netip.Addr{}), p) }
		ports := len(h.flow.Ports) == 0 || slices.ContainsFunc(h.flow.Ports, toPort)
		return ports && r.anyAddress(public)
	})
	if d.Allowed {
		h.note(d)
		return
	}
	port := airflow.Port{Protocol: corev1.ProtocolTCP}
	if len(h.flow.Ports) > 0 {
		port = h.flow.Ports[0]
	}
	h.lose(Egress, s, s.name, h.flow.To.Name, port)
}

// admitted judges a connection from a source of which nothing is known: some
// stranger that gets in may be it. For a host or a range only addresses count.
func (h *hearing) admitted(_, t spot, port airflow.Port) {
	pod := t.probes[0].pod
	if pod < 0 {
		return
	}
	sources := h.Admits(pod, port)
	allows := func(o Opening) Decision {
		return Decision{Direction: Ingress, Allowed: true, Isolated: true, Policy: o.Policy, Rule: o.Rule}
	}
	if h.flow.From.Place == airflow.Host || h.flow.From.Place == airflow.Range {
		h.admittedHost(t, port, sources, allows)
		return
	}
	for _, o := range sources.Openings {
		h.note(allows(o))
	}
	if !sources.Any() {
		h.lose(Ingress, t, h.flow.From.Name, t.name, port)
	}
}

func (h *hearing) admittedHost(t spot, port airflow.Port, sources Sources, allows func(Opening) Decision) {
	for _, o := range sources.Openings {
		if o.Who == Everyone {
			h.note(allows(o))
			return
		}
	}
	if slices.ContainsFunc(sources.Openings, func(o Opening) bool { return o.Who == Addresses }) {
		h.doubt("only some addresses are allowed on %s, and which %s has is not known", port, h.flow.From.Name)
	} else if sources.Isolated {
		h.lose(Ingress, t, h.flow.From.Name, t.name, port)
	}
}

// allowing is the decision of the first egress rule for a pod that a test holds for.
func (e *Evaluator) allowing(pod int, holds func(*rule) bool) Decision {
	d := Decision{Direction: Egress, Isolated: true, Policy: -1, Rule: -1}
	for _, p := range e.Isolating(pod, Egress) {
		for r := range e.rules[outward][p] {
			if holds(&e.rules[outward][p][r]) {
				d.Allowed, d.Policy, d.Rule = true, p, r
				return d
			}
		}
	}
	return d
}

// anyAddress says whether a rule holds for an address that passes a test.
func (r *rule) anyAddress(holds func(netip.Addr) bool) bool {
	return r.everyone || slices.ContainsFunc(r.blocks, func(b block) bool { return b.any(holds) })
}

func public(a netip.Addr) bool { return a.IsGlobalUnicast() && !a.IsPrivate() }

// inCluster says whether a name can be a Service's: service, service.namespace
// or what ends as the cluster's own names do.
func (h *hearing) inCluster(host string) bool {
	parts := strings.Split(strings.TrimSuffix(host, "."), ".")
	if len(parts) == 2 {
		_, known := h.Evaluator.classes.namespaces[parts[1]]
		return known
	}
	return len(parts) == 1 || slices.Contains(parts[2:], "svc")
}
