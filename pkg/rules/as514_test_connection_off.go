package rules

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var testConnectionOff = &rule.Rule{
	ID:       "AS514",
	Slug:     "test-connection-off",
	Title:    "Nobody tests connections from the pages, or names drivers in them",
	Why:      "The test runs in the web tier with whatever the user typed in: editors of connections then reach hosts inside the network, read files and, through some drivers, run code there (CVE-2023-37379). A driver that a connection names is code that every task with it runs (CVE-2023-22886).",
	Fix:      "Set [core] test_connection to Disabled, and allow_driver_path_in_extra, allow_driver_class_in_extra and allow_driver_in_extra to False.",
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
	Check: checkConnectionEditors,
}

// checkConnectionEditors says nothing of Airflow before 2.7, where everybody
// tests connections and no option changes that.
func checkConnectionEditors(p *rule.Pass) {
	if len(p.Settings("core", "test_connection")) == 0 {
		return
	}
	const driver = "whoever may edit connections chooses the driver that tasks load, and with it code that they run"
	checkExpected(p,
		expected{section: "core", key: "test_connection", components: webComponents,
			risk: "whoever may edit connections makes the web tier connect to whatever he types in"},
		expected{section: "providers.jdbc", key: "allow_driver_path_in_extra", components: dagComponents, risk: driver},
		expected{section: "providers.jdbc", key: "allow_driver_class_in_extra", components: dagComponents, risk: driver},
		expected{section: "providers.odbc", key: "allow_driver_in_extra", components: dagComponents, risk: driver},
	)
}
