package snapshot

import (
	"regexp"
	"strconv"
	"strings"
)

// Masked is what is left of a secret value: enough to compare and to judge,
// nothing to print. In an object's content it stands as a token in the text,
// ⟦secret 7 published:community-fernet-key size:32 fernet⟧, alone or inside a
// longer text such as a database URL.
type Masked struct {
	// ID is the same for equal values within one snapshot, and means nothing elsewhere.
	ID string
	// Published names the published defaults (chart, image or sample) that this value equals.
	Published []string
	// Size is the largest of 0, 1, 16, 32, 64 and 128 that the value's length in bytes reaches; 0 is empty.
	Size int
	// Fernet says the value has the shape of a valid Fernet key, or of several with commas between.
	Fernet bool
}

// String never shows anything.
func (Masked) String() string { return "[secret]" }

var maskToken = regexp.MustCompile(`⟦secret ([0-9a-z]+)((?: [a-z]+(?::[a-z0-9-]+)?)*)⟧`)

// Token is the text that stands for m in an object's content.
func (m Masked) Token() string {
	var b strings.Builder
	b.WriteString("⟦secret " + m.ID)
	for _, name := range m.Published {
		b.WriteString(" published:" + name)
	}
	b.WriteString(" size:" + strconv.Itoa(m.Size))
	if m.Fernet {
		b.WriteString(" fernet")
	}
	b.WriteString("⟧")
	return b.String()
}

// ParseMasked reads a text that is one token and nothing else.
func ParseMasked(text string) (Masked, bool) {
	if !strings.HasPrefix(text, "⟦secret ") {
		return Masked{}, false
	}
	found := maskToken.FindStringSubmatch(text)
	if found == nil || found[0] != text {
		return Masked{}, false
	}
	return parseToken(found), true
}

// MaskedIn are the tokens inside a text, in order.
func MaskedIn(text string) []Masked {
	if !strings.Contains(text, "⟦secret ") {
		return nil
	}
	var out []Masked
	for _, found := range maskToken.FindAllStringSubmatch(text, -1) {
		out = append(out, parseToken(found))
	}
	return out
}

// Redact replaces every token by "[secret]", for texts that a person reads.
func Redact(text string) string {
	if !strings.Contains(text, "⟦secret ") {
		return text
	}
	return maskToken.ReplaceAllString(text, "[secret]")
}

// Renumber replaces the ID of every token in a text.
func Renumber(text string, id func(string) string) string {
	if !strings.Contains(text, "⟦secret ") {
		return text
	}
	return maskToken.ReplaceAllStringFunc(text, func(token string) string {
		m := parseToken(maskToken.FindStringSubmatch(token))
		m.ID = id(m.ID)
		return m.Token()
	})
}

func parseToken(found []string) Masked {
	m := Masked{ID: found[1]}
	for _, word := range strings.Fields(found[2]) {
		name, value, _ := strings.Cut(word, ":")
		switch name {
		case "published":
			m.Published = append(m.Published, value)
		case "size":
			m.Size, _ = strconv.Atoi(value)
		case "fernet":
			m.Fernet = true
		}
	}
	return m
}
