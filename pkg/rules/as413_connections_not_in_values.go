package rules

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var connectionsNotInValues = &rule.Rule{
	ID:       "AS413",
	Slug:     "connections-not-in-values",
	Title:    "No connection, variable or user with a credential is declared in the values",
	Why:      "A connection is the key to another system, and a user's password the door to Airflow. Declared in values, both stand in Git and in Helm's record of each revision, outside of Airflow's encryption and of what its users may see. Keys and passwords of the release itself are AS402's.",
	Fix:      "Keep connections and variables in a secrets manager that Airflow asks by a secrets backend, let users sign in by single sign-on, and change what was declared.",
	Severity: rule.High,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Sec"},
	Refs: []rule.Ref{
		owasp("K03"), mitre("T1552.001"), airflowDocs("Secrets backend", "security/secrets/secrets-backend/index.html"),
	},
	Needs: []snapshot.Kind{snapshot.ReleaseRecord},
	Check: checkConnectionsNotInValues,
}

func checkConnectionsNotInValues(p *rule.Pass) { reportValues(p, true, readsValues) }
