package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// valuePaths are the ends of values paths that hold a password.
// Source: both charts' values.yaml; [] stands for any entry of a list.
var valuePaths = map[string]*credential{
	"data.metadataConnection.pass": databasePassword, "data.resultBackendConnection.pass": databasePassword,
	"postgresql.auth.postgresPassword": databasePassword, "postgresql.auth.password": databasePassword,
	"postgresql.auth.replicationPassword": replicationPassword,
	"webserver.defaultUser.password":      userPassword, "createUserJob.defaultUser.password": userPassword,
	"redis.password": brokerPassword, "externalRedis.password": brokerPassword,
	"airflow.users[].password": userPassword, "airflow.connections[].password": connectionPassword,
	"postgresql.postgresqlPassword": databasePassword, "postgresql.postgresqlPostgresPassword": databasePassword,
	"postgresql.replication.password": replicationPassword, "externalDatabase.password": databasePassword,
}

var listIndex = pattern.New(`\[\d+\]`)

// values searches what the user gave the chart. What reached an object was reported there.
func (s *credentialSearch) values(node any, path string) {
	switch node := node.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(node)) {
			s.values(node[key], strings.TrimPrefix(path+"."+key, "."))
		}
	case []any:
		for i, entry := range node {
			s.values(entry, fmt.Sprintf("%s[%d]", path, i))
		}
	case string:
		for _, found := range valueSightings(path, node) {
			if s.seen[found.secret.ID+found.credential.what] {
				continue
			}
			s.judge(whereabouts{ref: releaseRef(s.pass), path: "/values/" + valuePointer(path), name: path}, found)
		}
	}
}

func valueSightings(path, text string) []sighting {
	m, whole := snapshot.ParseMasked(text)
	if whole {
		general := listIndex.ReplaceAllString(path, "[]")
		for end, c := range valuePaths {
			if general == end || strings.HasSuffix(general, "."+end) {
				return []sighting{{credential: c, secret: m}}
			}
		}
	}
	return sightings(path[strings.LastIndex(path, ".")+1:], text)
}

// credentialFix is where a chart takes a credential from.
type credentialFix struct {
	credential *credential
	// when narrows the row; nil always holds.
	when  func(*rule.Pass, whereabouts) bool
	key   string
	order string
}

// Source: both charts' templates and values.yaml; the first row that fits counts.
var credentialFixTable = map[airflow.Dialect][]credentialFix{
	airflow.Official: {
		{fernetKey, nil, "fernetKeySecretName", "name a Secret of your own with the key fernet-key"},
		{webSecretKey, isAirflow2, "webserverSecretKeySecretName", "name a Secret of your own with the key webserver-secret-key"},
		{webSecretKey, nil, "apiSecretKeySecretName", "name a Secret of your own with the key api-secret-key"},
		{jwtKey, nil, "jwtSecretName", "name a Secret of your own with the key jwt-secret"},
		{databasePassword, ofSubchart, "postgresql.auth.existingSecret", "name a Secret of your own with the keys postgres-password and password"},
		{databasePassword, inFile("users.txt", "pgbouncer.ini"), "pgbouncer.configSecretName", "name a Secret of your own with the keys pgbouncer.ini and users.txt"},
		{databasePassword, inSecret("pgbouncer-stats"), "pgbouncer.metricsExporterSidecar.statsSecretName", "name a Secret of your own with the key connection"},
		{databasePassword, inSecret("result-backend"), "data.resultBackendSecretName", "name a Secret of your own with the key connection"},
		{databasePassword, nil, "data.metadataSecretName", "name a Secret of your own with the key connection"},
		{replicationPassword, nil, "postgresql.auth.existingSecret", "name a Secret of your own with the key replication-password"},
		{brokerPassword, nil, "data.brokerUrlSecretName", "name a Secret of your own with the key connection, and the server's password in redis.passwordSecretName"},
		{userPassword, olderUserJob, "webserver.defaultUser.enabled", "set it to false and create users by hand or by single sign-on"},
		{userPassword, nil, "createUserJob.enabled", "set it to false and create users by hand or by single sign-on"},
	},
	airflow.Community: {
		{fernetKey, nil, "airflow.fernetKey", "set it to an empty text and take AIRFLOW__CORE__FERNET_KEY from a Secret of your own in airflow.extraEnv"},
		{webSecretKey, nil, "airflow.webserverSecretKey", "set it to an empty text and take AIRFLOW__WEBSERVER__SECRET_KEY from a Secret of your own in airflow.extraEnv"},
		{databasePassword, ofSubchart, "postgresql.existingSecret", "name a Secret of your own with the key postgresql-password"},
		{databasePassword, nil, "externalDatabase.passwordSecret", "name a Secret of your own"},
		{replicationPassword, nil, "postgresql.existingSecret", "name a Secret of your own with the key postgresql-replication-password"},
		{brokerPassword, ofSubchart, "redis.existingSecret", "name a Secret of your own with the key redis-password"},
		{brokerPassword, nil, "externalRedis.passwordSecret", "name a Secret of your own"},
		{connectionPassword, nil, "airflow.connections", "change the password where the connection leads, and take it from a Secret of your own through airflow.connectionsTemplates"},
		{userPassword, nil, "airflow.users", "take the password from a Secret of your own through airflow.usersTemplates, or empty the list"},
	},
}

