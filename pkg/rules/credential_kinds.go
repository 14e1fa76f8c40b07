package rules

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// credential is a kind of key or password that published values exist of.
type credential struct {
	what      string // as a message names it
	component airflow.Component
	// published are the facts of a masked value (collect's table of published
	// defaults) that count where this credential stands. Words such as admin mean nothing elsewhere.
	published []string
	// names are the variables, options (section__key) and keys of Secrets it
	// stands under, in lower case with underscores.
	names []string
}

// Sources of names: both charts' templates, airflow/config_templates, and the
// documentation of the PostgreSQL, MySQL, Redis, RabbitMQ and Airflow images.
var (
	fernetKey = &credential{
		what:      "the Fernet key",
		published: []string{"community-fernet-key", "puckel-fernet-key", "airflow-ci-fernet-key", "bitnami-fernet-key"},
		names:     []string{"airflow__core__fernet_key", "core__fernet_key", "fernet_key", "airflow_fernet_key"},
	}
	webSecretKey = &credential{
		what: "the web secret key", component: airflow.Webserver,
		published: []string{"community-web-secret-key", "bitnami-secret-key", "temporary-key"},
		names: []string{
			"airflow__webserver__secret_key", "webserver__secret_key", "airflow__api__secret_key", "api__secret_key",
			"webserver_secret_key", "api_secret_key", "secret_key", "airflow_secret_key",
		},
	}
	// jwtKey has no published value so far.
	jwtKey = &credential{
		what: "the JWT key", component: airflow.APIServer,
		names: []string{"airflow__api_auth__jwt_secret", "api_auth__jwt_secret", "jwt_secret"},
	}
	databasePassword = &credential{
		what: "the database password", component: airflow.Database,
		published: []string{"postgres", "airflow"},
		names: []string{
			"database_password", "postgres_password", "postgresql_password", "postgresql_postgres_password", "pgpassword",
			"mysql_password", "mysql_root_password", "mariadb_password", "mariadb_root_password", "db_password",
		},
	}
	replicationPassword = &credential{
		what: "the database's replication password", component: airflow.Database,
		published: []string{"community-replication-password"},
		names:     []string{"postgresql_replication_password", "replication_password"},
	}
	brokerPassword = &credential{
		what: "the broker's password", component: airflow.Broker,
		published: []string{"airflow", "guest"},
		names:     []string{"redis_password", "valkey_password", "rabbitmq_password", "rabbitmq_default_pass"},
	}
	userPassword = &credential{
		what: "an Airflow user's password", component: airflow.CreateUser,
		published: []string{"admin", "airflow"},
		names:     []string{"_airflow_www_user_password"},
	}
	// connectionPassword opens something that Airflow's connections lead to. No name of its own: it stands in URLs and scripts.
	connectionPassword = &credential{
		what:      "a connection's password",
		published: []string{"postgres", "airflow", "admin", "guest"},
	}
)

var credentials = []*credential{fernetKey, webSecretKey, jwtKey, databasePassword, replicationPassword, brokerPassword, userPassword, connectionPassword}

// connectionNames are the variables and options that hold a URL with a password in it.
var connectionNames = []string{
	"airflow__database__sql_alchemy_conn", "airflow__core__sql_alchemy_conn", "airflow__celery__broker_url",
	"airflow__celery__result_backend", "airflow_conn_airflow_db",
}

// publishers say who made a value public, for values that are no words.
var publishers = []struct{ id, by string }{
	{"community-fernet-key", "the User Community chart ships"},
	{"community-web-secret-key", "the User Community chart ships"},
	{"community-replication-password", "the User Community chart ships"},
	{"puckel-fernet-key", "puckel/docker-airflow ships"},
	{"airflow-ci-fernet-key", "Airflow's own tests use"},
	{"bitnami-fernet-key", "the bitnami chart's documentation shows"},
	{"bitnami-secret-key", "the bitnami chart's documentation shows"},
	{"temporary-key", "Airflow had as its default up to 1.10.13"},
}

// publisher is who made a value public; empty for words.
func publisher(id string) string {
	for _, p := range publishers {
		if p.id == id {
			return p.by
		}
	}
	return ""
}

// credentialNamed is the credential that stands under a name, or nil.
func credentialNamed(name string) *credential {
	name = strings.ReplaceAll(strings.ToLower(name), "-", "_")
	for _, c := range credentials {
		if slices.Contains(c.names, name) {
			return c
		}
	}
	return nil
}

// unmistakable is the credential whose published value m is, wherever it
// stands; nil where it is none, or a word that only means something in its place.
func unmistakable(m snapshot.Masked) *credential {
	for _, id := range m.Published {
		if publisher(id) == "" || id == "temporary-key" {
			continue
		}
		for _, c := range credentials {
			if slices.Contains(c.published, id) {
				return c
			}
		}
	}
	return nil
}

// publishedAs is the published default that m is as this credential; empty where it is none.
func (c *credential) publishedAs(m snapshot.Masked) string {
	for _, id := range m.Published {
		if slices.Contains(c.published, id) {
			return id
		}
	}
	return ""
}

// isConnection says that a variable holds one of Airflow's connections. The
// charts' own AIRFLOW_CONN_AIRFLOW_DB is the metadata database.
func isConnection(name string) bool {
	return strings.HasPrefix(name, "AIRFLOW_CONN_") && name != "AIRFLOW_CONN_AIRFLOW_DB"
}

// mayHold says whether a name is one that a credential stands under.
func mayHold(name string) bool {
	return credentialNamed(name) != nil || isConnection(name) || slices.Contains(connectionNames, strings.ToLower(name))
}
