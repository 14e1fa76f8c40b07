package collect

import "strings"

// pyKind says what a piece of Python source is.
type pyKind int

const (
	pyName pyKind = iota
	pyNumber
	pyString
	pyOperator
	pyNewline // the end of a statement: a line end outside brackets
)

// pyToken is one piece of Python source. Comments are not pieces.
type pyToken struct {
	kind  pyKind
	text  string // as written; of a string its content, unescaped
	space bool   // white space stood before it
	plain bool   // of a string: no prefix such as f or b
	// format says that a string is f"…", with expressions in braces.
	format bool
	// indent is how far the line that a statement begins in is moved in; only its first piece has it.
	indent int
}

// lexPython cuts Python source into pieces. It never fails: what it does not
// know becomes operators of one byte.
func lexPython(text string) []pyToken {
	l := &pyLexer{text: text}
	l.begin()
	for l.at < len(text) {
		l.next()
	}
	l.add(pyToken{kind: pyNewline})
	return l.out
}

type pyLexer struct {
	text   string
	at     int
	depth  int
	space  bool
	indent int // of the line; counted anew where a statement ends
	out    []pyToken
}

func (l *pyLexer) add(t pyToken) {
	if len(l.out) == 0 || l.out[len(l.out)-1].kind == pyNewline {
		t.indent = l.indent
	}
	t.space, l.space = l.space, false
	l.out = append(l.out, t)
}

// begin counts the white space that the line at this place begins with.
func (l *pyLexer) begin() {
	l.indent = 0
	for _, c := range l.text[l.at:] {
		switch c {
		case ' ':
			l.indent++
		case '\t':
			l.indent += 8
		default:
			return
		}
	}
}

func (l *pyLexer) next() {
	switch c := l.text[l.at]; {
	case c == '\n':
		l.at++
		if l.depth == 0 {
			l.add(pyToken{kind: pyNewline})
			l.begin()
		}
		l.space = true
	case c == ';' && l.depth == 0:
		l.at++
		l.add(pyToken{kind: pyNewline})
	case c == ' ' || c == '\t' || c == '\f' || c == '\r':
		l.at, l.space = l.at+1, true
	case c == '\\' && strings.HasPrefix(l.text[l.at:], "\\\n"):
		l.at, l.space = l.at+2, true
	case c == '#':
		if end := strings.IndexByte(l.text[l.at:], '\n'); end >= 0 {
			l.at += end
		} else {
			l.at = len(l.text)
		}
	case c == '"' || c == '\'':
		l.quoted("")
	case isDigit(c):
		l.add(pyToken{kind: pyNumber, text: l.run()})
	case isPyName(c):
		l.name()
	default:
		l.operator(c)
	}
}

func (l *pyLexer) operator(c byte) {
	switch c {
	case '(', '[', '{':
		l.depth++
	case ')', ']', '}':
		l.depth = max(0, l.depth-1)
	}
	text := l.text[l.at : l.at+1]
	if strings.HasPrefix(l.text[l.at+1:], "=") && strings.IndexByte("=!<>+-*/%&|^:", c) >= 0 {
		text = l.text[l.at : l.at+2]
	}
	l.at += len(text)
	l.add(pyToken{kind: pyOperator, text: text})
}

func (l *pyLexer) name() {
	word := l.run()
	if l.at < len(l.text) && (l.text[l.at] == '"' || l.text[l.at] == '\'') && len(word) <= 2 && strings.Trim(word, "rbfuRBFU") == "" {
		l.quoted(strings.ToLower(word))
		return
	}
	l.add(pyToken{kind: pyName, text: word})
}

// run reads a name or number.
func (l *pyLexer) run() string {
	start := l.at
	for l.at < len(l.text) && (isPyName(l.text[l.at]) || isDigit(l.text[l.at])) {
		l.at++
	}
	return l.text[start:l.at]
}

func isPyName(c byte) bool {
	return c == '_' || c >= 0x80 || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// quoted reads a string literal; one that never ends goes on to the end of the text.
func (l *pyLexer) quoted(prefix string) {
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
	l.add(pyToken{kind: pyString, text: b.String(), plain: prefix == "" || prefix == "u", format: strings.Contains(prefix, "f")})
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
