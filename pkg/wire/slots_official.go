package wire

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// officialSlots: sources are templates/secrets, templates/_helpers.yaml and
// check-values.yaml of the official chart, 1.15 to 1.22, and its subchart
// postgresql 13.2.24.
var officialSlots = []slot{
	{
		name: "fernet-key", what: "the Fernet key", data: one("fernet-key", variable("AIRFLOW__CORE__FERNET_KEY")),
		secret: "fernetKeySecretName", section: "core", option: "fernet_key", builtIn: []string{"AIRFLOW__CORE__FERNET_KEY"}, clear: []string{"fernetKey"},
	},
	{
		name: "webserver-secret-key", what: "the webserver's secret key", when: before3, data: one("webserver-secret-key", variable("AIRFLOW__WEBSERVER__SECRET_KEY")),
		secret: "webserverSecretKeySecretName", section: "webserver", option: "secret_key", builtIn: []string{"AIRFLOW__WEBSERVER__SECRET_KEY"}, clear: []string{"webserverSecretKey"},
	},
	{
		name: "api-secret-key", what: "the API server's secret key", when: since3, data: one("api-secret-key", variable("AIRFLOW__API__SECRET_KEY")),
		secret: "apiSecretKeySecretName", section: "api", option: "secret_key", builtIn: []string{"AIRFLOW__API__SECRET_KEY"}, clear: []string{"apiSecretKey", "webserverSecretKey"},
	},
	{
		name: "jwt-secret", what: "the key that signs API tokens", when: since3, data: one("jwt-secret", variable("AIRFLOW__API_AUTH__JWT_SECRET")),
		secret: "jwtSecretName", section: "api_auth", option: "jwt_secret", builtIn: []string{"AIRFLOW__API_AUTH__JWT_SECRET"},
		only: []airflow.Component{airflow.APIServer, airflow.Scheduler}, clear: []string{"jwtSecret"},
	},
	{
		name: "metadata-connection", what: "the address of the metadata database, with its password",
		data: []slotKey{
			{key: "connection", field: "value", find: variable("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN")},
			{key: "kedaConnection", field: "keda", find: variable("KEDA_DB_CONN"), optional: true},
		},
		secret: "data.metadataSecretName", section: "database", option: "sql_alchemy_conn", pinned: usesKeda,
		builtIn: []string{"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW_CONN_AIRFLOW_DB"}, clear: []string{"data.metadataConnection.pass"},
	},
	{
		name: "result-backend", what: "the address of Celery's result backend, with its password", data: one("connection", variable("AIRFLOW__CELERY__RESULT_BACKEND")),
		secret: "data.resultBackendSecretName", section: "celery", option: "result_backend", builtIn: []string{"AIRFLOW__CELERY__RESULT_BACKEND"},
		clear: []string{"data.resultBackendConnection.pass"},
	},
	{
		name: "broker-url", what: "the broker's address, with its password", data: one("connection", variable("AIRFLOW__CELERY__BROKER_URL")),
		// Its key is always set: the chart refuses redis.passwordSecretName without it.
		secret: "data.brokerUrlSecretName", section: "celery", option: "broker_url",
		builtIn: []string{"AIRFLOW__CELERY__BROKER_URL"}, clear: []string{"data.brokerUrl"},
	},
	{
		name: "redis-password", what: "the password of the chart's Redis", data: one("password", variable("REDIS_PASSWORD", airflow.Broker)),
		secret: "redis.passwordSecretName", clear: []string{"redis.password"},
	},
	{
		name: "flower-basic-auth", what: "Flower's user and password", data: one("basicAuth", variable("AIRFLOW__CELERY__FLOWER_BASIC_AUTH", airflow.Flower)),
		secret: "flower.secretName", clear: []string{"flower.username", "flower.password"},
	},
	{
		name: "elasticsearch-connection", what: "the address of Elasticsearch, with its password", data: one("connection", variable("AIRFLOW__ELASTICSEARCH__HOST")),
		secret: "elasticsearch.secretName", dropped: []string{"elasticsearch.connection"},
	},
	{
		name: "opensearch-connection", what: "the address of OpenSearch, with its password", data: one("connection", variable("AIRFLOW__OPENSEARCH__HOST")),
		secret: "opensearch.secretName", dropped: []string{"opensearch.connection"},
	},
	{
		name: "git-ssh-key", what: "the key that git-sync logs in with", data: one("gitSshKey", mounted("git-sync-ssh-key", "gitSshKey")),
		secret: "dags.gitSync.sshKeySecret", clear: []string{"dags.gitSync.sshKey"},
	},
	{
		name: "git-credentials", what: "the user and password that git-sync logs in with",
		data: []slotKey{
			{key: "GIT_SYNC_USERNAME", field: "username", find: variable("GIT_SYNC_USERNAME")},
			{key: "GIT_SYNC_PASSWORD", field: "password", find: variable("GIT_SYNC_PASSWORD")},
			{key: "GITSYNC_USERNAME", field: "username", find: variable("GITSYNC_USERNAME")},
			{key: "GITSYNC_PASSWORD", field: "password", find: variable("GITSYNC_PASSWORD")},
		},
		secret: "dags.gitSync.credentialsSecret",
	},
	{
		name: "registry", what: "the login to the image registry", when: noPullSecrets, data: one(".dockerconfigjson", pulling),
		secret: "registry.secretName", kind: "kubernetes.io/dockerconfigjson", dropped: []string{"registry.connection"},
	},
	{
		name: "postgresql", what: "the passwords of the chart's PostgreSQL",
		data: []slotKey{
			{field: "password", find: variable("POSTGRES_PASSWORD", airflow.Database)},
			{field: "postgres-password", find: variable("POSTGRES_POSTGRES_PASSWORD", airflow.Database), optional: true},
			{field: "replication-password", find: variable("POSTGRES_REPLICATION_PASSWORD", airflow.Database), optional: true},
		},
		secret: "postgresql.auth.existingSecret",
		clear:  []string{"postgresql.auth.postgresPassword", "postgresql.auth.password", "postgresql.auth.replicationPassword"},
	},
	{
		name: "pgbouncer-config", what: "PgBouncer's settings and its users' passwords",
		data: []slotKey{
			{key: "pgbouncer.ini", field: "ini", find: mounted("pgbouncer-config", "pgbouncer.ini", airflow.PgBouncer)},
			{key: "users.txt", field: "users", find: mounted("pgbouncer-config", "users.txt", airflow.PgBouncer)},
		},
		secret: "pgbouncer.configSecretName", clear: []string{"data.metadataConnection.pass", "data.resultBackendConnection.pass"},
	},
	{
		name: "pgbouncer-stats", what: "the address that PgBouncer's exporter asks",
		data:   []slotKey{{key: "connection", field: "value", find: variable("DATABASE_URL", airflow.PgBouncer), named: "pgbouncer.metricsExporterSidecar.statsSecretKey"}},
		secret: "pgbouncer.metricsExporterSidecar.statsSecretName",
	},
}

// noPullSecrets says that the user names no pull Secrets in the list that wins over registry.
func noPullSecrets(m *airflow.Model) bool {
	list, _ := m.UserValue([]string{"imagePullSecrets"}).([]any)
	return len(list) == 0
}
