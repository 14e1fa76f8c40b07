package rules

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var noFraming = &rule.Rule{
	ID:       "AS511",
	Slug:     "no-framing",
	Title:    "No other site can show Airflow's pages in a frame",
	Why:      "A foreign page can lay Airflow's pages invisibly over its own, so that a logged-in user who thinks he clicks there triggers or deletes DAGs here.",
	Fix:      "Set [webserver] x_frame_enabled to False: against its name, that is what sends the header.",
	Severity: rule.Low,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Web"},
	Refs: []rule.Ref{
		owasp("K08"), mitre("T1189"),
		airflowDocs("Webserver: rendering Airflow UI in a web frame", "security/webserver.html"),
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: func(p *rule.Pass) {
		checkExpected(p, expected{
			section: "webserver", key: "x_frame_enabled", components: webComponents,
			risk: "no X-Frame-Options header is sent, so other sites may show the pages in a frame",
		})
	},
}
