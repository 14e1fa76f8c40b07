package rules

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

var flowerPrivate = &rule.Rule{
	ID:       "AS209",
	Slug:     "flower-private",
	Title:    "Flower is reachable only from named sources",
	Why:      "Flower shows every task with its arguments and lets whoever reaches it stop workers and revoke tasks, often without a login. An attacker in any pod of the cluster reads what tasks are given and halts the queue.",
	Fix:      "Isolate Flower for ingress and admit only the ingress controller or proxy in front of it, by labels or addresses.",
	Severity: rule.High,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Patch, rule.Manual},
	Topics:   []string{"Flower"},
	Refs: []rule.Ref{
		cis("5.3.2"), nsa("Network separation: Network policies"), owasp("K05"), owasp("K06"), mitre("T1190"), mitre("T1046"),
	},
	Needs: policyNeeds,
	Uses:  flowUses,
	Check: checkFlower,
}

func checkFlower(p *rule.Pass) {
	var doors []door
	for _, g := range podGroups(p) {
		if g.workload.Component == airflow.Flower {
			doors = append(doors, doorsOf(p, g, func(airflow.NamedPort) bool { return true })...)
		}
	}
	checkDoors(p, doors, unnamed, "is open to sources that nothing names")
}
