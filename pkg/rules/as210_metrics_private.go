package rules

import "github.com/airflowsec/kubectl-airflowsec/pkg/rule"

var metricsPrivate = &rule.Rule{
	ID:       "AS210",
	Slug:     "metrics-private",
	Title:    "Metrics are sent to and read from the release only by named sources",
	Why:      "Exporters tell whoever asks which DAGs run, how the pools are filled and which database stands behind them: a map for an attacker. Whoever reaches the statsd or OpenTelemetry port writes false numbers, and hides an attack among them.",
	Fix:      "Isolate statsd, the OpenTelemetry collector and the exporters for ingress; admit Airflow's pods and Prometheus by their labels.",
	Severity: rule.Low,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Patch, rule.Manual},
	Topics:   []string{"K8s"},
	Refs: []rule.Ref{
		cis("5.3.2"), nsa("Network separation: Network policies"), owasp("K05"), mitre("T1046"), mitre("T1613"),
	},
	Needs: policyNeeds,
	Uses:  flowUses,
	Check: checkMetrics,
}

// checkMetrics looks at every port that only serves metrics, of whatever component.
func checkMetrics(p *rule.Pass) {
	var doors []door
	for _, g := range podGroups(p) {
		doors = append(doors, doorsOf(p, g, servesMetrics)...)
	}
	checkDoors(p, doors, unnamed, "for metrics is open to sources that nothing names")
}
