package rules

import (
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

var logServersPrivate = &rule.Rule{
	ID:       "AS205",
	Slug:     "log-servers-private",
	Title:    "The log servers of workers, triggerer and scheduler accept only the web server",
	Why:      "Workers, triggerer and a scheduler that runs tasks serve their logs over plain HTTP and trust whoever signs with the web server's key. An attacker who reaches the port and has that key, often a published one, reads what tasks print: queries, personal data, now and then a password.",
	Fix:      "Isolate these pods for ingress and admit only the web server or API server on the log port.",
	Severity: rule.High,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Patch, rule.Manual},
	Topics:   []string{"Work"},
	Refs: []rule.Ref{
		cis("5.3.2"), nsa("Network separation: Network policies"), owasp("K05"), mitre("T1046"),
		airflowDocs("Serving logs from workers", "administration-and-deployment/logging-monitoring/logging-tasks.html"),
	},
	Needs: flowNeeds,
	Uses:  flowUses,
	Check: checkLogServers,
}

// logFlows are the needed connections to log servers.
var logFlows = []string{"worker-logs", "triggerer-logs", "scheduler-logs"}

func checkLogServers(p *rule.Pass) {
	groups := podGroups(p)
	var doors []door
	for _, g := range groups {
		for _, f := range p.Flows() {
			if f.To.Workload != g.workload || !slices.Contains(logFlows, f.ID) {
				continue
			}
			for _, port := range f.Ports {
				if !slices.ContainsFunc(doors, func(d door) bool { return d.group.workload == g.workload && d.port == port }) {
					doors = append(doors, doorAt(g, port))
				}
			}
		}
	}
	checkDoors(p, doors, unneeded(p, groups), "is open to those who do not need the logs")
}
