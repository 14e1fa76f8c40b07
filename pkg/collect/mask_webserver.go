package collect

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/python"
)

// webserverConfig masks a webserver_config.py: its assignments stay, one a
// line, with what is harmless in the values of known names. An assignment that
// only holds under a condition is moved in. What functions and classes hold
// goes, but for what weakens a login; one token stands for the whole file.
func (m *masker) webserverConfig(text string) string {
	f := &settingsFile{masker: m, imported: map[string]string{}, inside: -1}
	for _, statement := range python.Statements(python.Lex(text)) {
		f.statement(statement, statement[0].Indent)
	}
	for _, sign := range codeSigns {
		if slices.Contains(f.signs, sign.name) {
			f.out.WriteString("# code: " + sign.name + "\n")
		}
	}
	return f.out.String() + "# " + m.token(text) + "\n"
}

// settingsFile is a webserver_config.py on its way through the door.
type settingsFile struct {
	*masker
	out      strings.Builder
	imported map[string]string // names and the modules they come from
	signs    []string
	inside   int // how far the function or class is moved in that the statements belong to; -1 outside of any
}

// conditions begin statements whose bodies may or may not run.
var conditions = set("if", "elif", "else", "for", "while", "try", "except", "finally", "with", "match", "case", "async")

func (f *settingsFile) statement(s []python.Token, indent int) {
	f.signs = append(f.signs, signsIn(s)...)
	if f.inside >= 0 && indent > f.inside {
		return
	}
	f.inside = -1
	if setsAnyName(s) {
		f.out.WriteString("    from globals import *\n")
	}
	switch word := s[0].Text; {
	case s[0].Kind != python.Name:
	case word == "def", word == "class", word == "async" && len(s) > 1 && s[1].Text == "def":
		f.inside = indent
	case word == "from":
		f.imports(s, indent)
	case conditions[word] && !isTarget(s):
		if body := afterColon(s); len(body) > 0 {
			f.statement(body, max(indent, 4))
		}
	default:
		f.assignment(s, indent)
	}
}

// setsAnyName says that a statement may set names that it does not show: globals()[name] = value, exec(text).
func setsAnyName(s []python.Token) bool {
	for i, t := range s {
		if t.Kind == python.Name && (t.Text == "globals" || t.Text == "locals" || t.Text == "exec") && i+1 < len(s) && s[i+1].Text == "(" {
			return true
		}
	}
	return false
}

// isTarget says that a word which can also begin a condition is a name here.
func isTarget(s []python.Token) bool {
	return len(s) > 1 && s[1].Kind == python.Operator && s[1].Text == "="
}

// afterColon is what follows the colon of a statement's head on the same line.
func afterColon(s []python.Token) []python.Token {
	i := topLevel(s, ":")
	if i < 0 {
		return nil
	}
	return s[i+1:]
}

// topLevel is where an operator stands outside of all brackets; -1 where it does not.
func topLevel(s []python.Token, operator string) int {
	depth := 0
	for i, t := range s {
		if t.Kind != python.Operator {
			continue
		}
		switch t.Text {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			depth--
		case operator:
			if depth == 0 {
				return i
			}
		}
	}
	return -1
}

// trustedModules bring nothing but Airflow's and Flask-AppBuilder's own names, such as AUTH_DB.
var trustedModules = []string{"airflow.", "flask_appbuilder."}

// imports notes where names come from. What a module of somebody's own brings
// is not known, and a star may bring any name.
func (f *settingsFile) imports(s []python.Token, indent int) {
	at := slices.IndexFunc(s, func(t python.Token) bool { return t.Kind == python.Name && t.Text == "import" })
	if at < 2 {
		return
	}
	module := joined(s[1:at])
	trusted := slices.ContainsFunc(trustedModules, func(prefix string) bool { return strings.HasPrefix(module, prefix) })
	if !keyForm.MatchString(strings.TrimLeft(module, ".")) {
		module = "module"
	}
	for i := at + 1; i < len(s); i++ {
		switch name := s[i].Text; {
		case trusted:
		case s[i].Kind == python.Operator && name == "*":
			f.out.WriteString(margin(indent) + "from " + module + " import *\n")
		case s[i].Kind != python.Name || name == "as" || i+1 < len(s) && s[i+1].Text == "as":
		default:
			f.imported[name] = strings.TrimLeft(module, ".")
			if clearSettings[name] {
				f.out.WriteString(margin(indent) + name + " = " + f.imported[name] + "." + name + "\n")
			}
		}
	}
}

// joined are pieces without what stood between them.
func joined(s []python.Token) string {
	var b strings.Builder
	for _, t := range s {
		b.WriteString(t.Text)
	}
	return b.String()
}

