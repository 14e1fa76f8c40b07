package rules

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var noSecretInValues = &rule.Rule{
	ID:       "AS402",
	Slug:     "no-secret-in-values",
	Title:    "The values hold no credential in clear",
	Why:      "Values stand in Git, in CI logs and in Helm's own record of each revision. Whoever may read one of them takes the credential, and changing it later leaves it in all of them. Connections, variables and users are AS413's; what the chart makes of a value is judged where it ends up.",
	Fix:      "Put the credential into a Secret that the chart does not make, name that Secret in the values, then change the credential: it has been read.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Sec", "Cfg"},
	Refs: []rule.Ref{
		owasp("K03"), mitre("T1552.001"), nsa("Authentication and authorization"),
		{Source: "Helm documentation", ID: "storage of releases", URL: "https://helm.sh/docs/topics/advanced/#storage-backends"},
	},
	Needs: []snapshot.Kind{snapshot.ReleaseRecord},
	Check: checkNoSecretInValues,
}

// readsValues says who can read what stands in values.
const readsValues = "whoever may read the Git repository of the values, or the Secret in which Helm keeps the release, can use it"

func checkNoSecretInValues(p *rule.Pass) { reportValues(p, false, readsValues) }
