package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var databaseOverTLS = &rule.Rule{
	ID:       "AS601",
	Slug:     "database-over-tls",
	Title:    "Airflow asks its database for TLS",
	Why:      "The database's password, every connection and variable, and the state of every task cross the network on this connection. Whoever reads along on a node, a router or a neighbouring pod has them; whoever changes it runs tasks of his own.",
	Fix:      "Ask for TLS in the database's URL: sslmode=require, or better verify-full with the server's authority; for MySQL ssl_mode=REQUIRED or VERIFY_IDENTITY. The result backend's URL needs it, too.",
	Severity: rule.High,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"DB", "Sched"},
	Refs: []rule.Ref{
		nsa("Network separation: Encryption"), owasp("K05"), mitre("T1557"), mitre("T1040"),
		{Source: "PostgreSQL documentation", ID: "SSL support", URL: "https://www.postgresql.org/docs/current/libpq-ssl.html"},
		airflowDocs("Set up a Database Backend", "howto/set-up-database.html"),
	},
	Needs: snapshot.Workloads,
	Uses:  storeUses,
	Check: checkDatabaseOverTLS,
}

func checkDatabaseOverTLS(p *rule.Pass) {
	async := readable(p, storeSettings(p, option{"database", "sql_alchemy_conn_async"}))
	seen := map[tlsFact]bool{}
	for _, u := range slices.Concat(metadataURLs(p), async, resultURLs(p)) {
		judgeDatabaseTLS(p, u, seen)
	}
}

// tlsFact is what makes two findings one: the community chart makes all URLs
// of the same values and keeps them in the same Secret.
type tlsFact struct {
	ref   snapshot.Ref
	place string
	mode  tlsMode
}

func judgeDatabaseTLS(p *rule.Pass, u storeUse, seen map[tlsFact]bool) {
	scheme := u.url.Scheme
	switch {
	case scheme == "sqlite", brokerSchemes[scheme], scheme == "rpc", scheme == "file": // AS602 and AS605 are about these
		return
	case judgeLocal(p, u):
		return
	case !isPostgres(scheme) && !isMySQL(scheme):
		p.Unknown(fmt.Sprintf("%s: how a client of %s asks for TLS is not known", settingName(u.setting), scheme))
		return
	case u.url.Parameters == nil:
		p.Unknown(settingName(u.setting) + ": " + whyNoURL(u.setting))
		return
	}
	mode, said, known := clientTLS(p, u)
	if !known {
		p.Unknown(settingName(u.setting) + ": " + said)
		return
	}
	mode = agreed(p, u, mode)
	p.Subjects++
	wanted, word := wantedTLS(p.Level, isMySQL(scheme))
	fact := tlsFact{u.setting.Ref, u.place(), mode}
	if mode >= wanted || seen[fact] {
		return
	}
	seen[fact] = true
	what := settingName(u.setting) + " asks for no TLS"
	if said != "" {
		what = settingName(u.setting) + " says " + said
	}
	p.Report(u.finding(tlsSeverity(mode), fmt.Sprintf("%s on the way to %s: %s", what, u.place(), tlsGap(mode)), tlsFixes(p, u, word)))
}

// clientTLS is what Airflow asks for: in the URL, else in libpq's variable.
// What [database] sql_alchemy_connect_args adds is code, which is not run.
func clientTLS(p *rule.Pass, u storeUse) (mode tlsMode, said string, known bool) {
	if mode, said, known = tlsAsked(u.url); !known {
		return mode, said[:strings.IndexByte(said, '=')] + " has a value that is not known", false
	}
	if mode == unsetTLS && isPostgres(u.url.Scheme) && u.url.Driver != "asyncpg" {
		if s, set := mainEnv(p, u.setting.Workload, "PGSSLMODE"); set {
			if mode, known = modeOf(s.Value); !known {
				return mode, "the variable PGSSLMODE decides, and its value is not known", false
			}
			said = "PGSSLMODE=" + s.Value
		}
	}
	if mode < encryptsTLS && u.setting.Section != "celery" && hasConnectArgs(p, u.setting) {
		return mode, "[database] sql_alchemy_connect_args names Python code that may ask for TLS", false
	}
	return mode, said, true
}

