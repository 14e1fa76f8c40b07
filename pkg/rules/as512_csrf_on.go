package rules

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var csrfOn = &rule.Rule{
	ID:       "AS512",
	Slug:     "csrf-on",
	Title:    "Forms are protected against requests from other sites",
	Why:      "Without that protection any page that somebody opens while logged in can send Airflow's forms in his name: trigger DAGs, change connections, make an administrator.",
	Fix:      "Leave WTF_CSRF_ENABLED at True, and WTF_CSRF_CHECK_DEFAULT alone.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Web"},
	Refs: []rule.Ref{
		owasp("K09"), mitre("T1190"),
		{Source: "Flask-WTF documentation", ID: "Configuration", URL: "https://flask-wtf.readthedocs.io/en/stable/config.html"},
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkCSRF,
}

// csrfNames switch the protection. The last is what Airflow 1.10's template calls it.
var csrfNames = []string{"WTF_CSRF_ENABLED", "WTF_CSRF_CHECK_DEFAULT", "CSRF_ENABLED"}

func checkCSRF(p *rule.Pass) {
	names := csrfNames
	if p.Airflow().Major > 1 {
		names = csrfNames[:2]
	}
	for _, file := range loginFiles(p) {
		p.Subjects++
		for _, name := range names {
			if s, off := first(p, file.Values(name), saysNo); off {
				p.Report(fileFinding(p, s, "any page that a logged-in user opens can act in his name: "+name+" is off", "leave "+name+" out, or set it to True"))
				break
			}
		}
	}
}
