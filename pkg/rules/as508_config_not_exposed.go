package rules

import (
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var configNotExposed = &rule.Rule{
	ID:       "AS508",
	Slug:     "config-not-exposed",
	Title:    "Airflow's configuration is not shown in its pages and API",
	Why:      "Whoever may open the configuration page reads database, broker and backend addresses and, with expose_config on, their passwords and Airflow's own keys. The milder non-sensitive-only has leaked them several times (CVE-2023-45348, CVE-2023-46288, CVE-2024-31869).",
	Fix:      "Set expose_config to False.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Web"},
	Refs: []rule.Ref{
		owasp("K08"), mitre("T1552.001"),
		airflowDocs("Configuration reference: expose_config", "configurations-ref.html"),
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkConfigNotExposed,
}

// partly shows all options but those that Airflow counts as sensitive.
const partly = "non-sensitive-only"

func checkConfigNotExposed(p *rule.Pass) {
	for _, section := range []string{"webserver", "api"} {
		var rest []airflow.Setting
		for _, s := range webSettings(p, section, "expose_config") {
			if !strings.EqualFold(strings.TrimSpace(s.Value), partly) {
				rest = append(rest, s)
				continue
			}
			p.Subjects++
			f := settingFinding(s, settingName(s)+" is "+partly+": it hides only what Airflow knows to be sensitive", safeFixes(p, s, "set it to False"))
			f.Severity = rule.Low
			p.Report(f)
		}
		for _, s := range oncePerValue(unsafeSettings(p, rest)) {
			p.Report(unsafeFinding(p, expected{risk: "whoever may open the page reads every option, with its passwords and keys"}, s))
		}
	}
}
