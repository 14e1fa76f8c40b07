package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

var neededFlowsAllowed = &rule.Rule{
	ID:       "AS203",
	Slug:     "needed-flows-allowed",
	Title:    "No policy cuts a connection that Airflow needs",
	Why:      "Policies that cut Airflow off from itself stop tasks, logins or logs, and the usual answer is to take all of them away, which leaves the database, the broker and the log servers to any attacker with a pod in the cluster. Policies stay only where they fit.",
	Fix:      "Allow the connections named here in the policy that isolates the pod.",
	Severity: rule.Critical,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Patch, rule.Values, rule.Manual},
	Topics:   []string{"App"},
	Refs: []rule.Ref{
		cis("5.3.2"), nsa("Network separation: Network policies"), owasp("K05"),
		airflowDocs("Security Model", "security/security_model.html"),
	},
	Needs: flowNeeds,
	Uses:  flowUses,
	Check: checkNeededFlows,
}

// checkNeededFlows leaves out what is only optional: metrics and what DAG code
// talks to may be closed on purpose.
func checkNeededFlows(p *rule.Pass) {
	n := p.Network()
	groups := podGroups(p)
	var cuts []*cut
	var doubts []doubt
	for _, f := range p.Flows() {
		if f.Demand == airflow.Optional {
			continue
		}
		p.Subjects++
		switch v := n.Judge(f); v.State {
		case netpol.Kept:
		case netpol.Unclear:
			if held(n, groups, f.From, netpol.Egress) || held(n, groups, f.To, netpol.Ingress) {
				doubts = addDoubt(doubts, f, v.Reason)
			}
		default:
			cuts = addCuts(cuts, f, v.Losses)
		}
	}
	for _, c := range cuts {
		c.report(p, groups)
	}
	for _, d := range doubts {
		p.Unknown(fmt.Sprintf("whether %s can reach %s is not known: %s", andList(d.from), d.to, d.reason))
	}
}

// held says whether any policy holds for an end in a direction: where none
// does, it does not matter how little is known of the other end.
func held(n *netpol.Network, groups []podGroup, e airflow.End, d netpol.Direction) bool {
	return slices.ContainsFunc(groups, func(g podGroup) bool {
		return g.workload == e.Workload && len(g.isolating(n, d)) > 0
	})
}

// doubt is one reason for which several connections cannot be judged.
type doubt struct {
	from       []string
	to, reason string
}

func addDoubt(list []doubt, f airflow.Flow, reason string) []doubt {
	i := slices.IndexFunc(list, func(d doubt) bool { return d.to == nameOf(f.To) && d.reason == reason })
	if i < 0 {
		i = len(list)
		list = append(list, doubt{to: nameOf(f.To), reason: reason})
	}
	list[i].from = appendNew(list[i].from, nameOf(f.From))
	return list
}

// cut is a connection that one side's policies refuse.
type cut struct {
	flow      airflow.Flow
	direction netpol.Direction
	policies  []int
	ports     []airflow.Port
}

// addCuts puts a flow's losses together: one cut for each side that refuses.
// Pods of the same component that lose the same are one cut.
func addCuts(cuts []*cut, f airflow.Flow, losses []netpol.Loss) []*cut {
	for _, l := range losses {
		i := slices.IndexFunc(cuts, func(c *cut) bool {
			return c.flow.ID == f.ID && nameOf(c.flow.From) == nameOf(f.From) && nameOf(c.flow.To) == nameOf(f.To) &&
				c.direction == l.Direction && slices.Equal(c.policies, l.Policies)
		})
		if i < 0 {
			i = len(cuts)
			cuts = append(cuts, &cut{flow: f, direction: l.Direction, policies: l.Policies})
		}
		if !slices.Contains(cuts[i].ports, l.Port) {
			cuts[i].ports = append(cuts[i].ports, l.Port)
		}
	}
	return cuts
}

// nameOf is an end in words: a component, or what a person calls the place.
func nameOf(e airflow.End) string {
	if e.Workload != nil && e.Workload.Component != airflow.Other {
		return string(e.Workload.Component)
	}
	return e.Name
}

