package rules

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// chartVariables are the variables of Airflow's options that a chart sets by itself.
// Sources: templates/_helpers.yaml of the official chart 1.15 to 1.22;
// templates/config/secret-config-envs.yaml of the community chart 8.9.0.
var chartVariables = map[airflow.Dialect]map[string]bool{
	airflow.Official: names(
		"AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__CORE__SQL_ALCHEMY_CONN", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__API__SECRET_KEY",
		"AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__WEBSERVER__SECRET_KEY", "AIRFLOW__CELERY__RESULT_BACKEND",
		"AIRFLOW__CELERY__CELERY_RESULT_BACKEND", "AIRFLOW__CELERY__BROKER_URL", "AIRFLOW__CELERY__FLOWER_BASIC_AUTH",
		"AIRFLOW__ELASTICSEARCH__HOST", "AIRFLOW__ELASTICSEARCH__ELASTICSEARCH_HOST", "AIRFLOW__OPENSEARCH__HOST", "AIRFLOW__CORE__EXECUTOR",
	),
	airflow.Community: names(
		"AIRFLOW__CORE__FERNET_KEY", "AIRFLOW__WEBSERVER__SECRET_KEY", "AIRFLOW__WEBSERVER__RBAC", "AIRFLOW__CORE__SQL_ALCHEMY_CONN_CMD",
		"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD", "AIRFLOW__CELERY__RESULT_BACKEND_CMD", "AIRFLOW__CELERY__BROKER_URL_CMD",
		"AIRFLOW__CELERY__FLOWER_BASIC_AUTH", "AIRFLOW__CORE__EXECUTOR", "AIRFLOW__CORE__DAGS_FOLDER", "AIRFLOW__CORE__LOAD_EXAMPLES",
		"AIRFLOW__CELERY__FLOWER_URL_PREFIX", "AIRFLOW__CELERY__WORKER_LOG_SERVER_PORT", "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT",
		"AIRFLOW__KUBERNETES__NAMESPACE", "AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE",
		"AIRFLOW__KUBERNETES__POD_TEMPLATE_FILE", "AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE",
	),
}

// chartConfig are the options of the table in the official chart's own
// airflow.cfg, each with its value; a template's value can be anything.
// Source: values.yaml of the official chart 1.15 to 1.22, config.
var chartConfig = map[string]string{
	"[core] dags_folder": templated, "[core] load_examples": "False", "[core] executor": templated, "[core] remote_logging": templated,
	"[core] auth_manager": fabAuthManager, "[core] execution_api_server_url": templated,
	"[logging] remote_logging": templated, "[metrics] statsd_on": templated, "[scheduler] statsd_on": templated,
	"[fab] enable_proxy_fix": "True", "[webserver] enable_proxy_fix": "True", "[webserver] rbac": "True",
	"[celery] flower_url_prefix": templated, "[scheduler] standalone_dag_processor": templated,
	"[dag_processor] dag_bundle_config_list": templated, "[kerberos] ccache": templated,
	"[kubernetes] namespace": templated, "[kubernetes_executor] namespace": templated,
	"[kubernetes] pod_template_file": templated, "[kubernetes_executor] pod_template_file": templated,
	"[kubernetes] multi_namespace_mode": templated, "[kubernetes_executor] multi_namespace_mode": templated,
}

const templated = "*"

func names(list ...string) map[string]bool {
	out := make(map[string]bool, len(list))
	for _, name := range list {
		out[name] = true
	}
	return out
}

// chartOwn tells the chart's own settings from those that the user gave.
type chartOwn struct {
	pass   *rule.Pass
	values map[string]any
	known  bool // the user's values are all there is to know
}

func newChartOwn(p *rule.Pass) chartOwn {
	return chartOwn{pass: p, values: p.Release().Values, known: p.Read(snapshot.ReleaseRecord)}
}

// set says whether the chart set something of its own accord: the user's
// values do not name it, and either they are known, or the chart is known to.
func (c chartOwn) set(s airflow.Setting) bool {
	if s.Via == "airflow.cfg" || strings.HasPrefix(s.Name, "[") {
		return !c.inConfig(s) && (c.known || c.defaults(s))
	}
	switch {
	case mentions(c.values, s.Name):
		return false
	case chartVariables[c.pass.Airflow().Dialect][s.Name]:
		return true
	case s.Ref.Kind == string(snapshot.Secret) || s.Ref.Kind == string(snapshot.ConfigMap):
		return c.known && !mentions(c.values, s.Ref.Name)
	}
	return c.known && !c.hidesNames()
}

// inConfig says whether the user's values hold an option of airflow.cfg.
// Airflow reads names of sections whatever their case.
func (c chartOwn) inConfig(s airflow.Setting) bool {
	name, key, _ := strings.Cut(strings.TrimPrefix(s.Name, "["), "] ")
	config, _ := (&given{pass: c.pass, values: c.values}).value("config").(map[string]any)
	for section, options := range config {
		if below, _ := options.(map[string]any); strings.EqualFold(section, name) && below[key] != nil {
			return true
		}
	}
	return false
}

// defaults says whether the official chart's own airflow.cfg holds the option with this value.
func (c chartOwn) defaults(s airflow.Setting) bool {
	value, has := chartConfig[s.Name]
	return has && c.pass.Airflow().Dialect == airflow.Official && (value == templated || sameValue(value, s.Value))
}

// hidesNames says that the values hold a text of variables, which is masked as a whole.
func (c chartOwn) hidesNames() bool {
	text, _ := c.values["extraEnv"].(string)
	return text != ""
}

// mentions says whether a key or a text below a value is or holds a word.
func mentions(node any, word string) bool {
	switch node := node.(type) {
	case map[string]any:
		for key, below := range node {
			if key == word || mentions(below, word) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(node, func(entry any) bool { return mentions(entry, word) })
	case string:
		return word != "" && holdsWord(node, word)
	}
	return false
}

// holdsWord looks for a word that no letter, digit or underscore goes on with.
func holdsWord(text, word string) bool {
	for {
		at := strings.Index(text, word)
		if at < 0 {
			return false
		}
		text = text[at+len(word):]
		if text == "" || !strings.ContainsAny(text[:1], "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") {
			return true
		}
	}
}
