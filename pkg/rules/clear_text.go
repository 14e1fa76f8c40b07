package rules

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/secret"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// inClear is a credential that stands in clear where a text stands: the door
// masked it, and what is left says what it is.
type inClear struct {
	// name is the option, variable, flag or key that it stands under; empty where none does.
	name string
	// under is the variable or value that the whole text stands under, where a name within it says less.
	under string
	// what is the credential as a message names it.
	what  string
	value snapshot.Masked
	// inURL says that it is part of a URL; scheme is the URL's where one shows.
	inURL  bool
	scheme string
}

// The forms in which a token stands in a masked text of any language.
var (
	tokenForm = pattern.New(masked)
	urlForm   = pattern.New(`([A-Za-z][A-Za-z0-9+_.-]*)://(?:((?:` + masked + `|[^\s⟦⟧:@/?#"'])*)(?::((?:` + masked + `|[^\s⟦⟧@/?#"'])*))?@)?((?:` + masked + `|[^\s⟦⟧/?#"'])*)((?:` + masked + `|[^\s⟦⟧"'])*)`)
	paramForm = pattern.New(`[?&]([A-Za-z_][\w.-]*)=(` + masked + `)`)
	// givenForm is a name before "=" or ":" and the text behind it, quoted or not.
	givenForm = pattern.New(`([A-Za-z_][\w.-]*)["']?[ \t]*[=:][ \t]*["']?(` + masked + `)`)
	// namedForm is an entry of a list of variables, as YAML writes it in order of its keys.
	namedForm = pattern.New(`name: ["']?([A-Za-z_][\w.-]*)["']?\s+value: ["']?(` + masked + `)`)
	flagForm  = pattern.New(`(?:^|\s)--([a-z][a-z_.-]*)[ =]["']?(` + masked + `)`)
	pairForm  = pattern.New(`(?:^|,)(?:` + masked + `|[^,:⟦⟧]*):(` + masked + `)`)
	pairsText = pattern.New(`^(?:` + masked + `|[^\s⟦⟧/])*$`)
)

// shortFlags are flags of one letter that take a password, by what runs. The
// second group is the password.
var shortFlags = []struct {
	runs *pattern.Pattern
	form *pattern.Pattern
	what string
}{
	{createsUser, pattern.New(`(?:^|\s)(-p)[ =]["']?(` + masked + `)`), "an Airflow user's password"},
	{pattern.New(`\bredis-cli\b`), pattern.New(`(?:^|\s)(-a)[ =]["']?(` + masked + `)`), "the broker's password"},
	{pattern.New(`\bcurl\b`), pattern.New(`(?:^|\s)(-u|--user)[ =]["']?(` + masked + `)`), "a login"},
}

// clearSearch finds the credentials of one text, each once.
type clearSearch struct {
	text string
	// scent is what the text's own name or place says.
	scent secret.Scent
	seen  map[int]bool // the beginnings of tokens that were judged
	out   []inClear
}

// credentialsIn are the credentials in a text that stands under a name. Scent
// is what the place says beyond the name: Sure where nothing but a credential can stand.
func credentialsIn(name, text string, scent secret.Scent) []inClear {
	if !strings.Contains(text, "⟦secret ") {
		return nil
	}
	s := &clearSearch{text: text, scent: max(scent, secret.Named(name)), seen: map[int]bool{}}
	if m, whole := snapshot.ParseMasked(text); whole {
		s.judge(name, m, s.scent)
		return s.out
	}
	s.urls(name)
	if pairsText.MatchString(text) && (isPairsName(name) || s.scent == secret.Sure) {
		s.each(pairForm, 1, func([]string) string { return name }, secret.Sure)
	}
	if s.scent == secret.Sure {
		s.each(entryForm, 2, func(found []string) string { return found[1] }, secret.Sure)
	}
	for _, flags := range shortFlags {
		if flags.runs.MatchString(text) {
			s.flags(flags.form, flags.what)
		}
	}
	s.each(namedForm, 2, func(found []string) string { return found[1] }, secret.No)
	s.each(flagForm, 2, func(found []string) string { return found[1] }, secret.No)
	s.each(redisForm, 1, func([]string) string { return "requirepass" }, secret.No)
	s.each(givenForm, 2, func(found []string) string { return found[1] }, secret.No)
	s.rest(name)
	return s.out
}

func isPairsName(name string) bool {
	return strings.Contains(strings.ReplaceAll(strings.ToLower(name), "_", ""), "basicauth")
}

