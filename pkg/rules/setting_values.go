package rules

import (
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// settingValue is what may be written for an option without anybody's
// decision: one literal with which every working Airflow goes on working.
type settingValue struct {
	options []string // as [section] key, under each name that some version has for it
	// value is empty where somebody decides; of makes one that hangs on the profile.
	value string
	of    func(*rule.Pass) string
	// fits says where the value needs no decision; nil is everywhere.
	fits func(*rule.Pass, airflow.Setting) bool
	// asks says why somebody decides, where nobody else can.
	asks string
}

// settingValues is every option whose safe value is one literal, or looks as if it were. Sources: Airflow's
// configuration reference for what each does; a value that is the default of a version is what most run with.
var settingValues = []settingValue{
	{options: []string{"[webserver] expose_config", "[api] expose_config"}, value: "False"},
	{options: []string{"[webserver] expose_hostname", "[fab] expose_hostname"}, value: "False"},
	{options: []string{"[webserver] expose_stacktrace", "[api] expose_stacktrace"}, value: "False"},
	{options: []string{"[webserver] x_frame_enabled"}, value: "False"}, // Airflow shows none of its own pages in a frame
	{options: []string{"[webserver] cookie_secure", "[fab] cookie_secure"}, value: "True", fits: countsOverHTTPS,
		asks: "once users come over https alone, because over http nobody can log in then"},
	{options: []string{"[webserver] cookie_samesite", "[fab] cookie_samesite"}, value: "Lax", fits: unset,
		asks: "unless Airflow stands in another site's frame or a login comes back as another site's form: those need None"},
	{options: []string{"[webserver] session_lifetime_minutes", "[fab] session_lifetime_minutes", "[webserver] force_log_out_after"}, of: boundInMinutes},
	{options: []string{"[webserver] session_lifetime_days"}, of: boundInDays, asks: "in session_lifetime_minutes where that is less than a day"},
	{options: []string{"[api_auth] jwt_expiration_time"}, of: boundInSeconds},                      // tasks and the command line have lifetimes of their own
	{options: []string{"[webserver] session_backend", "[fab] session_backend"}, value: "database"}, // the default; migrations make its table
	{options: []string{"[webserver] auth_rate_limited", "[fab] auth_rate_limited"}, value: "True", fits: countedTogether, asks: sharedFirst},
	{options: []string{"[webserver] auth_rate_limit", "[fab] auth_rate_limit"}, value: "5 per 40 second", fits: countedTogether, asks: sharedFirst},
	{options: []string{"[webserver] enable_proxy_fix", "[fab] enable_proxy_fix"}, value: "True", fits: behindHTTPSProxy,
		asks: "if what ends TLS sets X-Forwarded headers"},
	{options: []string{"[core] test_connection"}, value: "Disabled"},
	{options: []string{"[core] load_examples"}, value: "False"},
	{options: []string{"[core] hide_sensitive_var_conn_fields", "[admin] hide_sensitive_variable_fields"}, value: "True"},
	{options: []string{"[core] logging_level", "[logging] logging_level"}, value: "INFO"},
	{options: []string{"[logging] min_length_masked_secret"}, value: "5"},
	{options: []string{"[core] mask_secrets_content_patterns"}, asks: "after a look at what it costs, because every line of every log is searched then"},
	{options: []string{"[core] enable_xcom_pickling"}, asks: "once no DAG hands on what is not JSON: those fail then, and values that were pickled before are not read any more"},
	{options: []string{"[core] donot_pickle"}, asks: "once every worker has the DAG files itself: those without get them pickled"},
	{options: []string{"[api] enable_xcom_deserialize_support"}, asks: "once no caller of the API asks for objects: those requests are refused then"},
	{options: []string{"[core] use_historical_filename_templates", "[logging] use_historical_filename_templates"},
		asks: "once nobody has to read logs that were written under older names: they are not found then"},
	{options: []string{"[providers.jdbc] allow_driver_path_in_extra", "[providers.jdbc] allow_driver_class_in_extra", "[providers.odbc] allow_driver_in_extra"},
		asks: "once no connection names its driver itself: those fail then"},
	{options: []string{"[keycloak_auth_manager] server_url"}, asks: "once Keycloak answers there"},
	{options: []string{"[core] allowed_deserialization_classes", "[core] allowed_deserialization_classes_regexp"}, asks: "and name the classes that your DAGs hand on, which nothing else shows"},
	{options: []string{"[api] access_control_allow_origin", "[api] access_control_allow_origins"}, asks: "and name the sites of your own that call the API, which nothing else shows"},
	{options: []string{"[core] unit_test_mode"}, asks: "after a look at what Airflow's settings for tests replace until then, its database for one"},
	{options: []string{"[webserver] rbac"}, asks: "and give people accounts to log in with"},
	{options: []string{"[api] auth_backend", "[api] auth_backends", "[fab] auth_backends"}, asks: "and give whoever calls the API an account"},
	{options: []string{"[fab] auth_role_public"}, asks: "and give whoever reads without a login an account"},
	{options: []string{"[core] simple_auth_manager_all_admins"}, asks: "and give people accounts to log in with"},
	{options: []string{"[core] auth_manager"}, asks: "with its provider in the image and accounts to log in with"},
}

const sharedFirst = "with RATELIMIT_STORAGE_URI in webserver_config.py, because several processes count logins here"

// valueOf is an option's row; false where its value is no literal anyway.
func valueOf(s airflow.Setting) (settingValue, bool) {
	i := slices.IndexFunc(settingValues, func(v settingValue) bool { return slices.Contains(v.options, "["+s.Section+"] "+s.Key) })
	if i < 0 {
		return settingValue{}, false
	}
	return settingValues[i], true
}

// literal is what to write for a setting; empty where somebody decides.
func (v settingValue) literal(p *rule.Pass, s airflow.Setting) string {
	switch {
	case v.fits != nil && !v.fits(p, s):
		return ""
	case v.of != nil:
		return v.of(p)
	}
	return v.value
}

// safeFixes are settingFixes with the value to write, or with the reason why
// somebody decides. Only a key that holds this one option can be written:
// lists of variables and whole files are the user's own.
func safeFixes(p *rule.Pass, s airflow.Setting, order string) []rule.Fix {
	row, found := valueOf(s)
	value := ""
	if found {
		value = row.literal(p, s)
	}
	if value == "" && row.asks != "" {
		order += ", " + row.asks
	}
	fixes := settingFixes(p, s, order)
	if value != "" && holdsOneOption(settingKey(p, s)) {
		fixes[0].Value = value // a text, as the charts' own values have it
	}
	return fixes
}

func holdsOneOption(key string) bool {
	return (strings.HasPrefix(key, "config.") || strings.HasPrefix(key, "airflow.config.")) && !isIndirect(key)
}

func boundInMinutes(p *rule.Pass) string { return strconv.Itoa(int(sessionBound(p))) }

func boundInSeconds(p *rule.Pass) string { return strconv.Itoa(60 * int(sessionBound(p))) }

func boundInDays(p *rule.Pass) string {
	if days := int(sessionBound(p)) / dayMinutes; days > 0 {
		return strconv.Itoa(days)
	}
	return ""
}

// unset says that nobody has chosen the value that is there.
func unset(_ *rule.Pass, s airflow.Setting) bool { return s.Default }

// countedTogether says that a limit on logins holds as it is: no finding about how they are counted takes its place.
func countedTogether(p *rule.Pass, s airflow.Setting) bool {
	trial := *p
	trial.Findings, trial.Unknowns = nil, nil
	checkShared(&trial, s)
	return len(trial.Findings) == 0
}
