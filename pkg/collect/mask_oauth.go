package collect

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"

	"github.com/airflowsec/kubectl-airflowsec/pkg/python"
)

// providers are the login providers Flask-AppBuilder knows by name.
var providers = set("google", "github", "githublocal", "azure", "okta", "keycloak", "keycloak_before_17", "auth0", "openshift", "authentik", "aws_cognito", "linkedin", "twitter")

// loginKeys are the keys of OAUTH_PROVIDERS that clearLogin's words may stand under.
var loginKeys = set(
	"icon", "token_key", "scope", "access_token_method", "token_endpoint_auth_method", "response_type", "response_mode",
	"code_challenge_method", "grant_type", "prompt",
)

// keyOf is the key that the value at i stands under; empty where it has none.
func keyOf(value []python.Token, i int) string {
	if i < 2 || value[i-1].Kind != python.Operator || value[i-1].Text != ":" && value[i-1].Text != "=" {
		return ""
	}
	return value[i-2].Text
}

// clearLogin are words of OAUTH_PROVIDERS that say how a login is done.
// Sources: Authlib's and Flask-AppBuilder's documentation; OpenID Connect Core 1.0, section 5.4.
var clearLogin = set(
	"access_token", "id_token", "refresh_token", "GET", "POST", "code", "S256", "plain", "client_secret_post", "client_secret_basic",
	"private_key_jwt", "none", "authorization_code", "openid", "profile", "email", "groups", "roles", "offline_access",
	"User.read", "User.Read", "user:full", "read:user", "user:email", "read:org", "user:info", "user", "RS256", "ES256", "HS256",
)

var iconForm = form{pattern.New(`^fa-[a-z-]+$`), 40}

// isLoginWord says that a text consists of such words, or names an icon.
func isLoginWord(text string) bool {
	if iconForm.MatchString(text) {
		return true
	}
	words := strings.Fields(text)
	return len(words) > 0 && !slices.ContainsFunc(words, func(word string) bool { return !clearLogin[word] })
}

// loginSegments are parts of identity providers' addresses: those that every
// tenant has, and those that stand for all tenants at once.
// Source: Microsoft's, Google's, Okta's, Keycloak's and GitHub's documentation of their endpoints.
var loginSegments = set(
	"common", "organizations", "consumers", "oauth2", "v1.0", "v2.0", "v3", "authorize", "authorization", "token", "access_token", "userinfo",
	"discovery", "keys", "certs", "jwks", "jwks.json", ".well-known", "openid-configuration", "openid-connect", "protocol", "realms", "default", "o",
	"application", "applications", "graph", "me", "user", "users", "apis", "user.openshift.io", "~",
)

// loginURL masks the address of an identity provider as url does, but part by
// part: what stands for one tenant is hidden, and that it stands there is not.
func (m *masker) loginURL(text string) (string, bool) {
	scheme, rest, found := strings.Cut(text, "://")
	if !found || scheme != "http" && scheme != "https" || strings.ContainsAny(rest, "@ \t\r\n\"'`<>\\,;|?#") {
		return "", false
	}
	host, path, hasPath := strings.Cut(rest, "/")
	out := scheme + "://"
	if isGap(host) {
		out += gap
	} else {
		out += m.hosts(host)
	}
	if !hasPath {
		return out, true
	}
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		switch {
		case isGap(segment):
			segments[i] = gap
		case segment != "" && !clearSegments[segment] && !loginSegments[segment]:
			segments[i] = m.token(segment)
		}
	}
	return out + "/" + strings.Join(segments, "/"), true
}

// gap stands for a part that is filled in when the file runs.
const gap = "{}"

var gapForm = form{pattern.New(`^(?:\{[a-z0-9_]*\}|%s)$`), 40}

// isGap says that a part is filled in when the file runs.
func isGap(text string) bool { return gapForm.MatchString(text) }

// withoutGaps is an f-string with nothing between its braces; what stands there is Python.
func withoutGaps(text string) string {
	var b strings.Builder
	depth := 0
	for i := range len(text) {
		switch c := text[i]; {
		case c == '{':
			depth++
			if depth == 1 {
				b.WriteString(gap)
			}
		case c == '}':
			depth = max(0, depth-1)
		case depth == 0:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// codeSigns are what code of somebody's own says where it weakens a login.
// Sources: PyJWT's, Requests' and Authlib's documentation.
var codeSigns = []struct {
	name  string
	words []string // followed by : or = and one of the values
	to    []string
}{
	{"verify_signature=False", []string{"verify_signature"}, []string{"False", "0"}},
	{"verify=False", []string{"verify"}, []string{"False", "0"}},
	{"insecure transport", []string{"OAUTHLIB_INSECURE_TRANSPORT", "AUTHLIB_INSECURE_TRANSPORT"}, nil},
}

// signsIn are the signs in a statement, apart from OAUTH_PROVIDERS, which stays to be read.
func signsIn(s []python.Token) []string {
	if s[0].Text == "OAUTH_PROVIDERS" {
		return nil
	}
	var out []string
	for i, t := range s {
		for _, sign := range codeSigns {
			if slices.Contains(sign.words, t.Text) && (t.Kind == python.Name || t.Kind == python.String) && says(s[i+1:], sign.to) {
				out = append(out, sign.name)
			}
		}
	}
	return out
}

// says whether what follows a word gives it one of some values; any will do where there are none.
func says(rest []python.Token, values []string) bool {
	if len(rest) > 0 && rest[0].Text == "]" { // os.environ["…"] = …
		rest = rest[1:]
	}
	if len(rest) < 2 || rest[0].Text != ":" && rest[0].Text != "=" && rest[0].Text != "," {
		return false
	}
	return len(values) == 0 || rest[0].Text != "," && slices.Contains(values, rest[1].Text)
}
