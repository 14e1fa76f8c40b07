package collect

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/secret"
)

// hide is the token of a text; an empty text hides nothing and stays.
func (m *masker) hide(text string) string {
	if text == "" {
		return ""
	}
	return m.token(text)
}

// plain keeps a text that may be shown where it stands, if it looks like one:
// a short single line without a URL, a query or a key block.
func (m *masker) plain(node any) any {
	text, ok := node.(string)
	if !ok || isPlainText(text) {
		return node
	}
	return m.text(text)
}

// maxPlain is longer than any name, path or image reference should be.
const maxPlain = 512

func isPlainText(text string) bool {
	if len(text) > maxPlain {
		return false
	}
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ', c == 0x7f, c == '?', c >= 0x80:
			return false
		case c == '@' && !strings.HasPrefix(text[i:], "@sha256:"):
			return false
		case c == ':' && strings.HasPrefix(text[i:], "://"):
			return false
		}
	}
	return !strings.Contains(text, "-----") && !holdsCredential(text)
}

// holdsCredential says that a text has the shape of a known credential in it: then no place makes it harmless.
func holdsCredential(text string) bool { return len(secret.Kinds(text)) > 0 }

// text masks a text that may hold anything: a reference to a variable stays, a
// URL keeps what is no secret, all else becomes one token.
func (m *masker) text(text string) string {
	if text == "" || isReference(text) {
		return text
	}
	if masked, ok := m.url(text); ok {
		return masked
	}
	return m.token(text)
}

// isReference says that a text is nothing but a variable of the pod or shell: $(NAME) or ${NAME}.
func isReference(text string) bool {
	if len(text) < 4 || text[0] != '$' {
		return false
	}
	end := text[len(text)-1]
	return (text[1] == '(' && end == ')' || text[1] == '{' && end == '}') && isEnvName(text[2:len(text)-1])
}

// isEnvName says that a text is an environment variable's name in upper case.
func isEnvName(text string) bool {
	for i := range len(text) {
		if c := text[i]; !(c >= 'A' && c <= 'Z' || c == '_' || i > 0 && isDigit(c)) {
			return false
		}
	}
	return text != ""
}

// harmless are words that say yes, no or nothing.
var harmless = set("true", "false", "yes", "no", "on", "off", "none", "null", "enabled", "disabled")

// simple keeps switches and numbers, unless the name they stand under smells of a credential.
func simple(name, text string) bool {
	if harmless[strings.ToLower(text)] {
		return true
	}
	return isShortNumber(text) && !smells(name)
}

// isShortNumber says that a text is a number of at most seven digits: a port, a count, a time.
func isShortNumber(text string) bool {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || len(digits) > 8 {
		return false
	}
	dots := 0
	for i := range len(digits) {
		if digits[i] == '.' {
			dots++
		} else if !isDigit(digits[i]) {
			return false
		}
	}
	return dots <= 1 && len(digits)-dots <= 7 && digits != "."
}

// scents are parts of names under which credentials stand.
var scents = []string{
	"pass", "pwd", "secret", "token", "key", "cred", "auth", "salt", "dsn", "conn", "private", "login", "user",
	"cert", "signing", "signature", "session", "cookie", "seed", "hash", "var_", "variable", "license",
}

func smells(name string) bool {
	name = strings.ToLower(name)
	for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '_' || r == '-' || r == '.' }) {
		if word == "pin" || word == "otp" {
			return true
		}
	}
	for _, scent := range scents {
		if strings.Contains(name, scent) {
			return true
		}
	}
	return false
}

// numberText is a decoded number as JSON writes it.
func numberText(value any) string {
	switch value := value.(type) {
	case json.Number:
		return value.String()
	case int64:
		return strconv.FormatInt(value, 10)
	case int:
		return strconv.Itoa(value)
	case float64:
		return strconv.FormatFloat(value, 'g', -1, 64)
	}
	return ""
}
