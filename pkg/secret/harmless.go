package secret

import (
	"encoding/base64"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
)

// references are the forms in which a text points to a value instead of
// holding it: variables of pods and shells, templates of Helm, Jinja and CI.
var references = pattern.New(`(?s)\{\{.*?\}\}|\{%.*?%\}|\$\([^()]*\)|\$\{[^{}]*\}|\$[A-Za-z_]\w*|%\(\w+\)s|<%.*?%>|#\{[^{}]*\}#|@@\w+@@|\b__[A-Z][A-Z0-9_]*__\b`)

// pointers begin texts that a secrets manager or a deployment tool replaces.
// Sources: the documentation of vals, bank-vaults, 1Password, SOPS, Ansible, Azure and Google.
var pointers = []string{
	"vault:", "ref+", "arn:", "op://", "secretref:", "secretref+", "secret://", "sm://", "gcpsm://", "gcpsecretmanager:", "awssm://",
	"azkv://", "akv://", "keyvault:", "@Microsoft.KeyVault(", "ssm:", "ENC[", "$ANSIBLE_VAULT;", "file:", "env:", "env://", "kms:",
	"k8s://", "k8s:", "conjur:", "!var ", "{cipher}",
}

// managerPath is a secret's name in Google's and Azure's own form.
var managerPath = pattern.New(`^projects/[\w-]+/secrets/[\w-]+|^https://[\w-]+\.vault\.azure\.net/`)

// placeholder is a text that somebody has yet to replace.
var placeholder = pattern.New(`^<[^<>]*>$|^\[[A-Za-z _-]*\]$|^(?i:(?:your|insert|enter|replace|fill|todo|fixme|redacted|masked|placeholder|dummy)(?:[ _-][a-z0-9 _-]*)?)$`)

// filler ends like such a text. It is slow to look for, so first one of its parts has to be there.
var (
	filler      = pattern.New(`^(?i:[a-z0-9_-]*x{6,}|[a-z0-9_-]*(?:replace[_-]?me|placeholder|redacted|goes[_-]here|_here))$`)
	fillerParts = []string{"xxxxxx", "replace", "placeholder", "redacted", "here"}
)

func isPlaceholder(text string) bool {
	small := strings.ToLower(text)
	return placeholder.MatchString(text) ||
		slices.ContainsFunc(fillerParts, func(part string) bool { return strings.Contains(small, part) }) && filler.MatchString(text)
}

// public are the beginnings of what everybody may read.
var public = pattern.New(`-----BEGIN (?:TRUSTED |X509 )?(?:CERTIFICATE|PUBLIC KEY|RSA PUBLIC KEY|X509 CRL|CERTIFICATE REQUEST|NEW CERTIFICATE REQUEST|EC PARAMETERS|DH PARAMETERS|PGP PUBLIC KEY BLOCK|SSH2 PUBLIC KEY)|(?:^|\s)(?:sk-)?(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-nistp\d+)(?:@openssh\.com)? AAAA|^age1[a-z0-9]{50,}$`)

// digest is what names a content: an image's digest, a checksum, a key's fingerprint.
var digest = pattern.New(`(?:^|@)sha(?:1|224|256|384|512)[:-][A-Za-z0-9+/=]{20,128}$|^SHA256:[A-Za-z0-9+/]{43}=?$|^(?:[0-9A-Fa-f]{2}:){15,31}[0-9A-Fa-f]{2}$`)

// filePath is a path, or a file by its ending.
var filePath = pattern.New(`^(?:~|\.{1,2})?(?:/[\w.@${}-]+)+/?$|^[A-Za-z]:\\[\w\\. -]+$|^[\w.-]+\.(?:pem|crt|cer|key|pub|p12|pfx|jks|keytab|json|yaml|yml|txt|cfg|ini|conf|toml|env|py|sh|asc|gpg|db)$`)

// harmless says that a text holds no secret, wherever it stands.
func harmless(text string) bool {
	text = strings.Trim(strings.TrimSpace(text), `"'`)
	switch {
	case text == "", sameCharacters(text), len(text) < longestName && isPlaceholder(text), strings.HasSuffix(text, "EXAMPLE"), strings.HasSuffix(text, "EXAMPLEKEY"):
		return true
	case len(text) < longestName && isDigestOrPath(text), (strings.HasPrefix(text, "projects/") || strings.Contains(text, ".vault.azure.net/")) && managerPath.MatchString(text), isPublic(text):
		return true
	}
	for _, pointer := range pointers {
		if strings.HasPrefix(text, pointer) {
			return true
		}
	}
	if strings.ContainsAny(text, "{$%<@_") {
		if rest := references.ReplaceAllString(text, ""); rest != text {
			return holdsNothing(rest)
		}
	}
	return strings.Contains(text, "://") && isAddress(text) || decodesToText(text)
}

// longestName is longer than placeholders, digests and paths are.
const longestName = 300

func isDigestOrPath(text string) bool {
	if !strings.ContainsAny(text, "/.:-\\") {
		return false
	}
	return digest.MatchString(text) || filePath.MatchString(text) && !isRandom(strings.Trim(text, "/=+"))
}

func isPublic(text string) bool {
	return (strings.Contains(text, "-----BEGIN") || strings.Contains(text, " AAAA") || strings.HasPrefix(text, "age1")) && public.MatchString(text)
}

// sameCharacters says that a text is a row of one or two different characters, as **** and xxxx.
func sameCharacters(text string) bool {
	return len(text) >= 3 && strings.Trim(text, text[:1]) == "" && !(text[0] >= '0' && text[0] <= '9')
}

// holdsNothing says that what is left of a text beside its references is words and marks.
func holdsNothing(rest string) bool {
	if len(Inside(rest)) > 0 {
		return false
	}
	for word := range strings.FieldsSeq(rest) {
		if word = strings.Trim(word, `"'`); isRandom(word) || len(word) > 6 && mixed(word) {
			return false
		}
	}
	return true
}

// address is a URL without user information and without parameters that open something.
var address = pattern.New(`^(?:[a-z][a-z0-9+.]*:)?[a-z][a-z0-9+.-]*://[^\s@?#]*(?:\?[^\s@]*)?$`)

func isAddress(text string) bool {
	if !address.MatchString(text) || len(Inside(text)) > 0 {
		return false
	}
	_, query, _ := strings.Cut(text, "?")
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if Named(name) != No && !isWord(value) || isRandom(value) {
			return false
		}
	}
	path := text[strings.Index(text, "://")+3:]
	for part := range strings.SplitSeq(path, "/") {
		if isRandom(part) {
			return false
		}
	}
	return true
}

// decodesToText says that a text is base64 of readable text without a
// credential in it: Kubernetes' habit, not a key. A password in base64 is no
// longer text than its base64 shows, so short ones do not count.
func decodesToText(text string) bool {
	if len(text) < shortestRandom || len(text)%4 != 0 || !all(text, letters|digits|plus|slash|equals) {
		return false
	}
	plain, err := base64.StdEncoding.DecodeString(text)
	if err != nil || !utf8.Valid(plain) || !strings.ContainsAny(string(plain), " \n") {
		return false
	}
	for _, r := range string(plain) {
		if r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0x7f {
			return false
		}
	}
	return len(Kinds(string(plain))) == 0 && len(Inside(string(plain))) == 0
}
