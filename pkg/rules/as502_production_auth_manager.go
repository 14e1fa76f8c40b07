package rules

import (
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var productionAuthManager = &rule.Rule{
	ID:       "AS502",
	Slug:     "production-auth-manager",
	Title:    "Logins are handled by an auth manager made for production",
	Why:      "The simple auth manager is for development: it prints generated passwords into the API server's log and keeps them in a plain file, has no lockout, and cannot take a user's access away.",
	Fix:      "Set [core] auth_manager to the FAB, Keycloak or a cloud provider's auth manager.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Web"},
	Refs: []rule.Ref{
		owasp("K09"), mitre("T1078"), mitre("T1552.001"),
		airflowDocs("Simple auth manager", "core-concepts/auth-manager/simple/index.html"),
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkProductionAuthManager,
}

const fabAuthManager = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"

func checkProductionAuthManager(p *rule.Pass) {
	settings := webSettings(p, "core", "auth_manager")
	for _, s := range settings {
		p.Subjects++
		if strings.Contains(s.Value, "SimpleAuthManager") {
			p.Report(settingFinding(s, fmt.Sprintf("%s is the simple auth manager, which is for development", settingName(s)), safeFixes(p, s, "set it to "+fabAuthManager)))
		}
	}
	if id := p.Airflow(); len(settings) == 0 && (id.Major == 1 || id.Major == 2) { // before 2.7 there was nothing to choose
		for _, w := range p.Workloads() {
			if w.Component == airflow.Webserver {
				p.Subjects++
			}
		}
	}
}
