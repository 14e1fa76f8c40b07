package rules

import (
	"fmt"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var databaseUserNotSuperuser = &rule.Rule{
	ID:       "AS603",
	Slug:     "database-user-not-superuser",
	Title:    "Airflow logs in to its database as a user of its own",
	Why:      "DAG code in Airflow 2, and whoever takes over a pod with the database's URL, acts as that user. As the superuser it reads the other databases of the server, its files, and runs programs on its host (COPY … FROM PROGRAM).",
	Fix:      "Make a database and a user for Airflow that owns that database and nothing else, and log in as that user.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"DB"},
	Refs: []rule.Ref{
		owasp("K09"), mitre("T1078.001"), mitre("T1078"),
		airflowDocs("Set up a Database Backend", "howto/set-up-database.html"),
	},
	Needs: snapshot.Workloads,
	Uses:  storeUses,
	Check: checkDatabaseUser,
}

// superusers are the names of the users that servers come with and that may do
// everything, as the facts of a masked value.
// Sources: https://www.postgresql.org/docs/current/database-roles.html; https://dev.mysql.com/doc/refman/8.4/en/default-privileges.html.
var superusers = map[string][]string{
	"postgresql": {"postgres"}, "postgres": {"postgres"}, "mysql": {"root"}, "mariadb": {"root"},
}

func checkDatabaseUser(p *rule.Pass) {
	seen := map[string]bool{} // the result backend mostly logs in as the same user, by another URL
	for _, u := range slices.Concat(metadataURLs(p), resultURLs(p)) {
		names, judged := superusers[u.url.Scheme]
		if !judged {
			continue
		}
		switch user := u.url.User; {
		case user == "":
			p.Unknown(settingName(u.setting) + ": the URL names no user")
		case user == airflow.Unread:
			p.Unknown(settingName(u.setting) + ": " + whyNoURL(u.setting))
		default:
			p.Subjects++
			if name := superuserIn(user, names); name != "" && !seen[user] {
				seen[user] = true
				p.Report(u.finding("", fmt.Sprintf("Airflow logs in to its database as the superuser %s: %s", name, settingName(u.setting)), userFixes(p, u)))
			}
		}
	}
}

// superuserIn is the superuser that a masked user name is; empty where it is none.
func superuserIn(token string, names []string) string {
	for _, m := range snapshot.MaskedIn(token) {
		for _, name := range names {
			if slices.Contains(m.Published, name) {
				return name
			}
		}
	}
	return ""
}

func userFixes(p *rule.Pass, u storeUse) []rule.Fix {
	const order = "make a user that owns Airflow's database and nothing else, and "
	switch p.Airflow().Dialect {
	case airflow.Community:
		if embedded(p, u) {
			return valuesFix(p, "postgresql.postgresqlUsername", order+"name it there; a database that is there already needs the user made by hand")
		}
		return valuesFix(p, "externalDatabase.user", order+"name it there, or in the Secret of externalDatabase.userSecret")
	case airflow.Official:
		if key := officialTLSKey(u); key == "data.metadataConnection.sslmode" {
			return valuesFix(p, "data.metadataConnection.user", order+"name it there, or in the URL of a Secret for data.metadataSecretName")
		} else if key != "" {
			return valuesFix(p, "data.resultBackendConnection.user", order+"name it there, or in the URL of a Secret for data.resultBackendSecretName")
		}
	}
	return []rule.Fix{{Kind: rule.Manual, Summary: order + "name it in the URL" + ownSecret(u.setting)}}
}