func (c *cut) report(p *rule.Pass, groups []podGroup) {
	n := p.Network()
	if len(c.policies) == 0 {
		p.Unknown(fmt.Sprintf("%s cannot reach %s, and no policy says why", nameOf(c.flow.From), nameOf(c.flow.To)))
		return
	}
	isolated, component := c.flow.From, c.flow.From.Component()
	if c.direction == netpol.Ingress {
		isolated = c.flow.To
	}
	if component == "" {
		component = c.flow.To.Component()
	}
	policy := n.Policies[c.policies[0]]
	path, rules := rulesOf(policy, c.direction)
	p.Report(rule.Finding{
		Target: policy.Ref, Component: string(component),
		Path: fmt.Sprintf("%s#%s/%s/%s", path, nameOf(c.flow.From), nameOf(c.flow.To), c.portList("+")),
		Message: fmt.Sprintf("%s cannot reach %s on port %s (%s): %s isolates %s for %s and has %s",
			nameOf(c.flow.From), nameOf(c.flow.To), c.portList(", "), why(c.flow), c.policyNames(n), nameOf(isolated), c.direction, lacks(rules, len(c.policies))),
		Fixes: c.fixes(p, groups, isolated),
	})
}

// why is what stops without the flow, with what is only supposed about it.
func why(f airflow.Flow) string {
	if f.Note != "" {
		return f.Why + "; " + f.Note
	}
	return f.Why
}

func lacks(rules, policies int) string {
	switch {
	case policies > 1:
		return "no rule for it among them"
	case rules == 0:
		return "no rule"
	}
	return "no rule for it"
}

func (c *cut) portList(between string) string {
	var out []string
	for _, port := range c.ports {
		out = append(out, port.String())
	}
	return strings.Join(out, between)
}

func (c *cut) policyNames(n *netpol.Network) string {
	var names []string
	for _, i := range c.policies {
		names = append(names, n.Policies[i].Ref.Name)
	}
	if len(names) == 1 {
		return "policy " + names[0]
	}
	return "each of the policies " + andList(shortened(names))
}

// rulesOf is where a policy's rules for a direction stand, and how many there
// are. Where it has none, its types are what isolates.
func rulesOf(policy netpol.Policy, d netpol.Direction) (path string, count int) {
	path, count = "/spec/ingress", len(policy.Spec.Ingress)
	if d == netpol.Egress {
		path, count = "/spec/egress", len(policy.Spec.Egress)
	}
	if count == 0 && len(policy.Spec.PolicyTypes) > 0 {
		path = "/spec/policyTypes"
	}
	return path, count
}

// fixes add the planned policy of the pods that are isolated: rules of several
// policies add up. The chart's own list of sources is offered where the chart
// made the policy.
func (c *cut) fixes(p *rule.Pass, groups []podGroup, isolated airflow.End) []rule.Fix {
	var out []rule.Fix
	if key := ingressKey(p, isolated.Workload); key != "" && c.direction == netpol.Ingress && charted(p, p.Network().Policies[c.policies[0]].Object) {
		out = append(out, rule.Fix{Kind: rule.Values, Summary: "add " + nameOf(c.flow.From) + " to the list of sources", ValuesKey: key})
	}
	const words = "add a rule for it to the policy"
	i := slices.IndexFunc(groups, func(g podGroup) bool { return g.workload == isolated.Workload })
	if i < 0 {
		return append(out, rule.Fix{Kind: rule.Manual, Summary: words})
	}
	kept := func(n *netpol.Network) bool { return n.Judge(c.flow).State == netpol.Kept }
	fixes := policyFixes(p, groups[i], kept, words)
	if len(out) > 0 && fixes[0].Kind == rule.Manual {
		return out
	}
	return append(out, fixes...)
}

// ingressKey is the values path of the sources that the chart's own policy for
// a workload admits. Source: apache/airflow chart, templates/*/*-networkpolicy.yaml.
func ingressKey(p *rule.Pass, w *airflow.Workload) string {
	if w == nil {
		return ""
	}
	return p.ValuesKey(w, "", airflow.PolicySources)
}
