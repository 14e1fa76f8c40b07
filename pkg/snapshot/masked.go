package snapshot

import (
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
	// Shapes say what the value looks like (package secret): kinds of
	// credentials, as github-token, or harmless, word or random. Sorted; none where nothing can be said.
	Shapes []string
	// Size is the largest of 0, 1, 16, 32, 48, 64 and 128 that the value's length in bytes reaches; 0 is empty.
	Size int
	// Fernet says the value has the shape of a valid Fernet key, or of several with commas between.
	Fernet bool
}

// ChartMade is the shape of a Fernet key that the official chart made at random.
const ChartMade = "chart-made"

// String never shows anything.
func (Masked) String() string { return "[secret]" }

// Token is the text that stands for m in an object's content.
func (m Masked) Token() string {
	var b strings.Builder
	b.WriteString(tokenStart + m.ID)
	for _, name := range m.Published {
		b.WriteString(" published:" + name)
	}
	for _, shape := range m.Shapes {
		b.WriteString(" shape:" + shape)
	}
	b.WriteString(" size:" + strconv.Itoa(m.Size))
	if m.Fernet {
		b.WriteString(" fernet")
	}
	b.WriteString(tokenEnd)
	return b.String()
}

const (
	tokenStart = "⟦secret "
	tokenEnd   = "⟧"
)

// ParseMasked reads a text that is one token and nothing else.
func ParseMasked(text string) (Masked, bool) {
	m, length := parseToken(text)
	return m, length > 0 && length == len(text)
}

// MaskedIn are the tokens inside a text, in order.
func MaskedIn(text string) []Masked {
	var out []Masked
	eachToken(text, func(m Masked) { out = append(out, m) }, nil)
	return out
}

// Redact replaces every token by "[secret]", for texts that a person reads.
func Redact(text string) string {
	return replaceTokens(text, func(m Masked) string { return m.String() })
}

// Renumber replaces the ID of every token in a text.
func Renumber(text string, id func(string) string) string {
	return replaceTokens(text, func(m Masked) string {
		m.ID = id(m.ID)
		return m.Token()
	})
}

func replaceTokens(text string, with func(Masked) string) string {
	if !strings.Contains(text, tokenStart) {
		return text
	}
	var b strings.Builder
	eachToken(text, func(m Masked) { b.WriteString(with(m)) }, func(plain string) { b.WriteString(plain) })
	return b.String()
}

// eachToken walks a text: token is told of each token, plain (if any) of what lies between.
func eachToken(text string, token func(Masked), plain func(string)) {
	tell := func(s string) {
		if plain != nil && s != "" {
			plain(s)
		}
	}
	begin := 0
	for at := 0; ; {
		i := strings.Index(text[at:], tokenStart)
		if i < 0 {
			tell(text[begin:])
			return
		}
		at += i
		m, length := parseToken(text[at:])
		if length == 0 {
			at += len(tokenStart)
			continue
		}
		tell(text[begin:at])
		token(m)
		at += length
		begin = at
	}
}

// parseToken reads the token a text begins with; length is 0 where it begins with none.
func parseToken(text string) (m Masked, length int) {
	if !strings.HasPrefix(text, tokenStart) {
		return Masked{}, 0
	}
	end := strings.Index(text, tokenEnd)
	if end < 0 {
		return Masked{}, 0
	}
	words := strings.Split(text[len(tokenStart):end], " ")
	if !isWord(words[0], "") {
		return Masked{}, 0
	}
	m.ID = words[0]
	for _, word := range words[1:] {
		name, value, valued := strings.Cut(word, ":")
		if !isWord(name, "") || valued && !isWord(value, "-") || (name == "published" || name == "shape") && !valued {
			return Masked{}, 0
		}
		switch name {
		case "published":
			m.Published = append(m.Published, value)
		case "shape":
			m.Shapes = append(m.Shapes, value)
		case "size":
			m.Size, _ = strconv.Atoi(value)
		case "fernet":
			m.Fernet = true
		}
	}
	return m, end + len(tokenEnd)
}

// isWord says that a text is lower-case letters, digits and the extra characters, and not empty.
func isWord(text, extra string) bool {
	for _, r := range text {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && !strings.ContainsRune(extra, r) {
			return false
		}
	}
	return text != ""
}
