package wire

import (
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// communitySlots: sources are templates/_helpers/pods.tpl and
// templates/config/secret-config-envs.yaml of the community chart 8.9.0 and its
// subcharts postgresql 8.6.4 and redis 10.5.7.
var communitySlots = []slot{
	{
		name: "fernet-key", what: "the Fernet key", data: one("value", variable("AIRFLOW__CORE__FERNET_KEY")),
		section: "core", option: "fernet_key", clear: []string{"airflow.fernetKey"},
	},
	{
		name: "webserver-secret-key", what: "the webserver's secret key", data: one("value", variable("AIRFLOW__WEBSERVER__SECRET_KEY")),
		section: "webserver", option: "secret_key", clear: []string{"airflow.webserverSecretKey"},
	},
	{
		name: "database-password", what: "the password of the chart's PostgreSQL", when: has(airflow.Database),
		data: []slotKey{
			// The subchart reads this key, whatever postgresql.existingSecretKey says.
			{key: "postgresql-password", field: "value", find: variable("DATABASE_PASSWORD"), named: "postgresql.existingSecretKey"},
			{key: "postgresql-replication-password", field: "replication", find: variable("POSTGRES_REPLICATION_PASSWORD", airflow.Database), optional: true},
		},
		secret: "postgresql.existingSecret",
		clear:  []string{"postgresql.postgresqlPassword", "postgresql.replication.password"},
	},
	{
		name: "database-password", what: "the password of the metadata database", when: lacks(airflow.Database),
		data:   []slotKey{{key: "password", field: "value", find: variable("DATABASE_PASSWORD"), named: "externalDatabase.passwordSecretKey"}},
		secret: "externalDatabase.passwordSecret", clear: []string{"externalDatabase.password"},
	},
	{
		name: "redis-password", what: "the password of the chart's Redis", when: has(airflow.Broker),
		data:   []slotKey{{key: "redis-password", field: "value", find: variable("REDIS_PASSWORD"), named: "redis.existingSecretPasswordKey"}},
		secret: "redis.existingSecret", clear: []string{"redis.password"},
	},
	{
		name: "redis-password", what: "the broker's password", when: lacks(airflow.Broker),
		data:   []slotKey{{key: "password", field: "value", find: variable("REDIS_PASSWORD"), named: "externalRedis.passwordSecretKey"}},
		secret: "externalRedis.passwordSecret", clear: []string{"externalRedis.password"},
	},
	{
		name: "flower-basic-auth", what: "Flower's user and password",
		data:   []slotKey{{key: "basic-auth", field: "value", find: variable("AIRFLOW__CELERY__FLOWER_BASIC_AUTH"), named: "flower.basicAuthSecretKey"}},
		secret: "flower.basicAuthSecret", clear: []string{"airflow.config.AIRFLOW__CELERY__FLOWER_BASIC_AUTH"},
	},
	{
		name: "git-ssh-key", what: "the key that git-sync logs in with",
		data:   []slotKey{{key: "id_rsa", field: "value", find: mounted("git-secret", ""), named: "dags.gitSync.sshSecretKey"}},
		secret: "dags.gitSync.sshSecret",
	},
	{
		name: "git-credentials", what: "the user and password that git-sync logs in with",
		data: []slotKey{
			{key: "username", field: "username", find: variable("GIT_SYNC_USERNAME"), named: "dags.gitSync.httpSecretUsernameKey"},
			{key: "password", field: "password", find: variable("GIT_SYNC_PASSWORD"), named: "dags.gitSync.httpSecretPasswordKey"},
		},
		secret: "dags.gitSync.httpSecret",
	},
	{
		name: "registry", what: "the login to the image registry", data: one(".dockerconfigjson", pulling),
		secret: "airflow.image.pullSecret", kind: "kubernetes.io/dockerconfigjson",
	},
	{
		name: "webserver-config", what: "webserver_config.py, which holds secrets", when: secretIn("web.webserverConfig.stringOverride"),
		data:   one("webserver_config.py", mounted("webserver-config", "webserver_config.py")),
		secret: "web.webserverConfig.existingSecret", clear: []string{"web.webserverConfig.stringOverride"},
	},
	{
		name: "local-settings", what: "airflow_local_settings.py, which holds secrets", when: secretIn("airflow.localSettings.stringOverride"),
		data:   one("airflow_local_settings.py", mounted("airflow-local-settings", "airflow_local_settings.py")),
		secret: "airflow.localSettings.existingSecret", clear: []string{"airflow.localSettings.stringOverride"},
	},
}

func lacks(c airflow.Component) func(*airflow.Model) bool {
	return func(m *airflow.Model) bool { return !m.Has(c) }
}

// secretIn says that a text of the user's values holds something masked.
func secretIn(key string) func(*airflow.Model) bool {
	return func(m *airflow.Model) bool {
		reachable := m.Reachable(key)
		return reachable != "" && holdsMasked(m.UserValue(strings.Split(reachable, ".")))
	}
}
