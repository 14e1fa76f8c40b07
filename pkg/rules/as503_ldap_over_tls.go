package rules

import (
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var ldapOverTLS = &rule.Rule{
	ID:       "AS503",
	Slug:     "ldap-over-tls",
	Title:    "The directory is asked over TLS, and has to show its certificate",
	Why:      "Every login sends a password to the directory. Whoever listens on the way, or answers in the directory's place, gets the passwords of all who log in, and the account that Airflow itself searches with.",
	Fix:      "Use an ldaps:// address or AUTH_LDAP_USE_TLS = True, with AUTH_LDAP_TLS_DEMAND = True and without AUTH_LDAP_ALLOW_SELF_SIGNED; name the authority in AUTH_LDAP_TLS_CACERTFILE.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Web"},
	Refs: []rule.Ref{
		owasp("K09"), owasp("K05"), mitre("T1557"), mitre("T1040"),
		{Source: "Flask-AppBuilder documentation", ID: "LDAP", URL: "https://flask-appbuilder.readthedocs.io/en/latest/security.html"},
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkLDAP,
}

func checkLDAP(p *rule.Pass) {
	checkClassicLDAP(p)
	for _, file := range loginFiles(p) {
		if !mayLogInBy(&file, "AUTH_LDAP") {
			continue
		}
		for _, server := range file.Values("AUTH_LDAP_SERVER") {
			if server.Literal == nil { // no line of the file's own: perhaps there is no directory
				p.Unknown("AUTH_LDAP_SERVER: " + whyUnknown(server))
				continue
			}
			p.Subjects++
			checkDirectory(p, &file, server)
		}
	}
}

// checkDirectory reports the worst thing about one address. A certificate that
// nobody can check makes no difference where there is no TLS.
func checkDirectory(p *rule.Pass, file *airflow.WebserverFile, server airflow.Setting) {
	switch ldapScheme(server) {
	case "ldap":
		if _, clear := first(p, fileGives(file, "AUTH_LDAP_USE_TLS", "False"), saysNo); clear {
			p.Report(fileFinding(p, server, "passwords go to the directory in clear: AUTH_LDAP_SERVER is an ldap:// address, and AUTH_LDAP_USE_TLS is not True",
				"use an ldaps:// address, or set AUTH_LDAP_USE_TLS = True"))
			return
		}
	case "ldapi":
		return
	case "":
		p.Unknown("AUTH_LDAP_SERVER: its scheme cannot be seen")
	}
	if s, any := first(p, fileGives(file, "AUTH_LDAP_ALLOW_SELF_SIGNED", "False"), saysYes); any {
		p.Report(fileFinding(p, s, "whoever answers in the directory's place is believed: AUTH_LDAP_ALLOW_SELF_SIGNED takes any certificate",
			"leave it out, and name the directory's authority in AUTH_LDAP_TLS_CACERTFILE"))
		return
	}
	if s, lax := first(p, fileGives(file, "AUTH_LDAP_TLS_DEMAND", "False"), saysNo); lax {
		if s.Default {
			s = server
		}
		f := fileFinding(p, s, "nothing demands the directory's certificate: AUTH_LDAP_TLS_DEMAND is not True, so the image's ldap.conf decides",
			"set AUTH_LDAP_TLS_DEMAND = True, and name the directory's authority in AUTH_LDAP_TLS_CACERTFILE")
		f.Severity = rule.Medium
		p.Report(f)
	}
}

// ldapScheme is the scheme of the first address that is not over TLS, as far as it can be seen.
func ldapScheme(s airflow.Setting) string {
	if s.Literal == nil || s.Literal.Kind != airflow.Text {
		return ""
	}
	out := ""
	for address := range strings.FieldsFuncSeq(s.Literal.Text, func(r rune) bool { return r == ' ' || r == ',' }) {
		scheme, _, found := strings.Cut(strings.ToLower(address), "://")
		switch {
		case found && scheme == "ldap":
			return scheme
		case found && out == "":
			out = scheme
		}
	}
	return out
}

// checkClassicLDAP looks at the pages of Airflow 1.10 without RBAC.
// Source: airflow/contrib/auth/backends/ldap_auth.py.
func checkClassicLDAP(p *rule.Pass) {
	if p.Airflow().Major != 1 {
		return
	}
	for _, backend := range webSettings(p, "webserver", "auth_backend") {
		if !strings.HasSuffix(backend.Value, "ldap_auth") {
			continue
		}
		for _, s := range webSettings(p, "ldap", "uri") {
			if s.Workload != backend.Workload {
				continue
			}
			p.Subjects++
			if strings.HasPrefix(strings.ToLower(s.Value), "ldap://") {
				p.Report(settingFinding(s, "passwords go to the directory in clear: [ldap] uri is an ldap:// address", settingFixes(p, s, "use an ldaps:// address")))
			}
		}
	}
}
