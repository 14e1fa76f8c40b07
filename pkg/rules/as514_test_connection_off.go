package rules

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var testConnectionOff = &rule.Rule{
	ID:       "AS514",
	Slug:     "test-connection-off",
	Title:    "Nobody tests connections from the pages",
	Why:      "The test runs in the web tier with whatever the user typed in: editors of connections then reach hosts inside the network, read files and, through some drivers, run code there (CVE-2023-37379).",
	Fix:      "Set [core] test_connection to Disabled.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"App"},
	Refs: []rule.Ref{
		owasp("K09"), mitre("T1190"),
		airflowDocs("Managing connections: testing connections", "howto/connection.html"),
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: func(p *rule.Pass) {
		checkExpected(p, expected{
			section: "core", key: "test_connection", components: webComponents,
			risk: "whoever may edit connections makes the web tier connect to whatever he types in",
		})
	},
}
