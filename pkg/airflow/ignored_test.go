package airflow

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func TestHides(t *testing.T) {
	const cfg = "[database]\nsql_alchemy_conn = new\nsql_alchemy_conn_cmd = cat /dsn\n[core]\nsql_alchemy_conn = old"
	const env = `envFrom: [{secretRef: {name: dsn}}]
env: [{name: AIRFLOW__CORE__SQL_ALCHEMY_CONN, value: a}, {name: AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_SECRET, value: b}, {name: AIRFLOW__DATABASE__SQL_ALCHEMY_CONN, value: c}]`
	const dsn = "apiVersion: v1\nkind: Secret\nmetadata: {name: dsn}\ndata: {AIRFLOW__DATABASE__SQL_ALCHEMY_CONN: ZA==}"
	got := New(load(t, scheduler("apache/airflow:2.9.3", env, cfg, dsn))).Settings("database", "sql_alchemy_conn")[0]
	hides := make([]string, 0, len(got.Hides))
	for _, h := range got.Hides {
		hides = append(hides, h.Name+" via "+h.Via)
	}
	const want = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN via secret, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_SECRET via backend, " +
		"AIRFLOW__CORE__SQL_ALCHEMY_CONN via env, [database] sql_alchemy_conn via airflow.cfg, [core] sql_alchemy_conn via airflow.cfg, " +
		"[database] sql_alchemy_conn_cmd via cmd"
	if all := strings.Join(hides, ", "); got.Value != "c" || all != want {
		t.Errorf("%q hides\n%s\nwant\n%s", got.Value, all, want)
	}
}

