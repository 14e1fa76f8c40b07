package airflow

import "strings"

// pieceKind says what a piece of Python is.
type pieceKind int

const (
	pieceOperator pieceKind = iota
	pieceName
	pieceNumber
	pieceText
	pieceMasked // a token that stands for a whole expression
	pieceEnd    // the end of a statement
)

// piece is one word of Python, with where it stands. Comments are none.
type piece struct {
	kind       pieceKind
	text       string // of a text, what is between the quotes, unescaped
	start, end int
	indented   bool // the statement that begins here is moved in
	computed   bool // an f-string
}

// lexSettings cuts a masked webserver_config.py into pieces. What it does not know becomes operators of one byte.
func lexSettings(text string) []piece {
	l := &settingsLexer{text: text}
	for l.at < len(text) {
		l.next()
	}
	l.add(pieceEnd, "", l.at)
	return l.out
}

type settingsLexer struct {
	text      string
	at, depth int
	out       []piece
}

func (l *settingsLexer) add(kind pieceKind, text string, start int) {
	p := piece{kind: kind, text: text, start: start, end: l.at}
	if begins := len(l.out) == 0 || l.out[len(l.out)-1].kind == pieceEnd; begins {
		p.indented = start > 0 && strings.ContainsRune(" \t", rune(l.text[start-1]))
	}
	l.out = append(l.out, p)
}

const maskStart, maskEnd = "⟦", "⟧"

func (l *settingsLexer) next() {
	start := l.at
	switch c := l.text[l.at]; {
	case c == '\n':
		l.at++
		if l.depth == 0 {
			l.add(pieceEnd, "", start)
		}
	case c == ' ' || c == '\t' || c == '\r' || c == '\\':
		l.at++
	case c == '#':
		l.skipTo("\n")
	case strings.HasPrefix(l.text[l.at:], maskStart):
		l.skipTo(maskEnd)
		l.at = min(len(l.text), l.at+len(maskEnd))
		l.add(pieceMasked, l.text[start:l.at], start)
	case c == '"' || c == '\'':
		l.quoted("")
	case isNameByte(c):
		l.word()
	default:
		l.operator(c)
	}
}

func (l *settingsLexer) skipTo(mark string) {
	if i := strings.Index(l.text[l.at:], mark); i >= 0 {
		l.at += i
		return
	}
	l.at = len(l.text)
}

func isNameByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// word reads a name or a number, or what stands before the quotes of a text.
func (l *settingsLexer) word() {
	start := l.at
	for l.at < len(l.text) && (isNameByte(l.text[l.at]) || l.text[l.at] == '.' && isDigitByte(l.text[start])) {
		l.at++
	}
	word := l.text[start:l.at]
	switch {
	case l.at < len(l.text) && strings.ContainsRune(`"'`, rune(l.text[l.at])) && len(word) <= 2 && strings.Trim(strings.ToLower(word), "rbfu") == "":
		l.quoted(strings.ToLower(word))
	case isDigitByte(word[0]):
		l.add(pieceNumber, strings.ReplaceAll(word, "_", ""), start)
	default:
		l.add(pieceName, word, start)
	}
}

func isDigitByte(c byte) bool { return c >= '0' && c <= '9' }

func (l *settingsLexer) operator(c byte) {
	start := l.at
	switch c {
	case '(', '[', '{':
		l.depth++
	case ')', ']', '}':
		l.depth = max(0, l.depth-1)
	}
	l.at++
	if l.at < len(l.text) && l.text[l.at] == '=' && strings.IndexByte("=!<>+-*/%&|^:", c) >= 0 {
		l.at++
	}
	l.add(pieceOperator, l.text[start:l.at], start)
}

// quoted reads a text; one that never ends goes on to the end of the line, or of the file between three quotes.
func (l *settingsLexer) quoted(prefix string) {
	start := l.at - len(prefix)
	quote := l.text[l.at : l.at+1]
	if strings.HasPrefix(l.text[l.at:], strings.Repeat(quote, 3)) {
		quote = strings.Repeat(quote, 3)
	}
	l.at += len(quote)
	var b strings.Builder
	for l.at < len(l.text) && !strings.HasPrefix(l.text[l.at:], quote) {
		if l.text[l.at] == '\n' && len(quote) == 1 {
			break
		}
		if l.text[l.at] == '\\' && l.at+1 < len(l.text) {
			l.at++
		}
		b.WriteByte(l.text[l.at])
		l.at++
	}
	l.at = min(len(l.text), l.at+len(quote))
	l.add(pieceText, b.String(), start)
	l.out[len(l.out)-1].computed = strings.Contains(prefix, "f")
}
