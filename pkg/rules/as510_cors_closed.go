package rules

import (
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var corsClosed = &rule.Rule{
	ID:       "AS510",
	Slug:     "cors-closed",
	Title:    "Other sites may call Airflow's API only where they are named",
	Why:      "Any page that a logged-in user opens may then call the API from his browser and read the answers: connections, logs and runs of the whole Airflow.",
	Fix:      "Leave access_control_allow_origins empty, or name the exact https origins that need it.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Web"},
	Refs: []rule.Ref{
		owasp("K08"), mitre("T1189"),
		airflowDocs("API security: CORS", "security/api.html"),
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkCORSClosed,
}

func checkCORSClosed(p *rule.Pass) {
	for _, key := range []string{"access_control_allow_origin", "access_control_allow_origins"} {
		o := expected{section: "api", key: key, risk: "every site that a user visits may call the API in his name", components: webComponents}
		checkExpected(p, o)
		for _, s := range webSettings(p, o.section, o.key) {
			reportClearOrigins(p, s)
		}
	}
}

// reportClearOrigins finds origins without TLS: whoever sits on the way writes their pages.
func reportClearOrigins(p *rule.Pass, s airflow.Setting) {
	for _, origin := range airflow.Words(s.Value) {
		if strings.HasPrefix(strings.ToLower(origin), "http://") {
			f := settingFinding(s, fmt.Sprintf("%s lets pages without TLS call the API: %s", settingName(s), origin), settingFixes(p, s, "name https origins only"))
			f.Severity = rule.Medium
			p.Report(f)
		}
	}
}
