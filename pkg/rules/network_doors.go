package rules

import (
	"fmt"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// checkDoors reports each door through which somebody gets in who should not.
func checkDoors(p *rule.Pass, doors []door, who visitors, what string) {
	n := p.Network()
	for _, d := range doors {
		p.Subjects++
		list := who(n, d)
		if len(list) == 0 {
			continue
		}
		f := rule.Finding{
			Target: d.group.workload.Ref, Component: string(d.group.workload.Component), Path: d.path,
			Message: fmt.Sprintf("port %s %s: %s can connect", d.port, what, andList(shortened(list))),
		}
		if list[0] == everybody {
			f.Message = fmt.Sprintf("port %s %s: no policy for ingress holds for the pods, and %s can connect", d.port, what, everybody)
		}
		f.Fixes = d.fixes(p, who)
		p.Report(f)
	}
}

// fixes close a door by the planned policies. Rules of several policies add up,
// so that policies which are for these pods alone take over the planned rules.
func (d door) fixes(p *rule.Pass, who visitors) []rule.Fix {
	closes := func(n *netpol.Network) bool { return len(who(n, d)) == 0 }
	n := p.Network()
	fixes := policyFixes(p, d.group, closes, d.words(n))
	if fixes[0].Kind != rule.Manual || d.group.onHost(n) {
		return fixes
	}
	planned := p.Planned(d.group.workload)
	narrowed, changes := d.narrowed(n, planned.Policies)
	if len(changes) == 0 || !closes(planned.Network.With(narrowed)) {
		return fixes
	}
	fix := rule.Fix{Kind: rule.Patch, Changes: changes}
	var names []string
	for _, policy := range narrowed {
		names = append(names, policy.Ref.Name)
	}
	fix.Changes = append(fix.Changes, planned.Puts...)
	fix.Summary = fmt.Sprintf("apply the planned policy %s (%s), and leave only its rules in %s", planned.Policies[0].Name, generate, andList(names))
	return []rule.Fix{fix}
}

// words say what to do where no patch helps.
func (d door) words(n *netpol.Network) string {
	var names []string
	for _, o := range d.openings(n) {
		names = appendNew(names, fmt.Sprintf("%s, rule %d", n.Policies[o.Policy].Ref.Name, o.Rule+1))
	}
	if len(names) > 0 {
		return "narrow the sources in policy " + andList(shortened(names)) + "; what must get in from outside the release belongs into the profile's ingressFrom"
	}
	return "write a policy that admits only those who need the port"
}

// narrowed are the policies that open the door and are for these pods alone,
// with the rules of the planned one.
func (d door) narrowed(n *netpol.Network, planned []harden.PlannedPolicy) (out []netpol.Policy, changes []change.Change) {
	var rules []networkingv1.NetworkPolicyIngressRule
	for _, policy := range planned {
		rules = append(rules, policy.Spec.Ingress...)
	}
	for _, i := range d.group.isolating(n, netpol.Ingress) {
		if !d.group.alone(n, i) {
			continue
		}
		policy := n.Policies[i]
		policy.Spec.Ingress = rules
		out = append(out, policy)
		changes = append(changes, change.Change{
			Target: policy.Ref, Op: change.Set, Path: "/spec/ingress", Value: ingressContent(rules),
		})
	}
	if len(rules) == 0 {
		return nil, nil
	}
	return out, changes
}

// alone says whether a policy selects the pods of this group and no others.
func (g podGroup) alone(n *netpol.Network, policy int) bool {
	for i := range n.Pods {
		if !slices.Contains(g.pods, i) && slices.Contains(n.Evaluator.Isolating(i, netpol.Ingress), policy) {
			return false
		}
	}
	return true
}

func ingressContent(rules []networkingv1.NetworkPolicyIngressRule) any {
	policy := networkingv1.NetworkPolicy{Spec: networkingv1.NetworkPolicySpec{Ingress: rules}}
	spec, _ := harden.PlannedPolicy{NetworkPolicy: policy}.Content()["spec"].(map[string]any)
	return spec["ingress"]
}

// metricPorts are the names and numbers of ports that only serve metrics.
// Sources: both charts' templates; postgresql 8.6.4 and redis 10.5.7.
var metricPorts = struct {
	names   []string
	numbers []int32
}{
	names:   []string{"metrics", "http-metrics", "statsd-scrape", "statsd-ingest", "otlp-http", "otlp-grpc"},
	numbers: []int32{9102, 9121, 9127, 9187, 9125, 4317, 4318, 8888},
}

func servesMetrics(port airflow.NamedPort) bool {
	return slices.Contains(metricPorts.names, strings.ToLower(port.Name)) || slices.Contains(metricPorts.numbers, port.Number)
}

// doorsOf are the ports that a group's pods declare, and those that flows lead
// to, each once, as far as they are wanted.
func doorsOf(p *rule.Pass, g podGroup, wanted func(airflow.NamedPort) bool) []door {
	var out []door
	add := func(port airflow.NamedPort) {
		if wanted(port) && !slices.ContainsFunc(out, func(d door) bool { return d.port == port.Port }) {
			out = append(out, doorAt(g, port.Port))
		}
	}
	for _, i := range g.pods {
		for _, port := range p.Network().Pods[i].Ports {
			add(port)
		}
	}
	for _, f := range p.Flows() {
		if f.To.Workload == g.workload {
			for _, port := range f.Ports {
				add(airflow.NamedPort{Port: port})
			}
		}
	}
	return out
}
