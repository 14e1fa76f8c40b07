package airflow

import (
	"strings"
)

// assignment is NAME = value at the start of a line, or deeper where it only holds under a condition.
var assignment = pattern(`^(\s*)([A-Z][A-Z0-9_]*)\s*(?::[^=]*)?=\s*([^=].*)$`)

// WebserverConfig are the values that webserver_config.py gives one of its
// names, such as AUTH_ROLE_PUBLIC, for each web component that mounts the
// file. The last assignment at the left margin counts, and each deeper one
// after it that may hold. Nothing comes back where no file is mounted or the
// file leaves the name alone: Flask-AppBuilder's default then counts. A file
// that could not be read gives one value that is not known.
func (m *Model) WebserverConfig(name string) []Setting {
	var out []Setting
	for _, component := range []Component{APIServer, Webserver} {
		for _, w := range m.Find(component) {
			c := m.config[w]
			if c == nil {
				continue
			}
			file := m.mountedAs(w, c.container, "webserver_config.py")
			if file == nil {
				continue
			}
			base := Setting{
				Key: name, Name: name, Via: "webserver_config.py", Component: component, Workload: w,
				Ref: file.ref, Path: file.path + "#" + name,
			}
			if file.unread != "" {
				base.Reason = file.unread
				out = append(out, base)
				continue
			}
			out = append(out, assignments(file.text, base)...)
		}
	}
	return out
}

// assignments finds what a Python file assigns to base.Key, outside of comments and doc strings.
func assignments(text string, base Setting) []Setting {
	var out []Setting
	quoted := "" // the quotes of the long string a line begins in
	for line := range strings.Lines(text) {
		inside := quoted != ""
		quoted = longString(line, quoted)
		found := assignment().FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if inside || found == nil || found[2] != base.Key {
			continue
		}
		s := base
		s.Value, s.Known = literal(found[3])
		if !s.Known {
			s.Reason = "the file computes it"
		}
		if found[1] == "" {
			out = nil
		}
		out = append(out, s)
	}
	return out
}

// longString says in which triple quotes a line ends, having begun in those given.
func longString(line, quoted string) string {
	if quoted == "" && strings.HasPrefix(strings.TrimSpace(line), "#") {
		return ""
	}
	for {
		if quoted != "" {
			end := strings.Index(line, quoted)
			if end < 0 {
				return quoted
			}
			line = line[end+3:]
		}
		double, single := strings.Index(line, `"""`), strings.Index(line, `'''`)
		switch {
		case double < 0 && single < 0:
			return ""
		case single < 0 || double >= 0 && double < single:
			line, quoted = line[double+3:], `"""`
		default:
			line, quoted = line[single+3:], `'''`
		}
	}
}

var (
	textLiteral = pattern(`^[rRuUbB]?(?:'([^']*)'|"([^"]*)")\s*(?:#.*)?$`)
	bareLiteral = pattern(`^([A-Za-z_][A-Za-z0-9_.]*|-?[0-9]+(?:\.[0-9]+)?)\s*(?:#.*)?$`)
	constants   = pattern(`^(?:True|False|None|AUTH_[A-Z_]+|-?[0-9]+(?:\.[0-9]+)?)$`)
)

// literal is a Python text without its quotes, or a constant by its name; false for anything that is computed.
func literal(expression string) (string, bool) {
	if found := textLiteral().FindStringSubmatch(expression); found != nil {
		return found[1] + found[2], true
	}
	if found := bareLiteral().FindStringSubmatch(expression); found != nil && constants().MatchString(found[1]) {
		return found[1], true
	}
	return "", false
}
