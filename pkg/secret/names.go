package secret

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// Scent is how much a name says about what stands under it.
type Scent int

// From none to sure. Under a weak name only what looks random or has a kind's
// shape is a credential, under a likely one all but words, under a sure one all
// that is not harmless.
const (
	No Scent = iota
	Weak
	Likely
	Sure
)

// ends are the last words of names, and what they say; the first row that fits counts.
var ends = []struct {
	words []string // the last words; "*" stands for one of before
	// before are words that may stand where "*" does.
	before []string
	scent  Scent
}{
	// Names of Secrets and of keys inside them: both charts' and Kubernetes' own.
	{words: []string{"*", "secret"}, before: holders, scent: No},
	{words: []string{"*", "secret", "key"}, before: holders, scent: No},
	{words: []string{"*", "key"}, before: []string{"password", "passwd", "username", "user", "token", "existing", "connection"}, scent: No},
	{words: []string{"public", "key"}, scent: No},
	{words: []string{"primary", "key"}, scent: No},
	{words: []string{"foreign", "key"}, scent: No},
	{words: []string{"routing", "key"}, scent: No},
	{words: []string{"sort", "key"}, scent: No},
	{words: []string{"partition", "key"}, scent: No},
	{words: []string{"cache", "key"}, scent: No},
	{words: []string{"topology", "key"}, scent: No},
	{words: []string{"host", "key"}, scent: No},
	{words: []string{"service", "account", "token"}, scent: No},
	{words: []string{"kms", "key"}, scent: No},

	{words: []string{"password"}, scent: Sure}, {words: []string{"passwd"}, scent: Sure}, {words: []string{"pwd"}, scent: Sure},
	{words: []string{"passphrase"}, scent: Sure}, {words: []string{"pw"}, scent: Sure},
	{words: []string{"webserver", "secret", "key"}, scent: Sure}, {words: []string{"api", "secret", "key"}, scent: Sure}, {words: []string{"pass"}, scent: Sure}, {words: []string{"requirepass"}, scent: Sure},
	{words: []string{"masterauth"}, scent: Sure}, {words: []string{"userpass"}, scent: Sure}, {words: []string{"pgpassword"}, scent: Sure},
	{words: []string{"secret", "access", "key"}, scent: Sure}, {words: []string{"client", "secret"}, scent: Sure},
	{words: []string{"consumer", "secret"}, scent: Sure}, {words: []string{"jwt", "secret"}, scent: Sure},
	{words: []string{"fernet", "key"}, scent: Sure}, {words: []string{"account", "key"}, scent: Sure},
	{words: []string{"private", "key"}, scent: Sure}, {words: []string{"private", "key", "content"}, scent: Sure},
	{words: []string{"aws", "secret", "key"}, scent: Sure}, {words: []string{"aws", "session", "token"}, scent: Sure},

	{words: []string{"secret", "key"}, scent: Likely}, {words: []string{"access", "key"}, scent: Likely},
	{words: []string{"api", "key"}, scent: Likely}, {words: []string{"apikey"}, scent: Likely},
	{words: []string{"app", "key"}, scent: Likely}, {words: []string{"application", "key"}, scent: Likely},
	{words: []string{"auth", "key"}, scent: Likely}, {words: []string{"shared", "key"}, scent: Likely}, {words: []string{"license", "key"}, scent: Likely},
	{words: []string{"signing", "key"}, scent: Likely}, {words: []string{"encryption", "key"}, scent: Likely},
	{words: []string{"master", "key"}, scent: Likely}, {words: []string{"storage", "key"}, scent: Likely},
	{words: []string{"token"}, scent: Likely}, {words: []string{"secret"}, scent: Likely}, {words: []string{"pat"}, scent: Likely},
	{words: []string{"credentials"}, scent: Likely}, {words: []string{"credential"}, scent: Likely}, {words: []string{"creds"}, scent: Likely},
	{words: []string{"authorization"}, scent: Likely}, {words: []string{"bearer"}, scent: Likely}, {words: []string{"pin"}, scent: Likely}, {words: []string{"sig"}, scent: Likely},
	{words: []string{"connection", "string"}, scent: Likely}, {words: []string{"basic", "auth"}, scent: Likely}, {words: []string{"basicauth"}, scent: Likely},
	{words: []string{"ssh", "key"}, scent: Likely}, {words: []string{"deploy", "key"}, scent: Likely},
	{words: []string{"keytab", "base64", "content"}, scent: Sure}, {words: []string{"otp"}, scent: Likely}, {words: []string{"salt"}, scent: Weak},

	{words: []string{"key"}, scent: Weak}, {words: []string{"auth"}, scent: Weak}, {words: []string{"cookie"}, scent: Weak},
	{words: []string{"seed"}, scent: Weak}, {words: []string{"secrets"}, scent: Weak}, {words: []string{"tokens"}, scent: Weak},
	{words: []string{"passwords"}, scent: Weak}, {words: []string{"keys"}, scent: Weak}, {words: []string{"dsn"}, scent: Weak},
}

