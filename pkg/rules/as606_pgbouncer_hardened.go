package rules

import (
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var pgbouncerHardened = &rule.Rule{
	ID:       "AS606",
	Slug:     "pgbouncer-hardened",
	Title:    "PgBouncer speaks TLS on both sides and checks passwords by SCRAM",
	Why:      "All of Airflow's traffic with its database passes PgBouncer, twice: what Airflow asks for in its URL ends there and says nothing about the way on to the database. Who reads along on either side has Airflow's connections and variables, and with md5 or less the password, too.",
	Fix:      "Set client_tls_sslmode and server_tls_sslmode to require or better with certificates, and auth_type to scram-sha-256.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"DB"},
	Refs: []rule.Ref{
		nsa("Network separation: Encryption"), owasp("K05"), mitre("T1557"), mitre("T1110.001"),
		{Source: "PgBouncer documentation", ID: "TLS settings, auth_type", URL: "https://www.pgbouncer.org/config.html"},
	},
	Needs: snapshot.Workloads,
	Uses:  storeUses,
	Check: checkPgBouncer,
}

func checkPgBouncer(p *rule.Pass) {
	for _, w := range p.Workloads() {
		if w.Component != airflow.PgBouncer || w.Owner != nil {
			continue
		}
		b := bouncerOf(p, w)
		if b.unread != "" {
			p.Unknown("PgBouncer: " + b.unread)
			continue
		}
		p.Subjects++
		judgeClientHop(p, b)
		judgeServerHop(p, b)
		judgeAuthType(p, b)
		if p.Level == rule.Paranoid {
			judgeScope(p, b)
		}
	}
}

// judgeClientHop: certificates of clients are no part of any profile, so encryption is enough there.
func judgeClientHop(p *rule.Pass, b bouncer) {
	mode, said, known := b.towardsClients()
	switch {
	case !known:
		p.Unknown("PgBouncer's client_tls_sslmode has a value that is not known")
	case mode < encryptsTLS:
		reportBouncer(p, b, rule.Medium, "client_tls_sslmode", said+": PgBouncer takes logins from Airflow's pods in clear text",
			"require, with a key and a certificate", map[airflow.Dialect]string{airflow.Community: "pgbouncer.clientSSL.mode", airflow.Official: "pgbouncer.extraIni"})
	}
}

func judgeServerHop(p *rule.Pass, b bouncer) {
	upstream := p.Upstream(b.workload)
	place := "its database"
	switch {
	case len(upstream.Inside)+len(upstream.Outside) > 0:
		place = storeUse{url: upstream}.place()
	case upstream.Local:
		p.Unknown("PgBouncer: a container of its own pod stands between it and the database, and nothing shows whether it encrypts")
		return
	}
	mode, said, known := b.towardsServer()
	wanted, word := wantedTLS(p.Level, false)
	switch {
	case !known:
		p.Unknown("PgBouncer's server_tls_sslmode has a value that is not known")
	case mode < wanted:
		message := fmt.Sprintf("%s on the way from PgBouncer to %s: %s", said, place, tlsGap(mode))
		reportBouncer(p, b, tlsSeverity(mode), "server_tls_sslmode", message, word+", with the authority of the database's certificate",
			map[airflow.Dialect]string{airflow.Community: "pgbouncer.serverSSL.mode", airflow.Official: "pgbouncer.sslmode"})
	}
}

// authTypes are the ways to log in that give something away, and what.
// Source: https://www.pgbouncer.org/config.html#auth_type.
var authTypes = map[string]struct {
	severity rule.Severity
	gap      string
}{
	"any":   {rule.Critical, "PgBouncer lets everybody in as its own user"},
	"trust": {rule.Critical, "PgBouncer asks for no password"},
	"plain": {rule.High, "passwords cross the network as they are"},
	"md5":   {rule.Low, "whoever sees a login can try passwords on it at leisure"},
}

func judgeAuthType(p *rule.Pass, b bouncer) {
	value, set := b.options["auth_type"]
	said := "auth_type = " + value
	if !set {
		value, said = "md5", "no auth_type, which means md5"
	}
	weak, bad := authTypes[value]
	switch {
	case value == "hba":
		p.Unknown("PgBouncer: auth_type = hba leaves it to a file of rules, which is not read")
	case bad:
		reportBouncer(p, b, weak.severity, "auth_type", said+": "+weak.gap, "scram-sha-256",
			map[airflow.Dialect]string{airflow.Community: "pgbouncer.authType", airflow.Official: "pgbouncer.auth_type"})
	}
}

// judgeScope finds what a login to PgBouncer can do beyond Airflow's own database.
func judgeScope(p *rule.Pass, b bouncer) {
	if b.wildcard {
		reportBouncer(p, b, rule.Low, "databases", "the database * leads whoever logs in to every database of the server, not only to Airflow's", "a line for Airflow's database alone, instead of *", nil)
	}
	for _, option := range []struct{ name, gap string }{
		{"admin_users", "stops and reconfigures PgBouncer"}, {"stats_users", "sees all clients and servers of PgBouncer"},
	} {
		if users := b.options[option.name]; users != "" && airflowsLogin(p, users) {
			reportBouncer(p, b, rule.Low, option.name, fmt.Sprintf("%s names the user that Airflow logs in as: every holder of the database's URL %s", option.name, option.gap),
				"a user of its own", map[airflow.Dialect]string{airflow.Official: "pgbouncer.extraIni"})
		}
	}
}

// airflowsLogin says that a list of users, masked, is the user of one of Airflow's URLs.
func airflowsLogin(p *rule.Pass, users string) bool {
	uses, _ := storeURLs(p, storeSettings(p, metadataOptions...))
	for _, u := range uses {
		if u.url.User != "" && strings.Contains(users, u.url.User) {
			return true
		}
	}
	return false
}

func reportBouncer(p *rule.Pass, b bouncer, severity rule.Severity, option, message, value string, keys map[airflow.Dialect]string) {
	p.Report(rule.Finding{
		Target: b.file.Ref, Component: string(b.workload.Component), Path: b.file.Path + "#" + option,
		Message: message, Severity: severity, Fixes: bouncerFixes(p, b, option, value, keys[p.Airflow().Dialect]),
	})
}

// bouncerFixes name the chart's key where the file is the chart's own.
func bouncerFixes(p *rule.Pass, b bouncer, option, value, key string) []rule.Fix {
	own := !strings.HasSuffix(b.file.Ref.Name, "-pgbouncer-config") && !strings.HasSuffix(b.file.Ref.Name, "-pgbouncer")
	switch {
	case own || key == "":
		return []rule.Fix{{Kind: rule.Manual, Summary: fmt.Sprintf("give %s %s in pgbouncer.ini of %s", option, value, b.file.Ref)}}
	case strings.HasSuffix(key, "extraIni"):
		return valuesFix(p, key, fmt.Sprintf("write a line there that sets %s to %s", option, value))
	}
	return valuesFix(p, key, "set it to "+value)
}
