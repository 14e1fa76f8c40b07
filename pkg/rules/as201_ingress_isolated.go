package rules

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var ingressIsolated = &rule.Rule{
	ID:       "AS201",
	Slug:     "ingress-isolated",
	Title:    "Every pod of the release is selected by a NetworkPolicy for ingress",
	Why:      "A pod that no policy selects accepts connections from every pod of the cluster. An attacker in any of them, a neighbour's web application for instance, talks to the scheduler, the workers' log servers and the exporters as if all of them were meant for him.",
	Fix:      "Give each component a policy for ingress that admits only those who need it, and the namespace a default deny.",
	Severity: rule.High,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Patch, rule.Manual},
	Topics:   []string{"K8s", "App"},
	Refs: []rule.Ref{
		cis("5.3.2"), nsa("Network separation: Network policies"), owasp("K05"), mitre("T1046"), mitre("T1613"),
	},
	Needs: policyNeeds,
	Uses:  isolationUses,
	Check: func(p *rule.Pass) { checkIsolated(p, netpol.Ingress) },
}

// isolationUses: policies of other engines are only told of.
var isolationUses = append(flowUses[:len(flowUses):len(flowUses)], snapshot.PolicyEngines)
