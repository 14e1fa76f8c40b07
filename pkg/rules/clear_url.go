package rules

import (
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/secret"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// The groups of urlForm.
const (
	urlScheme = 1 + iota
	urlUser
	urlPassword
	urlHost
	urlRest
)

// urls finds the credentials in a text's URLs: a password, a user's name that
// is a token, a parameter, a path that nobody can guess.
func (s *clearSearch) urls(name string) {
	for _, at := range urlForm.FindAllStringSubmatchIndex(s.text, -1) {
		part := func(i int) string {
			if at[2*i] < 0 {
				return ""
			}
			return s.text[at[2*i]:at[2*i+1]]
		}
		for _, each := range tokenForm.FindAllStringIndex(s.text[at[0]:at[1]], -1) {
			s.seen[at[0]+each[0]] = true
		}
		found := func(m snapshot.Masked, what string) {
			s.out = append(s.out, inClear{name: name, what: what, value: m, inURL: true, scheme: strings.ToLower(part(urlScheme))})
		}
		if m, ok := snapshot.ParseMasked(part(urlPassword)); ok && secret.Judge(secret.Sure, m.Shapes) && m.Size > 0 {
			found(m, urlWhat(m, name, part(urlScheme)))
			continue
		}
		if m, ok := snapshot.ParseMasked(part(urlUser)); ok && part(urlPassword) == "" && opensByName(m, name, part(urlHost)) {
			found(m, tokenWhat(m))
			continue
		}
		for _, param := range paramForm.FindAllStringSubmatch(part(urlRest), -1) {
			m, _ := snapshot.ParseMasked(param[2])
			if what, _ := judged(param[1], m, secret.Named(param[1])); what != "" {
				found(m, what)
			}
		}
		for _, m := range snapshot.MaskedIn(part(urlHost) + pathOf(part(urlRest))) {
			if kinds := kindsOf(m); len(kinds) > 0 {
				found(m, strings.Join(kinds, " and "))
			}
		}
	}
}

// pathOf is what stands before a URL's parameters.
func pathOf(rest string) string {
	path, _, _ := strings.Cut(rest, "?")
	return path
}

// opensByName says that a URL's user name without a password is a token: Git
// hosts take one there. A Sentry DSN has a public key in that place.
func opensByName(m snapshot.Masked, name, host string) bool {
	if len(kindsOf(m)) > 0 {
		return true
	}
	where := strings.ToLower(name + host)
	return !strings.Contains(where, "sentry") && !strings.Contains(where, "dsn") && secret.Judge(secret.Weak, m.Shapes)
}

func urlWhat(m snapshot.Masked, name, scheme string) string {
	if kinds := kindsOf(m); len(kinds) > 0 {
		return strings.Join(kinds, " and ")
	}
	if isConnection(name) {
		return "a connection's password"
	}
	for part := range strings.SplitSeq(strings.ToLower(scheme), "+") {
		if c := stores[part]; c != nil {
			return c.what
		}
	}
	return "a password"
}

func tokenWhat(m snapshot.Masked) string {
	if kinds := kindsOf(m); len(kinds) > 0 {
		return strings.Join(kinds, " and ")
	}
	return "a token"
}
