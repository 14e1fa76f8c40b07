package collect

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/secret"
)

// code is the token of an expression. One that works its value out, with
// nothing written in it but names and words, holds no secret: get("name").
func (m *masker) code(value []pyToken) string {
	masked := m.masked(sourceOf(value))
	worksOut := slices.ContainsFunc(value, func(t pyToken) bool { return t.kind == pyName })
	written := func(t pyToken) bool { return t.kind == pyString && !secret.Plain(t.text) }
	if worksOut && !slices.ContainsFunc(value, written) {
		masked.Shapes = []string{secret.Harmless}
	}
	return masked.Token()
}

// statements cuts pieces at the ends of statements.
func statements(tokens []pyToken) [][]pyToken {
	var out [][]pyToken
	start := 0
	for i, t := range tokens {
		if t.kind == pyNewline {
			if i > start {
				out = append(out, tokens[start:i])
			}
			start = i + 1
		}
	}
	return out
}

// expression is a Python expression with its strings masked. Keys of dicts,
// names of environment variables, role names and the harmless parts of URLs stay.
func (m *masker) expression(value []pyToken) string {
	var b strings.Builder
	for i, t := range value {
		if t.space && i > 0 {
			b.WriteByte(' ')
		}
		switch t.kind {
		case pyString:
			if t.format {
				b.WriteByte('f')
			}
			b.WriteString(pyQuote(m.literal(value, i)))
		case pyNumber:
			if isShortNumber(t.text) {
				b.WriteString(t.text)
			} else {
				b.WriteString(m.token(t.text))
			}
		case pyName:
			b.WriteString(m.pyWord(t.text))
		default:
			if c := t.text[0]; c > ' ' && c < 0x7f {
				b.WriteString(t.text)
			}
		}
	}
	return b.String()
}

// pyWord keeps a name of Python; a name is no place for a secret, but it must look like one.
func (m *masker) pyWord(word string) string {
	if keyForm.MatchString(word) {
		return word
	}
	return m.token(word)
}

// pyQuote is a masked text between quotes.
func pyQuote(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// literal masks the string at i by what stands around it.
func (m *masker) literal(value []pyToken, i int) string {
	t := value[i]
	isKey := i+1 < len(value) && value[i+1].text == ":" && value[i+1].kind == pyOperator
	switch {
	case t.format:
		if masked, ok := m.loginURL(withoutGaps(t.text)); ok {
			return masked
		}
		return m.hide(t.text)
	case !t.plain:
		return m.hide(t.text)
	case isKey && keyForm.MatchString(t.text), roles[t.text], providers[t.text], readsEnvironment(value, i) && isEnvName(t.text):
		return t.text
	case i > 0 && value[i-1].kind == pyString: // a part of a longer text
		return m.hide(t.text)
	case loginKeys[keyOf(value, i)] && isLoginWord(t.text):
		return t.text
	}
	if masked, ok := m.loginURL(t.text); ok {
		return masked
	}
	return m.text(t.text)
}

// readsEnvironment says that the string at i names an environment variable: os.environ["X"], os.getenv("X").
func readsEnvironment(value []pyToken, i int) bool {
	if i < 2 || value[i-1].kind != pyOperator {
		return false
	}
	switch value[i-2].text {
	case "environ":
		return value[i-1].text == "["
	case "getenv":
		return value[i-1].text == "("
	case "get":
		return value[i-1].text == "(" && i >= 4 && value[i-4].text == "environ"
	}
	return false
}

func sourceOf(tokens []pyToken) string {
	parts := make([]string, len(tokens))
	for i, t := range tokens {
		parts[i] = t.text
	}
	return strings.Join(parts, " ")
}

// maxCalls bounds what is kept of one script.
const maxCalls = 500

// python cuts a script to the calls that are given texts by name, such as
// UserWrapper(username=…, password=…), each text masked. One token stands for the whole.
func (m *masker) python(text string) string {
	var b strings.Builder
	calls := 0
	for _, statement := range statements(lexPython(text)) {
		for i := 0; i+1 < len(statement) && calls < maxCalls; i++ {
			if statement[i].kind != pyName || statement[i+1].text != "(" || i > 0 && statement[i-1].text == "def" {
				continue
			}
			if arguments := m.arguments(statement[i+2:]); len(arguments) > 0 && keyForm.MatchString(statement[i].text) {
				b.WriteString(statement[i].text + "(" + strings.Join(arguments, ", ") + ")\n")
				calls++
			}
		}
	}
	return b.String() + "# " + m.token(text) + "\n"
}

// arguments are the name="text" and name=["text"] arguments of the call that pieces begin inside of.
func (m *masker) arguments(pieces []pyToken) []string {
	var out []string
	depth, texts := 0, false
	for i, t := range pieces {
		switch t.text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
		}
		if depth < 0 && t.kind == pyOperator {
			break
		}
		if depth != 0 || i+2 >= len(pieces) || t.kind != pyName || pieces[i+1].text != "=" || !keyForm.MatchString(t.text) {
			continue
		}
		if value := pieces[i+2:]; value[0].kind == pyString && endsArgument(value[1:]) {
			out, texts = append(out, t.text+`="`+m.argument(t.text, value[0].text)+`"`), true
		} else if value[0].text == "[" {
			out = append(out, t.text+"=["+m.list(value[1:])+"]")
		}
	}
	if !texts {
		return nil
	}
	return out
}

func endsArgument(rest []pyToken) bool {
	return len(rest) > 0 && rest[0].kind == pyOperator && (rest[0].text == "," || rest[0].text == ")")
}

func (m *masker) argument(name, text string) string {
	if (name == "conn_type" || name == "conn_id") && isWord(text) {
		return text
	}
	return m.text(text)
}

// list masks the texts of a list up to its end.
func (m *masker) list(pieces []pyToken) string {
	end := slices.IndexFunc(pieces, func(t pyToken) bool { return t.kind == pyOperator && t.text == "]" })
	var texts []string
	for _, t := range pieces[:max(end, 0)] {
		switch {
		case t.kind == pyString && roles[t.text]:
			texts = append(texts, `"`+t.text+`"`)
		case t.kind == pyString:
			texts = append(texts, `"`+m.hide(t.text)+`"`)
		}
	}
	return strings.Join(texts, ", ")
}
