package rules

import (
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

var dataStoresPrivate = &rule.Rule{
	ID:       "AS204",
	Slug:     "data-stores-private",
	Title:    "Database, PgBouncer and broker accept only the components that need them",
	Why:      "Who reaches the database tries its password, often a published one, and with it reads and writes every connection, variable and user. Who reaches the broker puts tasks into the queue, and the workers run them.",
	Fix:      "Isolate each store for ingress and admit only the components with a connection to it, on its own port.",
	Severity: rule.Critical,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Patch, rule.Manual},
	Topics:   []string{"DB", "Redis"},
	Refs: []rule.Ref{
		cis("5.3.2"), nsa("Network separation: Network policies"), owasp("K05"), mitre("T1046"), mitre("T1190"),
		airflowDocs("Security Model", "security/security_model.html"),
	},
	Needs: flowNeeds,
	Uses:  flowUses,
	Check: checkDataStores,
}

// dataStores are what holds the release's state. Their exporters' ports are for AS210.
var dataStores = []airflow.Component{airflow.Database, airflow.PgBouncer, airflow.Broker}

func checkDataStores(p *rule.Pass) {
	groups := podGroups(p)
	var doors []door
	for _, g := range groups {
		if slices.Contains(dataStores, g.workload.Component) {
			doors = append(doors, doorsOf(p, g, func(port airflow.NamedPort) bool { return !servesMetrics(port) })...)
		}
	}
	checkDoors(p, doors, unneeded(p, groups), "is open to those who do not need the store")
}