// holders are what a Secret is named for where a name ends in "secret": the
// value is the Secret's name. Airflow's own options end so, too, where a
// secrets backend holds their value.
var holders = []string{
	"existing", "password", "user", "username", "ssh", "http", "auth", "basic", "pull", "tls", "ca", "cert", "credentials", "keys", "key",
	"from", "metadata", "connection", "conn", "config", "env", "envs", "registry", "backend", "url", "kwargs", "postgresql", "redis", "stats", "ingress",
}

// digests are words of names of what only tells whether a secret is the same.
var digests = []string{"checksum", "digest", "fingerprint", "thumbprint", "sha256", "sha1", "md5"}

// Named says what a name says. Only its last words count: what it is a password
// for stands before, and what about a password (its length, its file) behind.
func Named(name string) Scent {
	if name == "SECRET_KEY" { // Flask's own; in other spellings it is the name of a Secret's key, too
		return Sure
	}
	parts := split(name)
	if slices.ContainsFunc(parts, func(part string) bool { return slices.Contains(digests, part) }) {
		return No
	}
	for _, end := range ends {
		if endsIn(parts, end.words, end.before) {
			return end.scent
		}
	}
	return No
}

func endsIn(parts, words, before []string) bool {
	if len(parts) < len(words) {
		return false
	}
	for i, part := range parts[len(parts)-len(words):] {
		if words[i] == "*" && !slices.Contains(before, part) || words[i] != "*" && part != words[i] {
			return false
		}
	}
	return true
}

// split cuts a name into its words in lower case: at marks, and where a capital
// begins a word. A number at the end only counts several of one sort.
func split(name string) []string {
	var parts []string
	var word []rune
	flush := func() {
		if len(word) > 0 {
			parts, word = append(parts, strings.ToLower(string(word))), nil
		}
	}
	runes := []rune(name)
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
			continue
		case unicode.IsUpper(r) && i > 0 && (!unicode.IsUpper(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]) && unicode.IsUpper(runes[i-1])):
			flush()
		}
		word = append(word, r)
	}
	flush()
	for len(parts) > 1 && strings.Trim(parts[len(parts)-1], "0123456789") == "" {
		parts = parts[:len(parts)-1]
	}
	if last := len(parts) - 1; last >= 0 {
		parts[last] = cmp.Or(strings.TrimRight(parts[last], "0123456789"), parts[last])
	}
	return parts
}

// Judge says whether a text with these marks is a credential under a name of this scent.
func Judge(scent Scent, marks []string) bool {
	for _, mark := range marks {
		switch mark {
		case Harmless:
			return false
		case Word:
			return scent == Sure
		case Random:
			return scent != No
		}
	}
	return len(marks) > 0 || scent >= Likely
}
