package airflow

// LiteralKind says what a value in webserver_config.py is.
type LiteralKind int

// The kinds. Computed is whatever only running the file could tell; Text is a
// string, Word a name such as True or AUTH_DB, Environment a variable that the
// file reads, Call a call of a function by name.
const (
	Computed LiteralKind = iota
	Text
	Word
	Number
	List
	Dict
	Environment
	Call
)

// Literal is a value in webserver_config.py, as far as it can be read without running the file.
type Literal struct {
	Kind LiteralKind
	// Text is the text, word, number, variable or function; secrets in it are masked.
	Text string
	// Partly says that a text has parts that are filled in when the file runs; each stands as {}.
	Partly bool
	// Number is what a number is, also one that is worked out, as 60 * 60.
	Number float64
	// Items are a list's, tuple's or set's, and a call's arguments without a name.
	Items []Literal
	// Fields are a dict's, and a call's arguments with a name.
	Fields []LiteralField
}

// LiteralField is one entry of a dict.
type LiteralField struct {
	Key   string
	Value Literal
}

// At is the value under a key of a dict or a named argument; false where there is none.
func (l Literal) At(key string) (Literal, bool) {
	for i := len(l.Fields) - 1; i >= 0; i-- {
		if l.Fields[i].Key == key {
			return l.Fields[i].Value, true
		}
	}
	return Literal{}, false
}

// filled stands for a part of a text that is filled in when the file runs.
const filled = "{}"

// sum joins texts; what is not one is filled in. Numbers are added.
func sum(a, b Literal) Literal {
	switch {
	case a.Kind == Number && b.Kind == Number:
		return Literal{Kind: Number, Number: a.Number + b.Number}
	case a.Kind == Text && b.Kind == Text:
		return Literal{Kind: Text, Text: a.Text + b.Text, Partly: a.Partly || b.Partly}
	case a.Kind == Text:
		return Literal{Kind: Text, Text: a.Text + filled, Partly: true}
	case b.Kind == Text:
		return Literal{Kind: Text, Text: filled + b.Text, Partly: true}
	}
	return Literal{}
}

func product(a, b Literal) Literal {
	if a.Kind != Number || b.Kind != Number {
		return Literal{}
	}
	return Literal{Kind: Number, Number: a.Number * b.Number}
}

// filledIn is a text whose gaps something fills; of anything else nothing is known then.
func (l Literal) filledIn() Literal {
	if l.Kind != Text {
		return Literal{}
	}
	l.Partly = true
	return l
}
