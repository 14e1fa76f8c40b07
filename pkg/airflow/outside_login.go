package airflow

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
)

const identityProvider = "the identity provider"

// providerURL are the addresses that the web server itself asks; the one a
// browser is sent to is not among them.
// Source: Authlib's and Flask-AppBuilder's documentation of OAUTH_PROVIDERS.
var providerURL = pattern.New(`["'](?:api_base_url|access_token_url|request_token_url|server_metadata_url|jwks_uri|userinfo_endpoint)["']\s*:\s*f?["']([^"']*)["']`)

// oauthTargets are the identity providers that webserver_config.py names.
func oauthTargets(s site) []target {
	file := s.m.mountedAs(s.w, s.c, "webserver_config.py")
	if file == nil {
		return nil
	}
	at := Setting{Ref: file.ref, Path: file.path, Reason: file.unread, Known: file.unread == "", Via: strings.ToLower(file.ref.Kind)}
	if file.unread != "" {
		t := hidden("an identity provider", at, 443)
		t.what = "an identity provider, if webserver_config.py, which was not read, names one"
		t.optional = true
		return []target{t}
	}
	text := withoutComments(file.text)
	var out []target
	at.Path += "#OAUTH_PROVIDERS"
	for _, found := range providerURL.FindAllStringSubmatch(text, -1) {
		one := at
		one.Value = found[1]
		if strings.Contains(found[1], "://") { // others are relative to api_base_url
			out = append(out, targetAt(identityProvider, one, 443, false))
		}
	}
	if len(out) == 0 && usesOAuth.MatchString(text) {
		return []target{{what: identityProvider, ports: onPorts(443), unknown: "webserver_config.py computes it", ref: at.Ref, path: at.Path}}
	}
	return out
}

var usesOAuth = pattern.New(`(?m)^AUTH_TYPE\s*=\s*(?:AUTH_OAUTH|4)\b`)

func withoutComments(text string) string {
	lines := slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return strings.HasPrefix(strings.TrimSpace(line), "#") })
	return strings.Join(lines, "\n")
}

// ldapTargets are the directory that webserver_config.py names.
func ldapTargets(s site) []target {
	var out []target
	for _, at := range s.m.WebserverConfig("AUTH_LDAP_SERVER") {
		if at.Workload != s.w || at.Reason != "" && at.Reason != "the file computes it" {
			continue // an unread file is oauthTargets' to tell
		}
		for _, one := range listed(at.Value) {
			each := at
			each.Value = one
			out = append(out, targetAt("the LDAP server", each, 389, false))
		}
		if !at.Known {
			out = append(out, hidden("the LDAP server", at, 389, 636))
		}
	}
	return out
}

// authManagers are options of auth managers other than Flask-AppBuilder's that name a server.
// Sources: the Keycloak and Amazon providers' provider.yaml; Airflow's configuration reference.
func authManagerTargets(s site) []target {
	var out []target
	if at, set := s.option("keycloak_auth_manager", "server_url"); set {
		out = append(out, targetAt("Keycloak", at, 443, false))
	}
	if at, set := s.option("aws_auth_manager", "region_name"); set {
		out = append(out, s.amazon("Amazon Verified Permissions", "verifiedpermissions", at, at.Value))
	}
	if at, set := s.option("api_auth", "trusted_jwks_url"); set && !strings.HasPrefix(at.Value, "/") && !strings.HasPrefix(at.Value, "file:") {
		out = append(out, targetAt("the server of trusted keys", at, 443, false))
	}
	return out
}
