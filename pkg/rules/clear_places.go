package rules

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/secret"
)

// clearPlace is a place in a chart's values where a credential can stand, and
// how the same chart takes it from a Secret.
type clearPlace struct {
	// path is the values path; [] stands for any entry of a list, * for any key,
	// and ** at the beginning for any keys before.
	path string
	// what is the credential; empty where its name or shape tells.
	what string
	// scent is how sure it is that what stands there is a credential.
	scent secret.Scent
	// declared says that it belongs to what Airflow keeps in its own database:
	// connections, variables and users (AS413).
	declared bool
	// key is the values key that takes it from elsewhere, and order what to write there.
	key, order string
}

const (
	envFromSecret  = "give the variable valueFrom.secretKeyRef instead of value, with a Secret of your own"
	optionByEnv    = "take the option from a Secret of your own as the variable AIRFLOW__SECTION__KEY"
	secretOutside  = "make the Secret outside of the chart, by hand or by a secrets operator, and name it where it is used"
	codeReadsEnv   = "let the file read it from an environment variable, and give that by a Secret of your own"
	backendInstead = "keep connections and variables in a secrets manager and set a secrets backend, or give each as a variable from a Secret of your own"
	usersByHand    = "set it to false and create users by hand or by single sign-on"
	keyText        = " with the key "
	// theList stands for the list that the entry is in.
	theList = "."
)

