package rules

import (
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// bouncer is what the configuration of a PgBouncer says.
type bouncer struct {
	workload *airflow.Workload
	file     airflow.File
	options  map[string]string // of all sections but databases; the last one counts
	wildcard bool              // a line of databases takes whatever name a client asks for
	// unread says why nothing else is known; empty where it is.
	unread string
}

// bouncerOf reads the configuration that a PgBouncer mounts.
func bouncerOf(p *rule.Pass, w *airflow.Workload) bouncer {
	b := bouncer{workload: w, options: map[string]string{}}
	file, found := p.VolumeFile(w, "pgbouncer.ini")
	switch b.file = file; {
	case !found:
		b.unread = "its pgbouncer.ini stands in no Secret or ConfigMap"
		return b
	case file.Unread != "":
		b.unread = file.Unread
		return b
	}
	section := ""
	for line := range strings.Lines(file.Text) {
		line = strings.TrimSpace(line)
		key, value, pair := strings.Cut(line, "=")
		switch key = strings.TrimSpace(key); {
		case strings.HasPrefix(line, "["):
			section = strings.Trim(line, "[]")
		case !pair, strings.HasPrefix(line, "#"), strings.HasPrefix(line, ";"):
		case section == "databases":
			b.wildcard = b.wildcard || key == "*"
		default:
			b.options[key] = strings.TrimSpace(value)
		}
	}
	return b
}

// tls is the mode of one hop, and what the file says; known is false where that is masked.
// Source for what holds where nothing is said: https://www.pgbouncer.org/config.html.
func (b bouncer) tls(option string, otherwise tlsMode) (mode tlsMode, said string, known bool) {
	value, set := b.options[option]
	if !set {
		return otherwise, "no " + option, true
	}
	mode, known = modeOf(value)
	return mode, option + " = " + value, known
}

// towardsClients is the TLS that PgBouncer asks of Airflow, towardsServer what it asks of the database.
func (b bouncer) towardsClients() (tlsMode, string, bool) { return b.tls("client_tls_sslmode", noTLS) }

func (b bouncer) towardsServer() (tlsMode, string, bool) {
	return b.tls("server_tls_sslmode", maybeTLS)
}

// agreed is what a client that leaves TLS to chance gets from a PgBouncer of
// the release: its drivers try TLS first, so the other end decides.
func agreed(p *rule.Pass, u storeUse, asked tlsMode) tlsMode {
	if asked != unsetTLS && asked != maybeTLS || len(u.url.Inside) != 1 || len(u.url.Outside) > 0 || !u.leadsTo(airflow.PgBouncer) {
		return asked
	}
	b := bouncerOf(p, u.url.Inside[0])
	if mode, _, known := b.towardsClients(); b.unread == "" && known {
		return min(mode, encryptsTLS)
	}
	return asked
}
