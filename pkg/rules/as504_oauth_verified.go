package rules

import (
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var oauthVerified = &rule.Rule{
	ID:       "AS504",
	Slug:     "oauth-verified",
	Title:    "Logins through an identity provider are checked: signed, over https, and from one tenant",
	Why:      "A token whose signature nobody checks can be written by hand, an address without TLS can be answered by anybody on the way, and a provider that serves every tenant vouches for strangers. Each lets an attacker log in as somebody else.",
	Fix:      "Set client_kwargs {\"verify_signature\": True}, use https addresses, name your own tenant in them, and leave no code of your own that skips a check.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Web"},
	Refs: []rule.Ref{
		owasp("K09"), mitre("T1550.001"), mitre("T1078"), mitre("T1557"),
		{Source: "Flask-AppBuilder documentation", ID: "OAuth", URL: "https://flask-appbuilder.readthedocs.io/en/latest/security.html"},
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkOAuth,
}

func checkOAuth(p *rule.Pass) {
	checkKeycloak(p)
	for _, file := range loginFiles(p) {
		checkOwnCode(p, &file)
		if !mayLogInBy(&file, "AUTH_OAUTH") {
			continue
		}
		for _, s := range file.Values("OAUTH_PROVIDERS") {
			checkProviders(p, s)
		}
	}
}

// checkKeycloak looks at the address that Airflow 3's auth manager of that name asks.
func checkKeycloak(p *rule.Pass) {
	for _, manager := range webSettings(p, "core", "auth_manager") {
		if !strings.Contains(manager.Value, "KeycloakAuthManager") {
			continue
		}
		for _, s := range webSettings(p, "keycloak_auth_manager", "server_url") {
			if s.Workload != manager.Workload {
				continue
			}
			p.Subjects++
			if rest, clear := strings.CutPrefix(strings.ToLower(s.Value), "http://"); clear && !isLocal(rest) {
				p.Report(settingFinding(s, settingName(s)+" is an http:// address: whoever is on the way reads passwords and tokens, and answers in Keycloak's place", safeFixes(p, s, "give it Keycloak's https address")))
			}
		}
	}
}

// ownCode are the signs of code that weakens a login, and what each means.
var ownCode = []struct{ sign, message, order string }{
	{"verify_signature=False", "code in webserver_config.py reads tokens without checking their signature: whoever writes one by hand is believed", "check the signature with the provider's keys (jwks_uri)"},
	{"verify=False", "code in webserver_config.py turns a check off with verify=False: whoever answers in the provider's place, or writes a token by hand, is believed", "leave verify=False out, and mount the provider's authority"},
	{"insecure transport", "webserver_config.py lets OAuth run without TLS: tokens pass in clear", "leave OAUTHLIB_INSECURE_TRANSPORT and AUTHLIB_INSECURE_TRANSPORT out"},
}

// securityManagers are the names under which the file chooses who checks logins.
var securityManagers = []string{"SECURITY_MANAGER_CLASS", "FAB_SECURITY_MANAGER_CLASS"}

func checkOwnCode(p *rule.Pass, file *airflow.WebserverFile) {
	for _, own := range ownCode {
		if file.Signs(own.sign) {
			p.Subjects++
			p.Report(fileFinding(p, nameIn(file, securityManagers[0]), own.message, own.order))
		}
	}
	if !mayLogInBy(file, "AUTH_OAUTH") {
		return
	}
	for _, name := range securityManagers {
		for _, s := range file.Values(name) {
			if s.Literal == nil {
				continue
			}
			class := ""
			if s.Literal.Kind == airflow.Word || s.Literal.Kind == airflow.Text {
				class = s.Literal.Text
			}
			if strings.Contains(class, ".") && !isShipped(class) || class == "" {
				p.Unknown(name + ": the class that checks logins does not stand in the file")
			}
		}
	}
}

func checkProviders(p *rule.Pass, s airflow.Setting) {
	if s.Literal == nil || s.Literal.Kind != airflow.List {
		p.Unknown("OAUTH_PROVIDERS: the file computes it")
		return
	}
	for i, provider := range s.Literal.Items {
		p.Subjects++
		if provider.Kind != airflow.Dict {
			p.Unknown(fmt.Sprintf("OAUTH_PROVIDERS: the file computes entry %d", i))
			continue
		}
		at := s
		at.Path = fmt.Sprintf("%s/%d", s.Path, i)
		checkProvider(p, at, provider)
	}
}

func checkProvider(p *rule.Pass, at airflow.Setting, provider airflow.Literal) {
	name := providerName(provider)
	remote, found := provider.At("remote_app")
	if found && remote.Kind != airflow.Dict {
		p.Unknown("OAUTH_PROVIDERS: the file computes remote_app of " + name)
		return
	}
	if clear := clearAddresses(provider); len(clear) > 0 {
		p.Report(fileFinding(p, at, fmt.Sprintf("%s is asked in clear (%s): whoever is on the way reads tokens and answers in its place", name, andList(clear)), "use https addresses"))
	}
	checkSignature(p, at, name, remote)
	if loose := tenantsOf(provider); loose != "" {
		p.Report(fileFinding(p, at, fmt.Sprintf("%s takes accounts of any tenant: its address says %s", name, loose), "name your own tenant in the addresses in place of "+loose))
	}
}

// providerName is the name of an identity provider, or of what it is where that is masked.
func providerName(provider airflow.Literal) string {
	name, _ := provider.At("name")
	if name.Kind == airflow.Text && len(snapshot.MaskedIn(name.Text)) == 0 && name.Text != "" {
		return "the provider " + name.Text
	}
	return "the identity provider"
}

// isProvider says whether Flask-AppBuilder's own code for a provider reads its tokens.
func isProvider(provider airflow.Literal, names ...string) bool {
	name, _ := provider.At("name")
	for _, each := range names {
		if name.Kind == airflow.Text && name.Text == each {
			return true
		}
	}
	return false
}

// checkSignature looks at what a provider's client checks. Tokens of azure are
// not checked unless the file asks for it: that is Flask-AppBuilder's default,
// and the fab provider's before 3.7.3 (CVE-2026-59243).
func checkSignature(p *rule.Pass, at airflow.Setting, name string, remote airflow.Literal) {
	kwargs, given := remote.At("client_kwargs")
	if given && kwargs.Kind != airflow.Dict {
		p.Unknown("OAUTH_PROVIDERS: the file computes client_kwargs of " + name)
		return
	}
	signature, asked := kwargs.At("verify_signature")
	order := `set client_kwargs {"verify_signature": True}`
	switch {
	case asked && signature.Kind != airflow.Word && signature.Kind != airflow.Number:
		p.Unknown("OAUTH_PROVIDERS: the file computes verify_signature of " + name)
	case asked && !pythonTrue(signature.Text):
		p.Report(fileFinding(p, at, "tokens of "+name+" are taken without checking their signature: whoever writes one by hand is believed", order))
	case !asked && name == "the provider azure":
		p.Report(fileFinding(p, at, "tokens of "+name+" are taken without checking their signature: nothing sets verify_signature, and the default before the fab provider 3.7.3 is not to check", order))
	}
	if verify, set := kwargs.At("verify"); set && !pythonTrue(verify.Text) {
		p.Report(fileFinding(p, at, name+"'s certificate is not checked (verify is False): whoever answers in its place is believed", "leave verify out, and mount the provider's authority"))
	}
}

// clearAddresses are the keys, however deep, whose address is http:// and not in the pod itself.
func clearAddresses(l airflow.Literal) []string {
	var out []string
	eachText(l, "", func(key, text string) {
		if rest, clear := strings.CutPrefix(strings.ToLower(text), "http://"); clear && !isLocal(rest) {
			out = appendNew(out, key)
		}
	})
	return out
}

// isLocal says that an address without its scheme is the pod itself.
func isLocal(rest string) bool {
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, ":")
	return host == "localhost" || host == "127.0.0.1" || strings.HasPrefix(rest, "[::1]")
}

// anyTenant are the words that stand for all tenants of Microsoft's login in the place of one.
// Source: https://learn.microsoft.com/en-us/entra/identity-platform/v2-protocols.
var anyTenant = []string{"common", "organizations", "consumers"}

// tenantsOf is such a word in an address; empty where there is none.
func tenantsOf(provider airflow.Literal) string {
	out := ""
	eachText(provider, "", func(_, text string) {
		_, rest, _ := strings.Cut(strings.ToLower(text), "://")
		host, path, _ := strings.Cut(rest, "/")
		if !strings.HasPrefix(host, "login.microsoftonline.") && host != "login.windows.net" && host != "login.live.com" {
			return
		}
		tenant, _, _ := strings.Cut(path, "/")
		for _, word := range anyTenant {
			if tenant == word && out == "" {
				out = word
			}
		}
	})
	return out
}

// eachText visits the texts in a literal with the keys that they stand under.
func eachText(l airflow.Literal, key string, visit func(key, text string)) {
	if l.Kind == airflow.Text {
		visit(key, l.Text)
	}
	for _, item := range l.Items {
		eachText(item, key, visit)
	}
	for _, field := range l.Fields {
		eachText(field.Value, field.Key, visit)
	}
}