// clearPlaces are the places of both charts. Sources: their values.yaml and
// templates; the data keys are those that the templates read.
var clearPlaces = map[airflow.Dialect][]clearPlace{
	airflow.Official: {
		{path: "fernetKey", what: "the Fernet key", scent: secret.Sure, key: "fernetKeySecretName", order: "name a Secret of your own" + keyText + "fernet-key"},
		{path: "webserverSecretKey", what: "the web secret key", scent: secret.Sure, key: "webserverSecretKeySecretName", order: "name a Secret of your own" + keyText + "webserver-secret-key"},
		{path: "apiSecretKey", what: "the API secret key", scent: secret.Sure, key: "apiSecretKeySecretName", order: "name a Secret of your own" + keyText + "api-secret-key"},
		{path: "jwtSecret", what: "the JWT key", scent: secret.Sure, key: "jwtSecretName", order: "name a Secret of your own" + keyText + "jwt-secret"},
		{path: "data.metadataConnection.pass", what: "the database password", scent: secret.Sure, key: "data.metadataSecretName", order: "name a Secret of your own" + keyText + "connection"},
		{path: "data.resultBackendConnection.pass", what: "the result backend's password", scent: secret.Sure, key: "data.resultBackendSecretName", order: "name a Secret of your own" + keyText + "connection"},
		{path: "data.brokerUrl", what: "the broker's password", key: "data.brokerUrlSecretName", order: "name a Secret of your own" + keyText + "connection"},
		{path: "redis.password", what: "the broker's password", scent: secret.Sure, key: "redis.passwordSecretName", order: "name a Secret of your own" + keyText + "password, and one" + keyText + "connection in data.brokerUrlSecretName"},
		{path: "postgresql.auth.postgresPassword", what: "the database password", scent: secret.Sure, key: "postgresql.auth.existingSecret", order: "name a Secret of your own" + keyText + "postgres-password"},
		{path: "postgresql.auth.password", what: "the database password", scent: secret.Sure, key: "postgresql.auth.existingSecret", order: "name a Secret of your own" + keyText + "password"},
		{path: "postgresql.auth.replicationPassword", what: "the database's replication password", scent: secret.Sure, key: "postgresql.auth.existingSecret", order: "name a Secret of your own" + keyText + "replication-password"},
		{path: "createUserJob.defaultUser.password", what: "an Airflow user's password", scent: secret.Sure, declared: true, key: "createUserJob.enabled", order: usersByHand},
		{path: "webserver.defaultUser.password", what: "an Airflow user's password", scent: secret.Sure, declared: true, key: "webserver.defaultUser.enabled", order: usersByHand},
		{path: "flower.password", what: "Flower's password", scent: secret.Sure, key: "flower.secretName", order: "name a Secret of your own" + keyText + "basicAuth"},
		{path: "registry.connection.pass", what: "the image registry's password", scent: secret.Sure, key: "registry.secretName", order: "name a Secret of your own of the type kubernetes.io/dockerconfigjson" + keyText + ".dockerconfigjson"},
		{path: "elasticsearch.connection.pass", what: "the Elasticsearch password", scent: secret.Sure, key: "elasticsearch.secretName", order: "name a Secret of your own" + keyText + "connection"},
		{path: "opensearch.connection.pass", what: "the OpenSearch password", scent: secret.Sure, key: "opensearch.secretName", order: "name a Secret of your own" + keyText + "connection"},
		{path: "pgbouncer.ssl.key", what: "PgBouncer's private key", scent: secret.Sure, key: "pgbouncer.extraVolumes", order: "mount a Secret of your own there and in pgbouncer.extraVolumeMounts, and name its file in pgbouncer.extraIni"},
		{path: "pgbouncer.extraIni", key: "pgbouncer.configSecretName", order: "name a Secret of your own with the keys pgbouncer.ini and users.txt"},
		{path: "pgbouncer.extraIniMetadata", key: "pgbouncer.configSecretName", order: "name a Secret of your own with the keys pgbouncer.ini and users.txt"},
		{path: "pgbouncer.extraIniResultBackend", key: "pgbouncer.configSecretName", order: "name a Secret of your own with the keys pgbouncer.ini and users.txt"},
		{path: "dags.gitSync.sshKey", what: "the Git deploy key", scent: secret.Sure, key: "dags.gitSync.sshKeySecret", order: "name a Secret of your own" + keyText + "gitSshKey"},
		{path: "dags.gitSync.repo", what: "the Git login", key: "dags.gitSync.credentialsSecret", order: "name a Secret of your own with the keys GIT_SYNC_USERNAME, GIT_SYNC_PASSWORD, GITSYNC_USERNAME and GITSYNC_PASSWORD"},
		{path: "kerberos.keytabBase64Content", what: "the Kerberos keytab", scent: secret.Sure, order: "make the Secret that ends in -kerberos-keytab yourself" + keyText + "kerberos.keytab"},
		{path: "extraSecrets.*.data", scent: secret.Sure, key: "extraSecrets", order: secretOutside},
		{path: "extraSecrets.*.data.*", scent: secret.Sure, key: "extraSecrets", order: secretOutside},
		{path: "extraSecrets.*.stringData", scent: secret.Sure, key: "extraSecrets", order: secretOutside},
		{path: "extraSecrets.*.stringData.*", scent: secret.Sure, key: "extraSecrets", order: secretOutside},
		{path: "extraConfigMaps.**", key: "extraConfigMaps", order: "keep it in a Secret of your own instead of a ConfigMap"},
		{path: "config.**", key: "secret", order: optionByEnv + " (envName, secretName, secretKey)"},
		{path: "env[].value", key: "secret", order: "give the variable there by envName, secretName and secretKey, from a Secret of your own"},
		{path: "dags.gitSync.env[].value", key: "dags.gitSync.credentialsSecret", order: "name a Secret of your own with the keys GIT_SYNC_USERNAME, GIT_SYNC_PASSWORD, GITSYNC_USERNAME and GITSYNC_PASSWORD"},
		{path: "**.env[].value", key: theList, order: envFromSecret},
		{path: "extraEnv", key: "extraEnv", order: envFromSecret},
		{path: "webserver.webserverConfig", key: "webserver.webserverConfig", order: codeReadsEnv},
		{path: "apiServer.apiServerConfig", key: "apiServer.apiServerConfig", order: codeReadsEnv},
		{path: "airflowLocalSettings", key: "airflowLocalSettings", order: codeReadsEnv},
		{path: "podTemplate", key: "podTemplate", order: envFromSecret},
	},
	airflow.Community: {
		{path: "airflow.fernetKey", what: "the Fernet key", scent: secret.Sure, key: "airflow.fernetKey", order: "set it to an empty text and take AIRFLOW__CORE__FERNET_KEY from a Secret of your own in airflow.extraEnv"},
		{path: "airflow.webserverSecretKey", what: "the web secret key", scent: secret.Sure, key: "airflow.webserverSecretKey", order: "set it to an empty text and take AIRFLOW__WEBSERVER__SECRET_KEY from a Secret of your own in airflow.extraEnv"},
		{path: "airflow.users[].password", what: "an Airflow user's password", scent: secret.Sure, declared: true, key: "airflow.usersTemplates", order: "name a Secret of your own there (kind, name, key), and write ${NAME} as the password"},
		{path: "airflow.connections[].password", what: "a connection's password", scent: secret.Sure, declared: true, key: "airflow.connectionsTemplates", order: "name a Secret of your own there (kind, name, key), and write ${NAME} as the password"},
		{path: "airflow.connections[].**", declared: true, key: "airflow.connectionsTemplates", order: "name a Secret of your own there (kind, name, key), and write ${NAME} in its place"},
		{path: "airflow.variables[].value", declared: true, key: "airflow.variablesTemplates", order: "name a Secret of your own there (kind, name, key), and write ${NAME} as the value"},
		{path: "airflow.pools[].**", declared: true, key: "airflow.pools", order: "take it out: a pool needs no credential"},
		{path: "airflow.config.*", key: "airflow.extraEnv", order: "give the variable there, with valueFrom.secretKeyRef and a Secret of your own"},
		{path: "airflow.extraEnv[].value", key: "airflow.extraEnv", order: envFromSecret},
		{path: "airflow.localSettings.stringOverride", key: "airflow.localSettings.existingSecret", order: "name a Secret of your own" + keyText + "airflow_local_settings.py"},
		{path: "airflow.kubernetesPodTemplate.stringOverride", key: "airflow.kubernetesPodTemplate.stringOverride", order: envFromSecret},
		{path: "web.webserverConfig.stringOverride", key: "web.webserverConfig.existingSecret", order: "name a Secret of your own" + keyText + "webserver_config.py"},
		{path: "externalDatabase.password", what: "the database password", scent: secret.Sure, key: "externalDatabase.passwordSecret", order: "name a Secret of your own, and its key in externalDatabase.passwordSecretKey (postgresql-password where it is not set)"},
		{path: "externalDatabase.properties", key: "externalDatabase.passwordSecret", order: "keep credentials out of the connection's parameters: name a Secret of your own"},
		{path: "externalRedis.password", what: "the broker's password", scent: secret.Sure, key: "externalRedis.passwordSecret", order: "name a Secret of your own, and its key in externalRedis.passwordSecretKey (redis-password where it is not set)"},
		{path: "externalRedis.properties", key: "externalRedis.passwordSecret", order: "keep credentials out of the connection's parameters: name a Secret of your own"},
		{path: "postgresql.postgresqlPassword", what: "the database password", scent: secret.Sure, key: "postgresql.existingSecret", order: "name a Secret of your own" + keyText + "postgresql-password"},
		{path: "postgresql.postgresqlPostgresPassword", what: "the database password", scent: secret.Sure, key: "postgresql.existingSecret", order: "name a Secret of your own" + keyText + "postgresql-postgres-password"},
		{path: "global.postgresql.postgresqlPassword", what: "the database password", scent: secret.Sure, key: "postgresql.existingSecret", order: "name a Secret of your own" + keyText + "postgresql-password"},
		{path: "postgresql.replication.password", what: "the database's replication password", scent: secret.Sure, key: "postgresql.existingSecret", order: "name a Secret of your own" + keyText + "postgresql-replication-password"},
		{path: "global.postgresql.replicationPassword", what: "the database's replication password", scent: secret.Sure, key: "postgresql.existingSecret", order: "name a Secret of your own" + keyText + "postgresql-replication-password"},
		{path: "postgresql.ldap.bind_password", what: "the directory's password", scent: secret.Sure, key: "postgresql.existingSecret", order: "name a Secret of your own" + keyText + "postgresql-ldap-password"},
		{path: "postgresql.initdbPassword", what: "the database password", scent: secret.Sure, key: "postgresql.existingSecret", order: "name a Secret of your own" + keyText + "postgresql-password"},
		{path: "redis.password", what: "the broker's password", scent: secret.Sure, key: "redis.existingSecret", order: "name a Secret of your own, and its key in redis.existingSecretPasswordKey (redis-password where it is not set)"},
		{path: "global.redis.password", what: "the broker's password", scent: secret.Sure, key: "redis.existingSecret", order: "name a Secret of your own, and its key in redis.existingSecretPasswordKey (redis-password where it is not set)"},
		{path: "dags.gitSync.repo", what: "the Git login", key: "dags.gitSync.httpSecret", order: "name a Secret of your own, and its keys in dags.gitSync.httpSecretUsernameKey and httpSecretPasswordKey (username and password where they are not set)"},
		{path: "extraManifests[]", key: "extraManifests", order: secretOutside},
		{path: "extraManifests[].**", key: "extraManifests", order: secretOutside},
		{path: "**.env[].value", key: theList, order: envFromSecret},
	},
}
