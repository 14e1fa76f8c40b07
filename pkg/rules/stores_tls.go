package rules

import (
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// tlsMode is how much TLS a database's client asks for.
type tlsMode int

// The modes, from weak to strong. unsetTLS leaves it to the driver, which
// tries TLS and goes on without; maybeTLS says so in words.
const (
	unsetTLS    tlsMode = iota
	noTLS               // never
	maybeTLS            // if the server offers it, which an attacker can prevent
	encryptsTLS         // always, with whoever answers
	checksCA            // only with a server that a known authority vouches for
	checksName          // and whose name is the one asked for
)

// modeWords are what drivers call the modes, in lower case with underscores.
// Sources: https://www.postgresql.org/docs/current/libpq-ssl.html; MySQL's connection options, --ssl-mode.
var modeWords = map[string]tlsMode{
	"disable": noTLS, "disabled": noTLS, "allow": maybeTLS, "prefer": maybeTLS, "preferred": maybeTLS,
	"require": encryptsTLS, "required": encryptsTLS, "verify_ca": checksCA, "verify_full": checksName, "verify_identity": checksName,
	"true": encryptsTLS, "1": encryptsTLS, "yes": encryptsTLS, "on": encryptsTLS,
	"false": noTLS, "0": noTLS, "no": noTLS, "off": noTLS, "none": noTLS,
}

// modeOf reads one word; ok is false where it is none of them, as where it is masked.
func modeOf(word string) (mode tlsMode, ok bool) {
	mode, ok = modeWords[strings.ReplaceAll(strings.ToLower(word), "-", "_")]
	return mode, ok
}

// mysqlParameters raise the mode by being there; the driver decides which of them it knows.
// Source: the documentation of mysqlclient, PyMySQL and MySQL Connector/Python.
var mysqlParameters = []struct {
	name string
	mode tlsMode
	flag bool // counts only where it says true
}{
	{"ssl_cert", encryptsTLS, false}, {"ssl_key", encryptsTLS, false}, {"ssl_ca", checksCA, false},
	{"ssl_verify_cert", checksCA, true}, {"ssl_check_hostname", checksName, true}, {"ssl_verify_identity", checksName, true},
}

// tlsAsked is the mode that a URL's parameters ask for, and the parameter that
// says so; known is false where their words say nothing.
func tlsAsked(url airflow.StoreURL) (mode tlsMode, said string, known bool) {
	names := []string{"sslmode", "ssl"}
	if isMySQL(url.Scheme) {
		names = []string{"ssl_mode", "ssl", "ssl_disabled"}
	}
	for _, name := range names {
		word, set := url.Parameters[name]
		if !set {
			continue
		}
		mode, known = modeOf(word)
		if name == "ssl_disabled" && known {
			mode = map[bool]tlsMode{true: noTLS, false: unsetTLS}[mode == encryptsTLS]
		}
		if !known || mode == noTLS || name == "sslmode" || name == "ssl_mode" {
			return mode, name + "=" + word, known
		}
		said = name + "=" + word
		break
	}
	if isMySQL(url.Scheme) {
		for _, each := range mysqlParameters {
			word, set := url.Parameters[each.name]
			if on, clear := modeOf(word); set && (!each.flag || clear && on == encryptsTLS) && each.mode > mode {
				mode, said = each.mode, each.name
			}
		}
	}
	return mode, said, true
}

func isMySQL(scheme string) bool { return scheme == "mysql" || scheme == "mariadb" }

func isPostgres(scheme string) bool { return scheme == "postgresql" || scheme == "postgres" }

// wantedTLS is what a profile asks of a connection, and its word.
func wantedTLS(level rule.Level, mysql bool) (tlsMode, string) {
	switch {
	case level == rule.Paranoid && mysql:
		return checksName, "VERIFY_IDENTITY"
	case level == rule.Paranoid:
		return checksName, "verify-full"
	case mysql:
		return encryptsTLS, "REQUIRED"
	}
	return encryptsTLS, "require"
}

// tlsSeverity rates a mode that is less than what is asked for.
// Scale: ours; without TLS everybody on the way reads, with a mode that may
// fall back only who interferes, and with the rest only who also has a place to stand between.
func tlsSeverity(mode tlsMode) rule.Severity {
	switch mode {
	case unsetTLS, noTLS:
		return rule.High
	case maybeTLS:
		return rule.Medium
	}
	return rule.Low
}

// tlsGap says what a mode leaves open.
func tlsGap(mode tlsMode) string {
	switch mode {
	case unsetTLS:
		return "passwords and Airflow's state may cross the network in clear text"
	case noTLS:
		return "passwords and Airflow's state cross the network in clear text"
	case maybeTLS:
		return "whoever stands between can turn TLS off and read along"
	case encryptsTLS:
		return "it encrypts, but with whoever answers: the server's certificate is not checked"
	}
	return "any server that the same authority vouches for can take its place: the name is not checked"
}