// judge keeps a token where it is a credential under its name.
func (s *clearSearch) judge(name string, m snapshot.Masked, scent secret.Scent) {
	if what, inURL := judged(name, m, scent); what != "" {
		s.out = append(s.out, inClear{name: name, what: what, value: m, inURL: inURL})
	}
}

// judged is what a masked text is under a name; empty where it is no credential.
func judged(name string, m snapshot.Masked, scent secret.Scent) (what string, inURL bool) {
	kinds := kindsOf(m)
	switch {
	case m.Size == 0:
		return "", false
	case len(kinds) > 0:
		return strings.Join(kinds, " and "), len(m.Shapes) == 1 && m.Shapes[0] == secret.URLPassword
	case m.Fernet && scent == secret.No, !m.Fernet && !secret.Judge(scent, m.Shapes):
		return "", false
	}
	return whatNamed(name), false
}

// kindsOf says which kinds of credentials a masked text has the shape of.
func kindsOf(m snapshot.Masked) []string {
	var out []string
	for _, shape := range m.Shapes {
		if what := secret.What(shape); what != "" && !slices.Contains(out, what) {
			out = append(out, what)
		}
	}
	return out
}

// nameWords say what stands under a name.
var nameWords = []struct{ part, what string }{
	{"secret_access_key", "an AWS secret access key"}, {"pass", "a password"}, {"pwd", "a password"}, {"token", "a token"},
	{"bearer", "a token"}, {"key", "a key"}, {"secret", "a secret"}, {"auth", "a login"},
}

// whatNamed is a credential by the name it stands under.
func whatNamed(name string) string {
	if c := credentialNamed(name); c != nil {
		return c.what
	}
	small := strings.ToLower(name)
	best, at := "a credential", -1
	for _, word := range nameWords { // the last one counts: a client secret of Keycloak is no key
		if i := strings.LastIndex(small, word.part); i >= 0 && i+len(word.part) > at {
			best, at = word.what, i+len(word.part)
		}
	}
	return best
}

// each judges the tokens that a form finds; group is the number of the token in it.
func (s *clearSearch) each(form *pattern.Pattern, group int, name func([]string) string, scent secret.Scent) {
	for _, at := range form.FindAllStringSubmatchIndex(s.text, -1) {
		start := at[2*group]
		if s.seen[start] {
			continue
		}
		m, ok := snapshot.ParseMasked(s.text[start:at[2*group+1]])
		if !ok {
			continue
		}
		found := make([]string, group+1)
		for i := range found {
			found[i] = s.text[at[2*i]:at[2*i+1]]
		}
		under := name(found)
		own := max(scent, secret.Named(under))
		if strings.EqualFold(under, "value") || strings.EqualFold(under, "password") { // what a list names stands before
			own = max(own, scent)
		}
		if before := len(s.out); own > secret.No || len(kindsOf(m)) > 0 {
			if s.judge(under, m, own); len(s.out) > before || own == secret.Sure {
				s.seen[start] = true
			}
		}
	}
}

func (s *clearSearch) flags(form *pattern.Pattern, what string) {
	for _, at := range form.FindAllStringSubmatchIndex(s.text, -1) {
		m, ok := snapshot.ParseMasked(s.text[at[4]:at[5]])
		if ok && !s.seen[at[4]] && m.Size > 0 && secret.Judge(secret.Sure, m.Shapes) {
			s.seen[at[4]] = true
			s.out = append(s.out, inClear{name: s.text[at[2]:at[3]], what: what, value: m})
		}
	}
}

// rest are the tokens that nothing names and that have a shape of their own.
// What a whole file says of itself is left out where its parts were found.
func (s *clearSearch) rest(name string) {
	named := len(s.out) > 0
	for _, at := range tokenForm.FindAllStringIndex(s.text, -1) {
		m, ok := snapshot.ParseMasked(s.text[at[0]:at[1]])
		if !ok || s.seen[at[0]] {
			continue
		}
		m.Shapes = slices.DeleteFunc(slices.Clone(m.Shapes), func(shape string) bool {
			return named && (shape == secret.Assignment || shape == secret.URLPassword) || s.said(shape)
		})
		if len(kindsOf(m)) > 0 {
			s.judge(name, m, secret.No)
		}
	}
}

// said says that a found credential has this shape.
func (s *clearSearch) said(shape string) bool {
	return slices.ContainsFunc(s.out, func(c inClear) bool { return slices.Contains(c.value.Shapes, shape) })
}
