package collect

import (
	"regexp"
	"strings"
	"testing"
)

func testMasker(t testing.TB) *masker {
	t.Helper()
	m, err := newMasker()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var anyToken = regexp.MustCompile(`⟦secret [0-9a-f]+((?: published:[a-z0-9-]+)*)(?: shape:[a-z0-9-]+)* size:\d+( fernet)?⟧`)

// short writes tokens as «», «published ids» or «fernet», for tables.
func short(text string) string {
	return anyToken.ReplaceAllStringFunc(text, func(token string) string {
		found := anyToken.FindStringSubmatch(token)
		return "«" + strings.TrimSpace(strings.ReplaceAll(found[1], " published:", " ")+found[2]) + "»"
	})
}

func TestMaskURL(t *testing.T) {
	m := testMasker(t)
	for _, c := range []struct{ text, want string }{
		{"postgresql://postgres:postgres@rel-postgresql.airflow:5432/postgres?sslmode=disable", "postgresql://«postgres»:«postgres»@rel-postgresql.airflow:5432/«postgres»?sslmode=disable"},
		{"db+postgresql://u:p%40ss@h1:5432,h2:5432/db", "db+postgresql://«»:«»@h1:5432,h2:5432/«»"},
		{"redis://:hunter2@rel-redis:6379/0", "redis://:«»@rel-redis:6379/0"},
		{"rediss://default@redis/1?ssl_cert_reqs=CERT_NONE", "rediss://«»@redis/1?ssl_cert_reqs=CERT_NONE"},
		{"redis://redis:6379/0", "redis://redis:6379/0"},
		{"amqp://guest:guest@rabbit//", "amqp://«guest»:«guest»@rabbit//"},
		{"sentinel://:pw@s1:26379;sentinel://:pw@s2:26379", "sentinel://«»"},
		{"mysql+pymysql://u:p@[fd00::1]:3306/a", "mysql+pymysql://«»:«»@[fd00::1]:3306/«»"},
		{"postgresql://u:p@h/d?sslmode=verify-full&sslrootcert=/etc/ssl/ca.crt&password=x&options=-c%20a", "postgresql://«»:«»@h/«»?sslmode=verify-full&sslrootcert=/etc/ssl/ca.crt&password=«»&options=«»"},
		{"postgresql://u:p@h/d?sslmode=hunter2", "postgresql://«»:«»@h/«»?sslmode=«»"},
		{"https://hooks.example.com/services/T0/B0/XYZ", "https://hooks.example.com/«»"},
		{"https://ghp_token@github.com/o/r.git", "https://«»@github.com/«»"},
		{"http://rel-api-server:8080/execution/", "http://rel-api-server:8080/execution/"},
		{"https://h/?hunter2", "https://h/?«»"},
		{"https://h/#hunter2", "https://h/#«»"},
		{"postgresql://u:p/w@host/db", "postgresql://«»"},
		{"postgresql://u:p@ss/w@host/db", "postgresql://«»"},
		{"postgresql://u:p?w@host/db", "postgresql://«»"},
		{"postgresql://u:p w@host/db", "postgresql://«»"},
		{"https://h\nhunter2", "https://«»"},
		{"redis://:p@-hunter2", "redis://:«»@«»"},
		{"redis://:$(REDIS_PASSWORD)@redis:6379/0", "redis://:$(REDIS_PASSWORD)@redis:6379/0"},
		{"https://host:hunter2/", "https://host:«»/"},
		{"git@github.com:example/dags.git", "git@github.com:«»"},
		{"ssh://git@github.com/example/dags.git", "ssh://git@github.com/«»"},
		{"hunter2://h", "«»"},
		{"git@github.com", "«»"},
		{"user@host:22/x", "«»"},
		{"jdbc:postgresql://h/d", "«»"},
	} {
		if got := short(m.text(c.text)); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestMaskURLUnescapesCredentials(t *testing.T) {
	m := testMasker(t)
	if a, b := m.text("redis://:p%40ss@h"), m.token("p@ss"); !strings.Contains(a, b) {
		t.Errorf("%s does not hold the token of the password as it is in the Secret", short(a))
	}
}

func TestMaskEnv(t *testing.T) {
	m := testMasker(t)
	for _, c := range []struct{ name, value, want string }{
		{"AIRFLOW__CORE__EXECUTOR", "CeleryExecutor,KubernetesExecutor", "CeleryExecutor,KubernetesExecutor"},
		{"AIRFLOW__API__AUTH_BACKENDS", "airflow.api.auth.backend.default", "airflow.api.auth.backend.default"},
		{"AIRFLOW__WEBSERVER__BASE_URL", "https://u:p@airflow.example.com/airflow", "https://«»:«»@airflow.example.com/airflow"},
		{"AIRFLOW__API__ACCESS_CONTROL_ALLOW_ORIGINS", "https://a.example.com,https://b.example.com", "https://a.example.com,https://b.example.com"},
		{"AIRFLOW__CORE__FERNET_KEY", "7T512UXSSmBOkpWimFHIVb8jK6lfmSAvx4mO6Arehnc=", "«community-fernet-key fernet»"},
		{"AIRFLOW__CORE__FERNET_KEY_CMD", "cat /run/secrets/fernet", "«»"},
		{"AIRFLOW__CORE__FERNET_KEY_SECRET", "fernet", "«»"},
		{"AIRFLOW__WEBSERVER__SECRET_KEY", "true", "true"},
		{"AIRFLOW__WEBSERVER__SECRET_KEY", "12345", "«»"},
		{"AIRFLOW__CORE__PARALLELISM", "32", "32"},
		{"AIRFLOW__SMTP__SMTP_PASSWORD", "hunter2", "«»"},
		{"AIRFLOW__SECRETS__BACKEND_KWARGS", `{"url":"https://vault:8200","token":"hvs.x","auth_type":"token","retries":3,"pin":1234}`, `{"auth_type":"token","pin":"«»","retries":3,"token":"«»","url":"https://vault:8200"}`},
		{"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://airflow:airflow@pg/airflow", "postgresql://«airflow»:«airflow»@pg/airflow"},
		{"AIRFLOW__CELERY__FLOWER_BASIC_AUTH", "admin:admin,ops:hunter2", "«admin»:«admin»,«»:«»"},
		{"AIRFLOW__KUBERNETES_ENVIRONMENT_VARIABLES__AWS_SECRET_ACCESS_KEY", "hunter2", "«»"},
		{"AIRFLOW__KUBERNETES_ENVIRONMENT_VARIABLES__AIRFLOW__CORE__EXECUTOR", "LocalExecutor", "LocalExecutor"},
		{"AIRFLOW_CONN_DB", "postgresql://u:p@h/db", "postgresql://«»:«»@h/«»"},
		{"AIRFLOW_CONN_DB", `{"conn_type":"postgres","password":"hunter2","port":5432}`, `{"conn_type":"postgres","password":"«»","port":5432}`},
		{"AIRFLOW_VAR_FLAG", "true", "«»"},
		{"FLOWER_UNAUTHENTICATED_API", "true", "true"},
		{"ALLOW_EMPTY_PASSWORD", "yes", "yes"},
		{"TZ", "Etc/UTC", "Etc/UTC"},
		{"DATABASE_PROPERTIES", "?sslmode=require&password=x", "?sslmode=require&password=«»"},
		{"SOME_PORT", "5432", "5432"},
		{"API_TOKEN", "5432", "«»"},
		{"API_TOKEN", "$(OTHER_TOKEN)", "$(OTHER_TOKEN)"},
		{"API_TOKEN", "$(OTHER_TOKEN)x", "«»"},
		{"ANYTHING", "hunter2", "«»"},
		{"ANYTHING", "", ""},
		{"REDIS_CONNECTION_CMD", `echo -n "redis://$(eval $REDIS_PASSWORD_CMD)${REDIS_HOST}:${REDIS_PORT}/1"`, `echo -n "redis://$(eval $REDIS_PASSWORD_CMD)«»"`},
		{"DATABASE_SQLALCHEMY_CMD", `echo -n "postgresql+psycopg2://$(eval $DATABASE_USER_CMD):$(eval $DATABASE_PASSWORD_CMD)@${DATABASE_HOST}:${DATABASE_PORT}/${DATABASE_DB}"`,
			`echo -n "postgresql+psycopg2://$(eval $DATABASE_USER_CMD):$(eval $DATABASE_PASSWORD_CMD)@${DATABASE_HOST}:${DATABASE_PORT}/${DATABASE_DB}"`},
	} {
		if got := short(m.envValue(c.name, c.value)); got != c.want {
			t.Errorf("%s=%s:\n got %s\nwant %s", c.name, c.value, got, c.want)
		}
	}
}
