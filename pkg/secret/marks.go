package secret

import (
	"math"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
)

// Marks are what can be said of a text without its name: the kinds of
// credentials in it, or else whether it is harmless, a word, or random. They
// are sorted; none means that the text is none of these.
func Marks(text string) []string {
	if kinds := Kinds(text); len(kinds) > 0 && !strings.HasSuffix(strings.TrimSpace(text), "EXAMPLE") {
		return kinds
	}
	if harmless(text) {
		return []string{Harmless}
	}
	if inside := Inside(text); len(inside) > 0 {
		return inside
	}
	switch {
	case isWord(text):
		return []string{Word}
	case isRandom(text):
		return []string{Random}
	}
	return nil
}

// Plain says that a text is harmless, or a name or words.
func Plain(text string) bool {
	marks := Marks(text)
	return len(marks) == 1 && (marks[0] == Harmless || marks[0] == Word)
}

// objectName is what Kubernetes objects are called, with the suffixes that controllers add.
var objectName = pattern.New(`^[a-z]{3,}(?:-[a-z0-9]{1,10})+$`)

// isWord says that a text is a name or words: parts of letters, each with at
// most three digits behind them, with marks between that names are joined by.
func isWord(text string) bool {
	if len(text) > 200 {
		return false
	}
	if objectName.MatchString(text) {
		return true
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("-_./ ,:;'!?()", r) })
	for _, part := range parts {
		if end := strings.TrimRight(part, "0123456789"); len(part)-len(end) > 3 || len(end) > 24 || !all(end, letters) || isJumble(end) {
			return false
		}
	}
	return len(parts) > 0
}

// isJumble says that letters change between small and capital too often for words joined.
func isJumble(text string) bool {
	changes := 0
	for i := 1; i < len(text); i++ {
		if lower.has(text[i-1]) && upper.has(text[i]) {
			changes++
		}
	}
	return len(text) >= 10 && 4*changes >= len(text)
}

// all says that a text has no other characters than the alphabet's.
func all(text string, a alphabet) bool {
	for i := range len(text) {
		if !a.has(text[i]) {
			return false
		}
	}
	return true
}

// Bounds of what generators of keys make: shorter texts are words too often, longer ones are data.
const (
	shortestRandom = 20
	longestRandom  = 512
)

// isRandom says that a text looks generated: one word of many different
// characters that nobody would write by hand.
func isRandom(text string) bool {
	if len(text) < shortestRandom || len(text) > longestRandom || isUUID(text) {
		return false
	}
	if !all(text, letters|digits|underscore|dash|dot|plus|slash|equals) {
		return false
	}
	longest := ""
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '-' || r == '.' || r == '/' || r == '_' }) {
		if len(part) > len(longest) {
			longest = part
		}
	}
	if all(text, hexadecimal) {
		return len(text) >= 32 && entropy(text) >= 2.9
	}
	// Parts with marks between are a name unless one of them is long by itself.
	return len(longest) >= 16 && strings.ContainsAny(text, "0123456789") && entropy(text) >= 3.6 && strings.IndexFunc(text, isLetter) >= 0
}

func isLetter(r rune) bool { return r < 0x80 && letters.has(byte(r)) }

// entropy is Shannon's, in bits for each character.
func entropy(text string) float64 {
	var counts [256]int
	for i := range len(text) {
		counts[text[i]]++
	}
	bits := 0.0
	for _, n := range counts {
		if n > 0 {
			p := float64(n) / float64(len(text))
			bits -= p * math.Log2(p)
		}
	}
	return bits
}

// isUUID says that a text is 8-4-4-4-12 hexadecimal digits: an identifier far more often than a key.
func isUUID(text string) bool {
	parts := strings.Split(text, "-")
	if len(parts) != 5 {
		return false
	}
	for i, size := range []int{8, 4, 4, 4, 12} {
		if len(parts[i]) != size || !all(parts[i], hexadecimal) {
			return false
		}
	}
	return true
}
