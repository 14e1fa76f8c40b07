package python

import "strings"

// Kind says what a token of Python source is.
type Kind int

// The kinds. Masked is a mark that stands for an expression; End is the end of a statement.
const (
	Operator Kind = iota
	Name
	Number
	String
	Masked
	End
)

// Token is one word of Python source, with where it stands. Comments are none.
type Token struct {
	Kind Kind
	// Text is as written; of a string it is what stands between the quotes, unescaped.
	Text string
	// Start and Stop are the bytes where it begins and where it has ended.
	Start, Stop int
	// Indent is how far the line is moved in that a statement begins in; only its first token has it.
	Indent int
	// Prefix is what stands before the quotes of a string, in small letters.
	Prefix string
}

// Plain says that a string is what is written in it: no f"…" or b"…".
func (t Token) Plain() bool { return t.Prefix == "" || t.Prefix == "u" }

// Format says that a string is f"…", with expressions in braces.
func (t Token) Format() bool { return strings.Contains(t.Prefix, "f") }

// Lex cuts Python source into tokens. It never fails: what it does not know
// becomes operators of one byte. A number ends at its point.
func Lex(text string) []Token { return LexMasked(text, "", "") }

// LexMasked is Lex for a text in which expressions have given way to marks,
// each from its opening to its closing, such as ⟦…⟧. Empty ones mark nothing.
func LexMasked(text, opening, closing string) []Token {
	l := &lexer{text: text, opening: opening, closing: closing}
	l.begin()
	for l.at < len(text) {
		l.next()
	}
	l.add(End, l.at)
	return l.out
}

// Statements cuts tokens at the ends of statements. None is empty.
func Statements(tokens []Token) [][]Token {
	var out [][]Token
	start := 0
	for i, t := range tokens {
		if t.Kind == End {
			if i > start {
				out = append(out, tokens[start:i])
			}
			start = i + 1
		}
	}
	return out
}

type lexer struct {
	text             string
	opening, closing string
	at, depth        int
	indent           int // of the line; counted anew where a statement ends
	out              []Token
}

// add takes what stands from start up to here.
func (l *lexer) add(kind Kind, start int) {
	t := Token{Kind: kind, Start: start, Stop: l.at}
	if kind != End {
		t.Text = l.text[start:l.at]
	}
	if len(l.out) == 0 || l.out[len(l.out)-1].Kind == End {
		t.Indent = l.indent
	}
	l.out = append(l.out, t)
}

// begin counts the white space that the line at this place begins with.
func (l *lexer) begin() {
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

func (l *lexer) next() {
	start := l.at
	switch c := l.text[l.at]; {
	case c == '\n':
		l.at++
		if l.depth == 0 {
			l.add(End, start)
			l.begin()
		}
	case c == ';' && l.depth == 0:
		l.at++
		l.add(End, start)
	case c == ' ' || c == '\t' || c == '\f' || c == '\r':
		l.at++
	case strings.HasPrefix(l.text[l.at:], "\\\n"):
		l.at += 2
	case c == '#':
		l.skipTo("\n")
	case l.atMark():
		l.skipTo(l.closing)
		l.at = min(len(l.text), l.at+len(l.closing))
		l.add(Masked, start)
	case c == '"' || c == '\'':
		l.quoted("")
	case isDigit(c):
		l.run()
		l.add(Number, start)
	case isName(c):
		l.name()
	default:
		l.operator(c)
	}
}

func (l *lexer) skipTo(mark string) {
	if i := strings.Index(l.text[l.at:], mark); i >= 0 {
		l.at += i
		return
	}
	l.at = len(l.text)
}

func (l *lexer) atMark() bool { return l.opening != "" && strings.HasPrefix(l.text[l.at:], l.opening) }

func (l *lexer) operator(c byte) {
	start := l.at
	switch c {
	case '(', '[', '{':
		l.depth++
	case ')', ']', '}':
		l.depth = max(0, l.depth-1)
	}
	l.at++
	if strings.HasPrefix(l.text[l.at:], "=") && strings.IndexByte("=!<>+-*/%&|^:", c) >= 0 {
		l.at++
	}
	l.add(Operator, start)
}

// name reads a name, or what stands before the quotes of a string.
func (l *lexer) name() {
	start := l.at
	l.run()
	word := l.text[start:l.at]
	if l.at < len(l.text) && (l.text[l.at] == '"' || l.text[l.at] == '\'') && len(word) <= 2 && strings.Trim(word, "rbfuRBFU") == "" {
		l.quoted(strings.ToLower(word))
		return
	}
	l.add(Name, start)
}

// run passes over a name or number.
func (l *lexer) run() {
	for l.at < len(l.text) && (isName(l.text[l.at]) || isDigit(l.text[l.at])) && !l.atMark() {
		l.at++
	}
}

func isName(c byte) bool {
	return c == '_' || c >= 0x80 || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
