package render

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain makes a text from the cluster harmless on a terminal and in a log:
// line breaks, escape sequences and characters that turn or hide text become
// visible \u escapes, so that no name can forge a line of the report.
func plain(text string) string {
	if isPlain(text) {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[i])
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		i += size
	}
	return b.String()
}

// isPlain says that every character is printable; the only blank is the space.
func isPlain(text string) bool {
	for _, r := range text {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}