// mainEnv is a variable of a workload's main container that is set, as far as can be seen.
func mainEnv(p *rule.Pass, w *airflow.Workload, name string) (airflow.Setting, bool) {
	main, ok := w.Main()
	if !ok {
		return airflow.Setting{}, false
	}
	s, set := p.Env(w, main.Name, name)
	return s, set && (s.Known || s.Path != main.Path) // a source that was not read may set anything
}

func hasConnectArgs(p *rule.Pass, of airflow.Setting) bool {
	for _, o := range []option{{"database", "sql_alchemy_connect_args"}, {"core", "sql_alchemy_connect_args"}, {"database", "sql_alchemy_connect_args_async"}} {
		for _, s := range p.Settings(o.section, o.key) {
			if s.Component == of.Component && !s.Default && (!s.Known || s.Value != "") {
				return true
			}
		}
	}
	return false
}

// tlsFixes are how to make Airflow ask for TLS. The charts' embedded databases
// have no certificate, so that asking alone would cut Airflow off.
func tlsFixes(p *rule.Pass, u storeUse, word string) []rule.Fix {
	ask := tlsParameter(u) + "=" + word
	order := "add " + ask + " to the database's URL" + ownSecret(u.setting)
	switch p.Airflow().Dialect {
	case airflow.Community:
		return communityTLSFixes(p, u, ask)
	case airflow.Official:
		if key := officialTLSKey(u); key != "" {
			return valuesFix(p, key, "set it to "+word+firstTLS(p, u))
		}
	}
	if u.setting.Ref.Kind == string(snapshot.Secret) {
		return []rule.Fix{{Kind: rule.Manual, Summary: order + firstTLS(p, u)}}
	}
	return settingFixes(p, u.setting, order+firstTLS(p, u))
}

// tlsParameter is the URL's parameter that asks for TLS.
func tlsParameter(u storeUse) string {
	switch {
	case isMySQL(u.url.Scheme):
		return "ssl_mode"
	case u.url.Driver == "asyncpg":
		return "ssl"
	}
	return "sslmode"
}

func communityTLSFixes(p *rule.Pass, u storeUse, ask string) []rule.Fix {
	order := fmt.Sprintf("set it to %q", "?"+ask)
	switch {
	case embedded(p, u):
		order += " for a database of your own (postgresql.enabled: false, externalDatabase.host): the chart passes it on to no other"
	case p.Level == rule.Paranoid && u.leadsTo(airflow.PgBouncer):
		order += ", and give PgBouncer a certificate for its Service's name (pgbouncer.clientSSL)"
	}
	return valuesFix(p, "externalDatabase.properties", order)
}

// officialTLSKey is the key behind a Secret that the official chart makes from data.*; it writes sslmode for PostgreSQL only.
func officialTLSKey(u storeUse) string {
	switch name := u.setting.Ref.Name; {
	case u.setting.Ref.Kind != string(snapshot.Secret) || !isPostgres(u.url.Scheme):
		return ""
	case strings.HasSuffix(name, "-metadata"):
		return "data.metadataConnection.sslmode"
	case strings.HasSuffix(name, "-result-backend"):
		return "data.resultBackendConnection.sslmode"
	}
	return ""
}

// ownSecret names the Secret that holds a URL.
func ownSecret(s airflow.Setting) string {
	if s.Ref.Kind != string(snapshot.Secret) {
		return ""
	}
	return " in Secret " + s.Ref.Name
}

// firstTLS says what the other end needs before it can speak TLS.
func firstTLS(p *rule.Pass, u storeUse) string {
	switch {
	case p.Level == rule.Paranoid && isMySQL(u.url.Scheme):
		return ", and name the authority of the server's certificate in ssl_ca"
	case p.Level == rule.Paranoid:
		return ", and name the authority of the server's certificate in the variable PGSSLROOTCERT"
	case u.leadsTo(airflow.PgBouncer):
		return ", and let PgBouncer offer TLS: client_tls_sslmode, client_tls_key_file and client_tls_cert_file in pgbouncer.extraIni"
	case embedded(p, u) && p.Airflow().Dialect == airflow.Official:
		return ", once the database has a certificate: postgresql.tls, or better a database of your own"
	}
	return ""
}