func margin(indent int) string {
	if indent > 0 {
		return "    "
	}
	return ""
}

// assignment writes down what a statement sets.
func (f *settingsFile) assignment(s []python.Token, indent int) {
	if name, value := configEntry(s); name != "" {
		f.set(name, value, 4)
		return
	}
	if arguments := configUpdate(s); len(arguments) > 0 {
		for _, a := range arguments {
			f.set(a[0].Text, a[2:], 4)
		}
		return
	}
	targets, value := targetsOf(s)
	for _, target := range targets {
		switch name := target[0].Text; {
		case target[0].Kind != python.Name || !isEnvName(name):
		case len(target) > 1 && target[1].Text != ":": // a part of it, two at once, or one more
			if clearSettings[name] {
				f.out.WriteString(margin(indent) + name + " = " + f.token(sourceOf(s)) + "\n")
			}
		default:
			f.set(name, value, indent)
		}
	}
	if len(targets) == 0 && len(s) > 2 && s[0].Kind == python.Name && clearSettings[s[0].Text] && (s[1].Text == "." || strings.HasSuffix(s[1].Text, "=")) {
		f.out.WriteString(margin(indent) + s[0].Text + " = " + f.token(sourceOf(s)) + "\n") // changed in place
	}
}

// targetsOf splits a = b = value.
func targetsOf(s []python.Token) (targets [][]python.Token, value []python.Token) {
	for {
		i := topLevel(s, "=")
		if i <= 0 || i+1 == len(s) {
			return targets, s
		}
		targets, s = append(targets, s[:i]), s[i+1:]
	}
}

// configEntry reads app.config["NAME"] = value.
func configEntry(s []python.Token) (name string, value []python.Token) {
	at := slices.IndexFunc(s, func(t python.Token) bool { return t.Kind == python.Name && t.Text == "config" })
	if at < 1 || at+5 >= len(s) || s[at-1].Text != "." || s[at+1].Text != "[" || s[at+2].Kind != python.String || s[at+3].Text != "]" || s[at+4].Text != "=" {
		return "", nil
	}
	if !isEnvName(s[at+2].Text) {
		return "", nil
	}
	return s[at+2].Text, s[at+5:]
}

// configUpdate reads app.config.update(NAME=value, …).
func configUpdate(s []python.Token) [][]python.Token {
	at := slices.IndexFunc(s, func(t python.Token) bool { return t.Kind == python.Name && t.Text == "update" })
	if at < 3 || at+2 >= len(s) || s[at-2].Text != "config" || s[at+1].Text != "(" {
		return nil
	}
	var out [][]python.Token
	rest := s[at+2 : len(s)-1]
	for len(rest) > 0 {
		end := topLevel(rest, ",")
		if end < 0 {
			end = len(rest)
		}
		if a := rest[:end]; len(a) > 2 && a[0].Kind == python.Name && isEnvName(a[0].Text) && a[1].Text == "=" {
			out = append(out, a)
		}
		rest = rest[min(end+1, len(rest)):]
	}
	return out
}

// set writes one assignment.
func (f *settingsFile) set(name string, value []python.Token, indent int) {
	f.out.WriteString(margin(indent) + name + " = ")
	switch single := len(value) == 1 && value[0].Kind == python.String && value[0].Plain(); {
	case single && name == "AUTH_LDAP_SERVER":
		f.out.WriteString(pyQuote(f.addresses(value[0].Text)))
	case single && clearSettings[name]:
		f.out.WriteString(pyQuote(f.clear(value[0].Text)))
	case clearSettings[name] && strings.HasSuffix(name, "SECURITY_MANAGER_CLASS") && len(value) == 1 && f.imported[value[0].Text] != "":
		f.out.WriteString(f.imported[value[0].Text] + "." + f.pyWord(value[0].Text))
	case clearSettings[name]:
		f.out.WriteString(f.expression(value))
	case single:
		f.out.WriteString(pyQuote(f.hide(value[0].Text)))
	case len(value) == 1 && value[0].Kind == python.Name:
		f.out.WriteString(f.pyWord(value[0].Text))
	default:
		f.out.WriteString(f.code(value))
	}
	f.out.WriteByte('\n')
}

// addresses masks a list of URLs that spaces part. Where one is none, the
// space may stand in a password.
func (m *masker) addresses(text string) string {
	list := strings.Fields(text)
	if len(list) > 1 && !everyURL(list) {
		return m.text(text)
	}
	for i, each := range list {
		list[i] = m.clear(each)
	}
	return strings.Join(list, " ")
}
