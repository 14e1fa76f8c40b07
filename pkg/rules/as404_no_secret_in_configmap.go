package rules

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var noSecretInConfigMap = &rule.Rule{
	ID:       "AS404",
	Slug:     "no-secret-in-configmap",
	Title:    "No ConfigMap holds a credential",
	Why:      "ConfigMaps are not made for secrets: the usual read-only role shows them, they are not encrypted with Secrets, and every pod that mounts airflow.cfg or webserver_config.py hands them to the code it runs. The task pod's template is AS403's, what stands in a URL AS412's.",
	Fix:      "Move the credential into a Secret, let Airflow read it from a variable or a mounted file, then change it: it has been read.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Sec"},
	Refs: []rule.Ref{
		owasp("K03"), mitre("T1552.001"), nsa("Authentication and authorization"),
		airflowDocs("Setting configuration options", "howto/set-config.html"),
		{Source: "Kubernetes documentation", ID: "ConfigMaps", URL: "https://kubernetes.io/docs/concepts/configuration/configmap/"},
	},
	Needs: []snapshot.Kind{snapshot.ConfigMap},
	Uses:  snapshot.Workloads,
	Check: checkNoSecretInConfigMap,
}

func checkNoSecretInConfigMap(p *rule.Pass) {
	places, texts := clearInMaps(p)
	p.Subjects += texts
	for _, c := range places {
		c.report(p, false, func(inClear) []rule.Fix { return c.fixes(p) })
	}
}