func TestIgnored(t *testing.T) {
	tests := []struct{ name, image, env, cfg, want string }{
		{"the old name of a moved option", "apache/airflow:3.1.0", "", "[webserver]\ncookie_secure = True",
			"[webserver] cookie_secure is not read by Airflow 3.1.0: the option is [fab] cookie_secure; False counts"},
		{"an old name that is still read", "apache/airflow:3.1.0", "AIRFLOW__WEBSERVER__EXPOSE_CONFIG=False", "[webserver]\nsecret_key = a", ""},
		{"the fab provider of the first 3.0", "apache/airflow:3.0.0", "", "[webserver]\ncookie_secure = True\nenable_proxy_fix = True",
			"[webserver] cookie_secure is not read by Airflow 3.0.0: the option is [fab] cookie_secure; False counts\n" +
				"[webserver] enable_proxy_fix is not read by Airflow 3.0.0: the option is [fab] enable_proxy_fix; False counts"},
		{"the web key of the first 3.0", "apache/airflow:3.0.1", "AIRFLOW__API__SECRET_KEY=x", "",
			"AIRFLOW__API__SECRET_KEY is not read by Airflow 3.0.1: the option is [webserver] secret_key;  counts"},
		{"the old web key since 3.0.2", "apache/airflow:3.0.2", "AIRFLOW__WEBSERVER__SECRET_KEY=x", "", ""},
		{"base_url before its old name came back", "apache/airflow:3.1.5", "AIRFLOW__WEBSERVER__BASE_URL=x", "",
			"AIRFLOW__WEBSERVER__BASE_URL is not read by Airflow 3.1.5: the option is [api] base_url;  counts"},
		{"base_url under its old name again", "apache/airflow:3.1.6", "AIRFLOW__WEBSERVER__BASE_URL=x", "", ""},
		{"the login limit under both names", "apache/airflow:2.10.5", "AIRFLOW__FAB__AUTH_RATE_LIMITED=True", "[webserver]\nauth_rate_limited = False",
			"[webserver] auth_rate_limited has no effect: AIRFLOW__FAB__AUTH_RATE_LIMITED comes first; True counts"},
		{"a name of Airflow 1", "apache/airflow:1.10.15", "AIRFLOW__CELERY__CELERY_BROKER_URL_CMD=x", "", ""},
		{"a name of Airflow 1 in Airflow 2", "apache/airflow:2.0.1", "AIRFLOW__CELERY__CELERY_SSL_ACTIVE=True", "",
			"AIRFLOW__CELERY__CELERY_SSL_ACTIVE is not read by Airflow 2.0.1: the option is [celery] ssl_active; False counts"},
		{"webserver_config.py by another name before 2.7", "apache/airflow:2.6.3", "AIRFLOW__WEBSERVER__CONFIG_FILE=/x.py", "",
			"AIRFLOW__WEBSERVER__CONFIG_FILE is not read by Airflow 2.6.3: the option came with 2.7; instead: upgrade Airflow"},
		{"a name that moved twice", "apache/airflow:3.0.2", "AIRFLOW__API__AUTH_BACKEND=x", "",
			"AIRFLOW__API__AUTH_BACKEND is not read by Airflow 3.0.2: the option is [fab] auth_backends; airflow.providers.fab.auth_manager.api.auth.backend.session counts"},
		{"the new name before its time", "apache/airflow:2.10.5", "AIRFLOW__FAB__COOKIE_SECURE=True", "",
			"AIRFLOW__FAB__COOKIE_SECURE is not read by Airflow 2.10.5: the option is [webserver] cookie_secure; False counts"},
		{"a name of the fab provider that 2.x reads", "apache/airflow:2.10.5", "AIRFLOW__FAB__AUTH_RATE_LIMITED=True", "", ""},
		{"an option that is not there yet", "apache/airflow:2.6.3", "", "[core]\ntest_connection = Disabled",
			"[core] test_connection is not read by Airflow 2.6.3: the option came with 2.7; instead: upgrade Airflow"},
		{"an option that is gone", "apache/airflow:3.0.2", "", "[core]\nenable_xcom_pickling = False",
			"[core] enable_xcom_pickling is not read by Airflow 3.0.2: the option is gone since 3.0"},
		{"a section that is gone", "apache/airflow:3.0.2", "AIRFLOW__KUBERNETES__VERIFY_SSL=True", "",
			"AIRFLOW__KUBERNETES__VERIFY_SSL is not read by Airflow 3.0.2: the option is [kubernetes_executor] verify_ssl; True counts"},
		{"a command for an option that takes none", "apache/airflow:2.9.3", "AIRFLOW__CORE__TEST_CONNECTION_CMD=x", "",
			"AIRFLOW__CORE__TEST_CONNECTION_CMD is not read: Airflow 2.9.3 takes this option from no command; Disabled counts"},
		{"the secrets backend before 1.10.12", "apache/airflow:1.10.11", "AIRFLOW__CORE__FERNET_KEY_SECRET=x", "",
			"AIRFLOW__CORE__FERNET_KEY_SECRET is not read: Airflow 1.10.11 takes this option from no secrets backend;  counts"},
		{"sensitive since 2.6", "apache/airflow:2.5.3", "AIRFLOW__SECRETS__BACKEND_KWARGS_CMD=x", "",
			"AIRFLOW__SECRETS__BACKEND_KWARGS_CMD is not read: Airflow 2.5.3 takes this option from no command;  counts"},
		{"sensitive now", "apache/airflow:2.6.3", "AIRFLOW__SECRETS__BACKEND_KWARGS_CMD=x", "", ""},
		{"airflow.cfg behind a variable", "apache/airflow:2.9.3", "AIRFLOW__CORE__UNIT_TEST_MODE=True", "[core]\nunit_test_mode = False",
			"[core] unit_test_mode has no effect: AIRFLOW__CORE__UNIT_TEST_MODE comes first; True counts"},
		{"airflow.cfg behind Apache's image", "apache/airflow:2.9.3", "", "[core]\nload_examples = True",
			"[core] load_examples has no effect: AIRFLOW__CORE__LOAD_EXAMPLES of Apache's image comes first; false counts"},
		{"single arguments of the backend before 3.2", "apache/airflow:3.1.0", "AIRFLOW__SECRETS__BACKEND_KWARG__URL=x", "",
			"AIRFLOW__SECRETS__BACKEND_KWARG__URL is not read by Airflow 3.1.0: it came with 3.2; instead: put it into [secrets] backend_kwargs"},
		{"single arguments of the backend", "apache/airflow:3.2.0", "AIRFLOW__SECRETS__BACKEND_KWARG__URL=x", "", ""},
		{"a section called as a variable", "apache/airflow:3.1.0", "", "[AIRFLOW__FAB__COOKIE_SECURE]\nvalue = True\n[AIRFLOW__CORP__KEY]\nvalue = x",
			"[AIRFLOW__FAB__COOKIE_SECURE] value is not read: it stands in a section of airflow.cfg that is called as a variable is; False counts"},
		{"a section called as an old variable", "apache/airflow:3.1.0", "", "[AIRFLOW__WEBSERVER__COOKIE_SECURE]\nvalue = True",
			"[AIRFLOW__WEBSERVER__COOKIE_SECURE] value is not read: it stands in a section of airflow.cfg that is called as a variable is; False counts"},
		{"a section called as a variable of long ago", "apache/airflow:3.0.2", "", "[AIRFLOW__CORE__ENABLE_XCOM_PICKLING]\nvalue = True",
			"[AIRFLOW__CORE__ENABLE_XCOM_PICKLING] value is not read: it stands in a section of airflow.cfg that is called as a variable is"},
		{"names that nobody knows", "apache/airflow:3.2.0", "AIRFLOW__CORP__KEY=x", "[corp]\nkey = x", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			env := "env: []"
			if name, value, set := strings.Cut(tt.env, "="); set {
				env = fmt.Sprintf("env: [{name: %s, value: %q}]", name, value)
			}
			list, unread := New(load(t, scheduler(tt.image, env, tt.cfg, ""))).Ignored()
			lines := make([]string, 0, len(list))
			for _, i := range list {
				line := i.Name + " " + i.Why
				if i.Wins.Via != "" {
					line += "; " + i.Wins.Value + " counts"
				}
				if i.Gone != "" {
					line += "; instead: " + i.Gone
				}
				lines = append(lines, line)
			}
			if got := strings.Join(lines, "\n"); got != tt.want || len(unread) > 0 {
				t.Errorf("got  %s %v\nwant %s", got, unread, tt.want)
			}
		})
	}
}

func TestIgnoredMayBeMore(t *testing.T) {
	s := load(t, scheduler("apache/airflow:3.1.0", "envFrom: [{secretRef: {name: keys}}]", "", ""))
	unread(s, snapshot.Secret, snapshot.Forbidden)
	if _, why := New(s).Ignored(); !slices.Equal(why, []string{"Secret objects were not read (forbidden)"}) {
		t.Errorf("got %v", why)
	}
	if list, why := New(load(t, scheduler("apache/airflow:latest", "env: []", "", ""))).Ignored(); len(list) > 0 || len(why) != 1 {
		t.Errorf("without a version: %v, %v", list, why)
	}
}
