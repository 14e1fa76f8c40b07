package reach

import (
	"fmt"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
)

// decided is a decision and the pods that it was made about.
type decided struct {
	netpol.Decision
	isolating []int
	pods      []string
	seen      map[string]bool // the pods, to find them fast
}

// decisions are what decided each direction, each once, with the pods where it holds for some only.
func (n *network) decisions(from, to *end, a answers) []Decision {
	var all []decided
	for _, p := range a.pairs {
		if p.from >= 0 {
			all = gather(all, decided{p.Egress, n.refusing(p.from, netpol.Egress, p.Egress), p.fromPods, nil})
		}
	}
	for _, p := range a.pairs {
		if p.to >= 0 {
			all = gather(all, decided{p.Ingress, n.refusing(p.to, netpol.Ingress, p.Ingress), p.toPods, nil})
		}
	}
	for _, p := range a.places {
		all = n.gatherPlace(all, p)
	}
	out := []Decision{}
	for _, d := range all {
		e := from
		if d.Direction == netpol.Ingress {
			e = to
		}
		out = append(out, n.decision(d, e))
	}
	return out
}

func (n *network) gatherPlace(all []decided, p judged) []decided {
	var pods []string
	first := -1
	for i := range n.Pods {
		if n.Pods[i].Workload == p.workload {
			pods = append(pods, n.Pods[i].Name)
			if first < 0 {
				first = i
			}
		}
	}
	switch {
	case len(p.Losses) > 0:
		for _, loss := range p.Losses {
			all = gather(all, decided{netpol.Decision{Direction: loss.Direction, Isolated: true, Policy: -1, Rule: -1}, loss.Policies, pods, nil})
		}
	case len(p.By) > 0:
		for _, by := range p.By {
			all = gather(all, decided{by, nil, pods, nil})
		}
	case p.State == netpol.Kept && first >= 0:
		d := netpol.Decision{Direction: p.direction, Allowed: true, Policy: -1, Rule: -1}
		if n.Pods[first].HostNetwork {
			d.Note = netpol.HostNetwork
		}
		all = gather(all, decided{d, nil, pods, nil})
	}
	return all
}

// refusing are the policies that isolate a pod and let something not pass.
func (n *network) refusing(pod int, d netpol.Direction, what netpol.Decision) []int {
	if what.Allowed {
		return nil
	}
	return n.twins.Isolating(pod, d)
}

func gather(all []decided, one decided) []decided {
	at := slices.IndexFunc(all, func(d decided) bool {
		return d.Decision == one.Decision && slices.Equal(d.isolating, one.isolating)
	})
	if at < 0 {
		at = len(all)
		all = append(all, decided{Decision: one.Decision, isolating: one.isolating, seen: map[string]bool{}})
	}
	d := &all[at]
	for _, pod := range one.pods {
		if !d.seen[pod] {
			d.seen[pod] = true
			d.pods = append(d.pods, pod)
		}
	}
	return all
}

// decision puts indices into names and words.
func (n *network) decision(d decided, e *end) Decision {
	out := Decision{Direction: d.Direction, Allowed: d.Allowed}
	if len(d.pods) < len(e.Pods) {
		out.Pods = d.pods
	}
	switch {
	case d.Note != "":
		out.Because = Because(d.Note)
	case d.Allowed && d.Policy >= 0:
		out.Because = ByRule
		rule := d.Rule
		out.Policy, out.Rule = &n.policies[d.Policy], &rule
		out.Path = fmt.Sprintf("/spec/%s/%d", d.Direction, rule)
		out.Text = ruleText(&n.Policies[d.Policy].Spec, d.Direction, rule)
	case d.Allowed:
		out.Because = NotIsolated
	default:
		out.Because = NoRule
		out.Isolating = n.named(d.isolating)
	}
	return out
}

func (n *network) named(policies []int) []Policy {
	out := []Policy{}
	for _, i := range policies {
		out = append(out, n.policies[i])
	}
	return out
}

// losses are the connections that are refused, one for each pair of classes and side that refuses.
func (n *network) losses(a answers) []Loss {
	out := []Loss{}
	for _, p := range a.pairs {
		if p.from >= 0 && !p.Egress.Allowed {
			out = append(out, Loss{p.fromPods, p.toPods, netpol.Egress, n.named(n.twins.Isolating(p.from, netpol.Egress))})
		}
		if p.to >= 0 && !p.Ingress.Allowed {
			out = append(out, Loss{p.fromPods, p.toPods, netpol.Ingress, n.named(n.twins.Isolating(p.to, netpol.Ingress))})
		}
	}
	for _, p := range a.places {
		for _, l := range p.Losses {
			out = append(out, Loss{[]string{l.From}, []string{l.To}, l.Direction, n.named(l.Policies)})
		}
	}
	return out
}
