package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var secretsBackendSet = &rule.Rule{
	ID:       "AS408",
	Slug:     "secrets-backend-set",
	Title:    "Connections and variables come from a secrets manager",
	Why:      "Without a secrets backend the passwords of all connections lie in the metadata database: whoever gets at the database or a backup of it, and the Fernet key, has them all, nobody sees who read which, and none of them changes unless somebody does it by hand.",
	Fix:      "Set [secrets] backend to the class of your secrets manager: Vault, AWS Secrets Manager or Parameter Store, Google Secret Manager or Azure Key Vault. `generate secrets` writes the values and the commands that move what is there today.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Sec"},
	Refs: []rule.Ref{
		cis("5.4.2"), owasp("K03"), mitre("T1552.001"),
		airflowDocs("Secrets backend", "security/secrets/secrets-backend/index.html"),
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkSecretsBackendSet,
}

// localBackends keep what they hold beside Airflow. Source: Airflow's secrets package.
var localBackends = []string{"LocalFilesystemBackend", "EnvironmentVariablesBackend", "MetastoreBackend"}

// backendAskers run or read DAGs, which is where connections are used.
var backendAskers = []airflow.Component{airflow.Scheduler, airflow.DagProcessor, airflow.Triggerer, airflow.Worker, airflow.TaskPod}

func checkSecretsBackendSet(p *rule.Pass) {
	var without []*airflow.Workload
	for _, w := range p.Workloads() {
		if _, found := w.Main(); !found || !slices.Contains(backendAskers, w.Component) {
			continue
		}
		p.Subjects++
		if !asksManager(p, w) {
			without = append(without, w)
		}
	}
	if len(without) > 0 {
		reportNoBackend(p, without)
	}
}

// asksManager says that a component has a backend outside the cluster's own means, or may have.
func asksManager(p *rule.Pass, w *airflow.Workload) bool {
	return slices.ContainsFunc(backendUses(p, w), func(u backendUse) bool {
		return isHidden(p, u.class) || !slices.Contains(localBackends, u.className())
	})
}

// reportNoBackend is one finding for all components, at the first of them.
func reportNoBackend(p *rule.Pass, without []*airflow.Workload) {
	var components []airflow.Component
	for _, w := range without {
		if !slices.Contains(components, w.Component) {
			components = append(components, w.Component)
		}
	}
	main, _ := without[0].Main()
	s, exists := p.SettingIn(without[0], main.Name, "secrets", "backend")
	if !exists {
		p.Subjects = 0 // Airflow before 1.10.10 has no such option
		return
	}
	message := fmt.Sprintf("no secrets backend is set %s: connections and variables come from the metadata database", inComponents(components))
	if !s.Default && s.Value != "" {
		message = fmt.Sprintf("the secrets backend %s is no secrets manager: it reads what lies beside Airflow", s.Value[strings.LastIndex(s.Value, ".")+1:])
	}
	f := settingFinding(s, message, settingFixes(p, s, "name the class of your secrets manager's backend"))
	f.Message = message
	p.Report(f)
}
