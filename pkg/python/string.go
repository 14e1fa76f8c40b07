package python

import "strings"

// quoted reads a string; one that never ends goes on to the end of its line, or
// of the text between three quotes.
func (l *lexer) quoted(prefix string) {
	start := l.at - len(prefix)
	quote := l.text[l.at : l.at+1]
	if strings.HasPrefix(l.text[l.at:], strings.Repeat(quote, 3)) {
		quote = strings.Repeat(quote, 3)
	}
	l.at += len(quote)
	var b strings.Builder
	for l.at < len(l.text) && !strings.HasPrefix(l.text[l.at:], quote) {
		c := l.text[l.at]
		if c == '\n' && len(quote) == 1 {
			break
		}
		if c == '\\' && l.at+1 < len(l.text) {
			l.at++
			c = unescaped(l.text[l.at])
		}
		b.WriteByte(c)
		l.at++
	}
	l.at = min(len(l.text), l.at+len(quote))
	l.add(String, start)
	t := &l.out[len(l.out)-1]
	t.Text, t.Prefix = b.String(), prefix
}

func unescaped(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 't':
		return '\t'
	}
	return c
}