// credentialFixes are how to get rid of a published credential: take it out of
// where somebody wrote it, or give the chart another one where the chart made it.
func credentialFixes(p *rule.Pass, at whereabouts, c *credential) []rule.Fix {
	if key, written := writtenBelow(p, at); written {
		fix := rule.Fix{Kind: rule.Manual, Summary: "take it out, and give " + c.what + " by a Secret of your own"}
		if key = p.Reachable(key); key != "" {
			fix.Kind, fix.ValuesKey = rule.Values, key
		}
		return []rule.Fix{fix}
	}
	for _, row := range credentialFixTable[p.Airflow().Dialect] {
		if row.credential != c || row.when != nil && !row.when(p, at) {
			continue
		}
		if key := p.Reachable(row.key); key != "" {
			return []rule.Fix{{Kind: rule.Values, Summary: row.order, ValuesKey: key}}
		}
	}
	return []rule.Fix{{Kind: rule.Manual, Summary: "make a value of your own, put it into a Secret and let the release use it"}}
}

// writtenBelow says whether a person wrote the credential into a pod's
// variables or a configuration file, and below which values key; the key is
// empty where nothing shows it.
func writtenBelow(p *rule.Pass, at whereabouts) (key string, written bool) {
	inConfigMap := at.ref.Kind == string(snapshot.ConfigMap)
	switch {
	case at.inline && at.name != "":
		return settingKey(p, airflow.Setting{Via: "env", Name: at.name, Component: airflow.Component(at.component)}), true
	case inConfigMap && at.name == "webserver_config.py":
		s := airflow.Setting{Via: at.name, Component: airflow.APIServer}
		if isAirflow2(p, at) {
			s.Component = airflow.Webserver
		}
		return settingKey(p, s), true
	case inConfigMap && at.name == "airflow.cfg" && p.Airflow().Dialect == airflow.Official:
		return "config", true
	}
	return "", inConfigMap
}

func isAirflow2(p *rule.Pass, _ whereabouts) bool { return p.Airflow().Major < 3 }

// ofSubchart says that a credential belongs to a store the chart itself brings.
func ofSubchart(p *rule.Pass, at whereabouts) bool {
	if at.ref.Same(releaseRef(p)) {
		return strings.Contains("."+at.name, ".postgresql.") || strings.Contains("."+at.name, ".redis.")
	}
	if at.object == nil {
		for _, o := range p.Objects(snapshot.Kind(at.ref.Kind)) {
			if o.Same(at.ref) {
				at.object = o
			}
		}
	}
	if at.object == nil {
		return false
	}
	labels := at.object.Labels()
	for _, store := range []string{"postgresql", "redis"} {
		if labels["app"] == store || labels["app.kubernetes.io/name"] == store {
			return true
		}
	}
	return false
}

func inFile(names ...string) func(*rule.Pass, whereabouts) bool {
	return func(_ *rule.Pass, at whereabouts) bool { return slices.Contains(names, at.name) }
}

// inSecret says that the object's name ends in one of the chart's own suffixes.
func inSecret(suffix string) func(*rule.Pass, whereabouts) bool {
	return func(_ *rule.Pass, at whereabouts) bool { return strings.HasSuffix(at.ref.Name, "-"+suffix) }
}

// olderUserJob: up to chart 1.18 webserver.defaultUser makes the first user,
// and later it still wins over createUserJob where it is set.
func olderUserJob(p *rule.Pass, _ whereabouts) bool {
	if valueAt(p, "webserver.defaultUser") != nil {
		return true
	}
	version, err := semver.NewVersion(p.Airflow().Own.Version)
	return err == nil && version.LessThan(semver.MustParse("1.19.0"))
}
