package rules

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var stackTracesHidden = &rule.Rule{
	ID:       "AS509",
	Slug:     "stack-traces-hidden",
	Title:    "Error pages tell visitors nothing about code and hosts",
	Why:      "A stack trace hands whoever provokes an error the paths, library versions and values of the code, and a host name tells him which pod he talks to: both shorten the way to the next step.",
	Fix:      "Set expose_stacktrace and expose_hostname to False.",
	Severity: rule.Low,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Web"},
	Refs: []rule.Ref{
		owasp("K08"), mitre("T1592"),
		airflowDocs("Configuration reference: expose_stacktrace", "configurations-ref.html"),
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkStackTracesHidden,
}

func checkStackTracesHidden(p *rule.Pass) {
	const trace, host = "errors show visitors the code's paths and values", "errors show visitors the pod's name"
	checkExpected(p,
		expected{section: "webserver", key: "expose_stacktrace", risk: trace, components: webComponents},
		expected{section: "api", key: "expose_stacktrace", risk: trace, components: webComponents},
		expected{section: "webserver", key: "expose_hostname", risk: host, components: webComponents},
	)
	if !usesFAB(p) {
		return
	}
	checkExpected(p, expected{section: "fab", key: "expose_hostname", risk: host, components: webComponents})
	for _, s := range judgeable(p, p.WebserverConfig("FAB_API_SHOW_STACKTRACE")) {
		p.Subjects++
		if isOn(s) {
			p.Report(settingFinding(s, "FAB_API_SHOW_STACKTRACE is on in webserver_config.py: "+trace, settingFixes(p, s, "leave FAB_API_SHOW_STACKTRACE out")))
		}
	}
}
