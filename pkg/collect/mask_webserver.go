package collect

import (
	"slices"
	"strings"
)

// webserverConfig masks a webserver_config.py: its assignments stay, one a
// line, with what is harmless in the values of known names. An assignment that
// only holds under a condition is moved in. What functions and classes hold
// goes, but for what weakens a login; one token stands for the whole file.
func (m *masker) webserverConfig(text string) string {
	f := &settingsFile{masker: m, imported: map[string]string{}, inside: -1}
	for _, statement := range statements(lexPython(text)) {
		f.statement(statement, statement[0].indent)
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

func (f *settingsFile) statement(s []pyToken, indent int) {
	f.signs = append(f.signs, signsIn(s)...)
	if f.inside >= 0 && indent > f.inside {
		return
	}
	f.inside = -1
	if setsAnyName(s) {
		f.out.WriteString("    from globals import *\n")
	}
	switch word := s[0].text; {
	case s[0].kind != pyName:
	case word == "def", word == "class", word == "async" && len(s) > 1 && s[1].text == "def":
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
func setsAnyName(s []pyToken) bool {
	for i, t := range s {
		if t.kind == pyName && (t.text == "globals" || t.text == "locals" || t.text == "exec") && i+1 < len(s) && s[i+1].text == "(" {
			return true
		}
	}
	return false
}

// isTarget says that a word which can also begin a condition is a name here.
func isTarget(s []pyToken) bool {
	return len(s) > 1 && s[1].kind == pyOperator && s[1].text == "="
}

// afterColon is what follows the colon of a statement's head on the same line.
func afterColon(s []pyToken) []pyToken {
	i := topLevel(s, ":")
	if i < 0 {
		return nil
	}
	return s[i+1:]
}

// topLevel is where an operator stands outside of all brackets; -1 where it does not.
func topLevel(s []pyToken, operator string) int {
	depth := 0
	for i, t := range s {
		if t.kind != pyOperator {
			continue
		}
		switch t.text {
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
func (f *settingsFile) imports(s []pyToken, indent int) {
	at := slices.IndexFunc(s, func(t pyToken) bool { return t.kind == pyName && t.text == "import" })
	if at < 2 {
		return
	}
	module := joined(s[1:at])
	trusted := slices.ContainsFunc(trustedModules, func(prefix string) bool { return strings.HasPrefix(module, prefix) })
	if !keyForm.MatchString(strings.TrimLeft(module, ".")) {
		module = "module"
	}
	for i := at + 1; i < len(s); i++ {
		switch name := s[i].text; {
		case trusted:
		case s[i].kind == pyOperator && name == "*":
			f.out.WriteString(margin(indent) + "from " + module + " import *\n")
		case s[i].kind != pyName || name == "as" || i+1 < len(s) && s[i+1].text == "as":
		default:
			f.imported[name] = strings.TrimLeft(module, ".")
			if clearSettings[name] {
				f.out.WriteString(margin(indent) + name + " = " + f.imported[name] + "." + name + "\n")
			}
		}
	}
}

// joined are pieces without what stood between them.
func joined(s []pyToken) string {
	var b strings.Builder
	for _, t := range s {
		b.WriteString(t.text)
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
func (f *settingsFile) assignment(s []pyToken, indent int) {
	if name, value := configEntry(s); name != "" {
		f.set(name, value, 4)
		return
	}
	if arguments := configUpdate(s); len(arguments) > 0 {
		for _, a := range arguments {
			f.set(a[0].text, a[2:], 4)
		}
		return
	}
	targets, value := targetsOf(s)
	for _, target := range targets {
		switch name := target[0].text; {
		case target[0].kind != pyName || !isEnvName(name):
		case len(target) > 1 && target[1].text != ":": // a part of it, two at once, or one more
			if clearSettings[name] {
				f.out.WriteString(margin(indent) + name + " = " + f.token(sourceOf(s)) + "\n")
			}
		default:
			f.set(name, value, indent)
		}
	}
	if len(targets) == 0 && len(s) > 2 && s[0].kind == pyName && clearSettings[s[0].text] && (s[1].text == "." || strings.HasSuffix(s[1].text, "=")) {
		f.out.WriteString(margin(indent) + s[0].text + " = " + f.token(sourceOf(s)) + "\n") // changed in place
	}
}

// targetsOf splits a = b = value.
func targetsOf(s []pyToken) (targets [][]pyToken, value []pyToken) {
	for {
		i := topLevel(s, "=")
		if i <= 0 || i+1 == len(s) {
			return targets, s
		}
		targets, s = append(targets, s[:i]), s[i+1:]
	}
}

// configEntry reads app.config["NAME"] = value.
func configEntry(s []pyToken) (name string, value []pyToken) {
	at := slices.IndexFunc(s, func(t pyToken) bool { return t.kind == pyName && t.text == "config" })
	if at < 1 || at+5 >= len(s) || s[at-1].text != "." || s[at+1].text != "[" || s[at+2].kind != pyString || s[at+3].text != "]" || s[at+4].text != "=" {
		return "", nil
	}
	if !isEnvName(s[at+2].text) {
		return "", nil
	}
	return s[at+2].text, s[at+5:]
}

// configUpdate reads app.config.update(NAME=value, …).
func configUpdate(s []pyToken) [][]pyToken {
	at := slices.IndexFunc(s, func(t pyToken) bool { return t.kind == pyName && t.text == "update" })
	if at < 3 || at+2 >= len(s) || s[at-2].text != "config" || s[at+1].text != "(" {
		return nil
	}
	var out [][]pyToken
	rest := s[at+2 : len(s)-1]
	for len(rest) > 0 {
		end := topLevel(rest, ",")
		if end < 0 {
			end = len(rest)
		}
		if a := rest[:end]; len(a) > 2 && a[0].kind == pyName && isEnvName(a[0].text) && a[1].text == "=" {
			out = append(out, a)
		}
		rest = rest[min(end+1, len(rest)):]
	}
	return out
}

// set writes one assignment.
func (f *settingsFile) set(name string, value []pyToken, indent int) {
	f.out.WriteString(margin(indent) + name + " = ")
	switch single := len(value) == 1 && value[0].kind == pyString && value[0].plain; {
	case single && name == "AUTH_LDAP_SERVER":
		f.out.WriteString(pyQuote(f.addresses(value[0].text)))
	case single && clearSettings[name]:
		f.out.WriteString(pyQuote(f.clear(value[0].text)))
	case clearSettings[name] && strings.HasSuffix(name, "SECURITY_MANAGER_CLASS") && len(value) == 1 && f.imported[value[0].text] != "":
		f.out.WriteString(f.imported[value[0].text] + "." + f.pyWord(value[0].text))
	case clearSettings[name]:
		f.out.WriteString(f.expression(value))
	case single:
		f.out.WriteString(pyQuote(f.hide(value[0].text)))
	case len(value) == 1 && value[0].kind == pyName:
		f.out.WriteString(f.pyWord(value[0].text))
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
