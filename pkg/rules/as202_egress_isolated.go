package rules

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

var egressIsolated = &rule.Rule{
	ID:       "AS202",
	Slug:     "egress-isolated",
	Title:    "Every pod of the release is selected by a NetworkPolicy for egress",
	Why:      "Airflow runs code that others wrote. A pod that no policy selects for egress lets that code reach every pod of the cluster, the node's metadata service and the internet: to steal an identity, to look around, and to carry data away.",
	Fix:      "Give each component a policy for egress that allows only what it needs, and the namespace a default deny.",
	Severity: rule.High,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Patch, rule.Manual},
	Topics:   []string{"Work"},
	Refs: []rule.Ref{
		cis("5.3.2"), nsa("Network separation: Network policies"), owasp("K05"), owasp("K08"), mitre("T1046"), mitre("T1613"),
	},
	Needs: policyNeeds,
	Uses:  isolationUses,
	Check: func(p *rule.Pass) { checkIsolated(p, netpol.Egress) },
}
