package rules

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var examplesOff = &rule.Rule{
	ID:       "AS515",
	Slug:     "examples-off",
	Title:    "Airflow's example DAGs are not loaded",
	Why:      "Whoever may trigger a DAG can trigger the examples, and some of them ran any command that their parameters held (CVE-2022-24288, CVE-2022-40127, CVE-2024-45498, CVE-2025-54941).",
	Fix:      "Set [core] load_examples to False.",
	Severity: rule.Medium,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"App"},
	Refs: []rule.Ref{
		owasp("K08"), mitre("T1059"),
		airflowDocs("Configuration reference: load_examples", "configurations-ref.html"),
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkExamplesOff,
}

// dagParsers fill the list of DAGs.
var dagParsers = []airflow.Component{airflow.Scheduler, airflow.DagProcessor}

// checkExamplesOff: images made from Apache's inherit a variable that switches
// the examples off, and nothing shows what an image was made from.
func checkExamplesOff(p *rule.Pass) {
	var list []airflow.Setting
	for _, s := range judgeable(p, p.Settings("core", "load_examples"), dagParsers...) {
		if s.Via == "default" {
			p.Unknown("[core] load_examples: nothing sets it but perhaps the image, which no object shows")
			continue
		}
		list = append(list, s)
	}
	for _, s := range oncePerValue(unsafeSettings(p, list)) {
		p.Report(unsafeFinding(p, expected{risk: "whoever may trigger a DAG can run the examples, which had flaws that run commands"}, s))
	}
}
