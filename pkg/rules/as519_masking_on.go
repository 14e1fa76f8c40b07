package rules

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var maskingOn = &rule.Rule{
	ID:       "AS519",
	Slug:     "masking-on",
	Title:    "Airflow masks secrets in its pages and logs",
	Why:      "Variables, connections and whatever tasks print of them then stand in clear in the pages and in logs that far more people may read than may edit connections.",
	Fix:      "Keep hide_sensitive_var_conn_fields True, min_length_masked_secret at its default and the log level at INFO.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"App"},
	Refs: []rule.Ref{
		owasp("K08"), mitre("T1552.001"),
		airflowDocs("Masking sensitive data", "security/secrets/mask-sensitive-values.html"),
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkMaskingOn,
}

func checkMaskingOn(p *rule.Pass) {
	const shown, debug = "passwords of variables and connections stand in pages and logs", "libraries then log requests with their credentials"
	checkExpected(p,
		expected{section: "admin", key: "hide_sensitive_variable_fields", components: dagComponents, risk: shown},
		expected{section: "core", key: "hide_sensitive_var_conn_fields", components: dagComponents, risk: shown},
		expected{section: "core", key: "logging_level", components: dagComponents, risk: debug},
		expected{section: "logging", key: "logging_level", components: dagComponents, risk: debug},
		expected{section: "logging", key: "min_length_masked_secret", components: dagComponents, risk: "shorter secrets are not masked"},
		expected{section: "core", key: "mask_secrets_content_patterns", components: dagComponents, severity: rule.Low,
			risk: "tokens are masked by their names alone, and not by what they look like"},
	)
}
