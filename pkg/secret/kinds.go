package secret

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
)

// What says what a kind is, as "a GitHub token"; empty for marks that are no kind of credential.
func What(id string) string {
	if what := words[id]; what != "" {
		return what
	}
	for _, k := range kinds {
		if k.id == id {
			return k.what
		}
	}
	return ""
}

// alphabet is a set of classes of characters.
type alphabet int

const (
	lower alphabet = 1 << iota
	upper
	digits
	hexadecimal
	underscore
	dash
	dot
	plus
	slash
	equals

	letters = lower | upper
)

func (a alphabet) has(c byte) bool {
	switch {
	case c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		return a&hexadecimal != 0 || c >= 'a' && a&lower != 0 || c < 'a' && a&upper != 0
	case c >= 'a' && c <= 'z':
		return a&lower != 0
	case c >= 'A' && c <= 'Z':
		return a&upper != 0
	case c >= '0' && c <= '9':
		return a&(digits|hexadecimal) != 0
	}
	i := strings.IndexByte("_-.+/=", c)
	return i >= 0 && a&[]alphabet{underscore, dash, dot, plus, slash, equals}[i] != 0
}

// byFirst are the kinds by the first character of a prefix, so that a text is read once.
var byFirst = func() (out [256][]prefixed) {
	for i := range kinds {
		for _, prefix := range kinds[i].prefixes {
			out[prefix[0]] = append(out[prefix[0]], prefixed{prefix, &kinds[i]})
		}
	}
	return out
}()

type prefixed struct {
	prefix string
	kind   *kind
}

// Kinds are the kinds of credentials in a text, sorted.
func Kinds(text string) []string {
	if len(text) < shortest {
		return nil
	}
	out := append(prefixedKinds(text), irregular(text)...)
	if slices.Contains(out, "gcp-service-account") { // says more than the private key in it
		out = slices.DeleteFunc(out, func(id string) bool { return id == PrivateKey })
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// shortest is the length of the shortest credential with a shape of its own, in bytes.
const shortest = 16

func prefixedKinds(text string) []string {
	var out []string
	for i := range len(text) {
		if len(byFirst[text[i]]) == 0 || i > 0 && continues(text[i-1]) {
			continue
		}
		for _, p := range byFirst[text[i]] {
			if strings.HasPrefix(text[i:], p.prefix) && p.kind.fits(text[i+len(p.prefix):]) {
				out = append(out, p.kind.id)
			}
		}
	}
	return out
}

// continues says that a character belongs to the same word as what follows it.
func continues(c byte) bool { return (letters | digits | underscore).has(c) }

// fits says that a text begins with a body of the kind.
func (k *kind) fits(rest string) bool {
	n := 0
	for n < len(rest) && k.body.has(rest[n]) {
		n++
	}
	if n < len(rest) && continues(rest[n]) {
		return false
	}
	trimmed := strings.TrimRight(rest[:n], ".-") // the end of a sentence
	return len(trimmed) >= k.min && len(trimmed) <= k.max && varied(trimmed)
}

// varied says that a text is no row of equal characters and no sample.
func varied(text string) bool {
	var seen [256]bool
	different := 0
	for i := range len(text) {
		if !seen[text[i]] {
			seen[text[i]], different = true, different+1
		}
	}
	small := strings.ToLower(text)
	return different >= 7 && !strings.Contains(small, "example") && !strings.Contains(small, "xxxxx") && !strings.Contains(small, "1234567890")
}

// irregular kinds have a form of more than one part.
var irregulars = []struct {
	id   string
	must string // stands in every such text
	form *pattern.Pattern
}{
	// RFC 7468, RFC 4716, OpenSSH's PROTOCOL.key and OpenPGP's armor; a header alone shows that there was a key.
	{PrivateKey, "PRIVATE KEY", pattern.New(`-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----`)},
	{PrivateKey, "PuTTY-User-Key-File", pattern.New(`PuTTY-User-Key-File-\d: `)},
	// RFC 7519: three parts in base64url, the first two being JSON objects.
	{"jwt", "eyJ", pattern.New(`\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{16,}`)},
	// https://cloud.google.com/iam/docs/keys-create-delete: the JSON file of a service account.
	{"gcp-service-account", "service_account", pattern.New(`(?s)"type"\s*:\s*"service_account".*"private_key"\s*:\s*"-{5}BEGIN|"private_key"\s*:\s*"-{5}BEGIN.*"type"\s*:\s*"service_account"`)},
	// https://learn.microsoft.com/azure/storage/common/storage-configure-connection-string and Service Bus: a base64 key after its name.
	{"azure-storage-key", "Key=", pattern.New(`(?:AccountKey|SharedAccessKey|SharedSecretValue)=[A-Za-z0-9+/]{40,}={0,2}`)},
	// https://learn.microsoft.com/rest/api/storageservices/create-service-sas: version and signature.
	{"azure-sas", "sig=", pattern.New(`(?:^|[?&;])s[vr]=[^\s]*&sig=[A-Za-z0-9%+/=]{40,}|[?&]sig=[A-Za-z0-9%+/=]{40,}[^\s]*&s[vr]=`)},
	// https://learn.microsoft.com/purview/sit-defn-azure-ad-client-secret: 40 characters with a mark at the fourth.
	{"azure-client-secret", "Q~", pattern.New(`(?:^|[^\w.~-])[\w.~-]{3}[78]Q~[\w.~-]{31,34}(?:$|[^\w.~-])`)},
	// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks
	{"slack-webhook", "services/T", pattern.New(`services/T[A-Z0-9]{7,12}/B[A-Z0-9]{7,12}/[A-Za-z0-9]{20,28}`)},
	// https://discord.com/developers/docs/resources/webhook
	{"discord-webhook", "webhooks/", pattern.New(`api/webhooks/\d{17,20}/[\w-]{60,80}`)},
	// https://github.com/docker/cli, config.json: "auths": {host: {"auth": base64 of user:password}}.
	{"docker-registry-auth", "auth", pattern.New(`"auth"\s*:\s*"[A-Za-z0-9+/]{10,}={0,2}"`)},
	// https://developer.hashicorp.com/vault/docs/concepts/tokens: before 1.10 a token was "s." and 24 letters and digits.
	{"vault-legacy-token", "s.", pattern.New(`(?:^|[\s"'=:])s\.[A-Za-z0-9]{24}(?:$|[\s"',;])`)},
	// https://core.telegram.org/bots/api#authorizing-your-bot
	{"telegram-token", ":AA", pattern.New(`\b\d{8,10}:AA[\w-]{33}\b`)},
	// https://developer.hashicorp.com/terraform/cloud-docs/users-teams-organizations/api-tokens
	{"terraform-token", ".atlasv1.", pattern.New(`\b[A-Za-z0-9]{14}\.atlasv1\.[\w-]{60,}`)},
}

func irregular(text string) []string {
	var out []string
	for _, k := range irregulars {
		if !strings.Contains(text, k.must) {
			continue
		}
		for _, found := range k.form.FindAllString(text, 50) {
			if k.id == PrivateKey || k.id == "gcp-service-account" || varied(found) && (k.id != "vault-legacy-token" || mixed(found)) {
				out = append(out, k.id)
				break
			}
		}
	}
	return out
}

// mixed says that a text has lower-case, upper-case letters and digits.
func mixed(text string) bool {
	has := func(a alphabet) bool {
		return strings.ContainsFunc(text, func(r rune) bool { return r < 0x80 && a.has(byte(r)) })
	}
	return has(lower) && has(upper) && has(digits)
}
