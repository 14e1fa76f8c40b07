package collect

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/python"
	"github.com/airflowsec/kubectl-airflowsec/pkg/secret"
)

// code is the token of an expression. One that works its value out, with
// nothing written in it but names and words, holds no secret: get("name").
func (m *masker) code(value []python.Token) string {
	masked := m.masked(sourceOf(value))
	worksOut := slices.ContainsFunc(value, func(t python.Token) bool { return t.Kind == python.Name })
	written := func(t python.Token) bool { return t.Kind == python.String && !secret.Plain(t.Text) }
	if worksOut && !slices.ContainsFunc(value, written) {
		masked.Shapes = []string{secret.Harmless}
	}
	return masked.Token()
}

// expression is a Python expression with its strings masked. Keys of dicts,
// names of environment variables, role names and the harmless parts of URLs stay.
func (m *masker) expression(value []python.Token) string {
	var b strings.Builder
	for i, t := range value {
		if i > 0 && value[i-1].Stop < t.Start {
			b.WriteByte(' ')
		}
		switch t.Kind {
		case python.String:
			if t.Format() {
				b.WriteByte('f')
			}
			b.WriteString(pyQuote(m.literal(value, i)))
		case python.Number:
			if isShortNumber(t.Text) {
				b.WriteString(t.Text)
			} else {
				b.WriteString(m.token(t.Text))
			}
		case python.Name:
			b.WriteString(m.pyWord(t.Text))
		default:
			if c := t.Text[0]; c > ' ' && c < 0x7f {
				b.WriteString(t.Text)
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
func (m *masker) literal(value []python.Token, i int) string {
	t := value[i]
	isKey := i+1 < len(value) && value[i+1].Text == ":" && value[i+1].Kind == python.Operator
	switch {
	case t.Format():
		if masked, ok := m.loginURL(withoutGaps(t.Text)); ok {
			return masked
		}
		return m.hide(t.Text)
	case !t.Plain():
		return m.hide(t.Text)
	case isKey && keyForm.MatchString(t.Text), roles[t.Text], providers[t.Text], readsEnvironment(value, i) && isEnvName(t.Text):
		return t.Text
	case i > 0 && value[i-1].Kind == python.String: // a part of a longer text
		return m.hide(t.Text)
	case loginKeys[keyOf(value, i)] && isLoginWord(t.Text):
		return t.Text
	}
	if masked, ok := m.loginURL(t.Text); ok {
		return masked
	}
	return m.text(t.Text)
}

// readsEnvironment says that the string at i names an environment variable: os.environ["X"], os.getenv("X").
func readsEnvironment(value []python.Token, i int) bool {
	if i < 2 || value[i-1].Kind != python.Operator {
		return false
	}
	switch value[i-2].Text {
	case "environ":
		return value[i-1].Text == "["
	case "getenv":
		return value[i-1].Text == "("
	case "get":
		return value[i-1].Text == "(" && i >= 4 && value[i-4].Text == "environ"
	}
	return false
}

func sourceOf(tokens []python.Token) string {
	parts := make([]string, len(tokens))
	for i, t := range tokens {
		parts[i] = t.Text
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
	for _, statement := range python.Statements(python.Lex(text)) {
		for i := 0; i+1 < len(statement) && calls < maxCalls; i++ {
			if statement[i].Kind != python.Name || statement[i+1].Text != "(" || i > 0 && statement[i-1].Text == "def" {
				continue
			}
			if arguments := m.arguments(statement[i+2:]); len(arguments) > 0 && keyForm.MatchString(statement[i].Text) {
				b.WriteString(statement[i].Text + "(" + strings.Join(arguments, ", ") + ")\n")
				calls++
			}
		}
	}
	return b.String() + "# " + m.token(text) + "\n"
}

// arguments are the name="text" and name=["text"] arguments of the call that pieces begin inside of.
func (m *masker) arguments(pieces []python.Token) []string {
	var out []string
	depth, texts := 0, false
	for i, t := range pieces {
		switch t.Text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
		}
		if depth < 0 && t.Kind == python.Operator {
			break
		}
		if depth != 0 || i+2 >= len(pieces) || t.Kind != python.Name || pieces[i+1].Text != "=" || !keyForm.MatchString(t.Text) {
			continue
		}
		if value := pieces[i+2:]; value[0].Kind == python.String && endsArgument(value[1:]) {
			out, texts = append(out, t.Text+`="`+m.argument(t.Text, value[0].Text)+`"`), true
		} else if value[0].Text == "[" {
			out = append(out, t.Text+"=["+m.list(value[1:])+"]")
		}
	}
	if !texts {
		return nil
	}
	return out
}

func endsArgument(rest []python.Token) bool {
	return len(rest) > 0 && rest[0].Kind == python.Operator && (rest[0].Text == "," || rest[0].Text == ")")
}

func (m *masker) argument(name, text string) string {
	if (name == "conn_type" || name == "conn_id") && isWord(text) {
		return text
	}
	return m.text(text)
}

// list masks the texts of a list up to its end.
func (m *masker) list(pieces []python.Token) string {
	end := slices.IndexFunc(pieces, func(t python.Token) bool { return t.Kind == python.Operator && t.Text == "]" })
	var texts []string
	for _, t := range pieces[:max(end, 0)] {
		switch {
		case t.Kind == python.String && roles[t.Text]:
			texts = append(texts, `"`+t.Text+`"`)
		case t.Kind == python.String:
			texts = append(texts, `"`+m.hide(t.Text)+`"`)
		}
	}
	return strings.Join(texts, ", ")
}
