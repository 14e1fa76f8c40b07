package airflow

import (
	"path"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/python"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

const webserverConfigFile = "webserver_config.py"

// WebserverFile is the webserver_config.py that the pods of a web component mount.
type WebserverFile struct {
	Component Component
	Workload  *Workload
	Ref       snapshot.Ref // of the ConfigMap or Secret
	Path      string       // JSON pointer of the file in it
	Unread    string       // why what the file says is not known; empty where it is
	lines     []settingLine
	signs     string
}

// settingLine is one assignment, or an import of all names of a module.
type settingLine struct {
	name, source string
	value        Literal
	conditional  bool
	star         bool // source is a module that may set any name
}

// WebserverFiles are those that are mounted, one for each workload. Where none
// is, the image's own file counts, which in Apache's image is the template.
func (m *Model) WebserverFiles() []WebserverFile {
	var out []WebserverFile
	for _, component := range []Component{APIServer, Webserver} {
		for _, w := range m.Find(component) {
			c := m.config[w]
			if c == nil {
				continue
			}
			found, name := m.webserverFile(w, c)
			if found == nil {
				continue
			}
			file := WebserverFile{Component: component, Workload: w, Ref: found.ref, Path: found.path, Unread: found.unread}
			switch {
			case file.Unread != "":
			case path.Base(found.key) != webserverConfigFile:
				file.Unread = name + " does not stand under the key " + webserverConfigFile + ", so its settings are masked"
			default:
				file.lines, file.signs = m.settingLines(found), found.text
			}
			out = append(out, file)
		}
	}
	return out
}

// settingLines are those of a file, read once however many rules ask.
func (m *Model) settingLines(file *mountedFile) []settingLine {
	m.kept.mutex.Lock()
	defer m.kept.mutex.Unlock()
	at := fileKey{file.ref, file.key}
	lines, known := m.kept.login[at]
	if !known {
		lines = parseSettings(file.text)
		m.kept.login[at] = lines
	}
	return lines
}

// webserverFile is what is mounted where [webserver] or [fab] config_file says, else under the usual name.
func (m *Model) webserverFile(w *Workload, c *config) (found *mountedFile, name string) {
	for _, section := range []string{"fab", "webserver"} {
		o := optionNamed(section, "config_file")
		if !o.in(m.Identity) {
			continue
		}
		s := m.resolve(c, o)
		if file := path.Clean(s.Value); s.Clear() && !s.Default && path.IsAbs(file) {
			if found := m.mounted(w, c.container, file); found != nil {
				return found, path.Base(file)
			}
		}
	}
	return m.mountedAs(w, c.container, webserverConfigFile), webserverConfigFile
}

// WebserverConfig are the values that webserver_config.py gives one of its
// names, such as AUTH_ROLE_PUBLIC, for each web component that mounts the
// file. Nothing comes back where no file is mounted or the file leaves the
// name alone: Flask-AppBuilder's default then counts. A file that could not be
// read gives one value that is not known.
func (m *Model) WebserverConfig(name string) []Setting {
	var out []Setting
	for _, file := range m.WebserverFiles() {
		out = append(out, file.Values(name)...)
	}
	return out
}

// ownNames stands for a module where code in the file sets names that no line shows.
const ownNames = "globals"

// computes is why a value in the file is not known.
const computes = "the file computes it"

// Values are what the file may give a name: its last assignment at the left
// margin, and each deeper one after it, with Conditional.
func (f *WebserverFile) Values(name string) []Setting {
	base := Setting{
		Key: name, Name: name, Via: webserverConfigFile, Component: f.Component, Workload: f.Workload,
		Ref: f.Ref, Path: f.Path + "#" + name,
	}
	if f.Unread != "" {
		base.Reason = f.Unread
		return []Setting{base}
	}
	var out []Setting
	for _, line := range f.lines {
		if line.name != name && !line.star {
			continue
		}
		s := base
		s.Conditional = line.conditional
		switch {
		case line.star && line.source == ownNames:
			s.Reason = "code in the file sets names of its own choice"
		case line.star:
			s.Reason = "the file imports all of " + line.source + ", which may set it"
		default:
			s.Literal = &line.value
			s.Value, s.Known = line.value.shown(line.source)
			if !s.Known {
				s.Reason = computes
			}
		}
		if !line.conditional && !line.star {
			out = nil
		}
		out = append(out, s)
	}
	return out
}

// Signs says whether code in the file does what the sign says, such as verify_signature=False.
func (f *WebserverFile) Signs(sign string) bool {
	return strings.Contains("\n"+f.signs, "\n# code: "+sign+"\n")
}

// shown is a value as one text: a text itself, a constant by its name, a list
// or dict as it is written; false for anything that is computed.
func (l Literal) shown(source string) (string, bool) {
	switch {
	case l.Kind == Text && !l.Partly, l.Kind == Number && l.Text != "", l.Kind == Word && constants.MatchString(l.Text):
		return l.Text, true
	case l.Kind == List, l.Kind == Dict:
		return source, true
	}
	return "", false
}

var constants = pattern.New(`^(?:True|False|None|AUTH_[A-Z_]+|[A-Za-z_.]+\.AUTH_(?:DB|LDAP|OAUTH|OID|REMOTE_USER|SAML))$`)

// parseSettings finds what a file assigns to names in capitals.
func parseSettings(text string) []settingLine {
	var out []settingLine
	for _, statement := range python.Statements(lexSettings(text)) {
		if line, ok := parseSetting(text, statement); ok {
			out = append(out, line)
		}
	}
	return out
}

// lexSettings cuts what collect has left of a file, where tokens stand for secrets.
func lexSettings(text string) []python.Token { return python.LexMasked(text, "⟦", "⟧") }

var settingName = pattern.New(`^[A-Z][A-Z0-9_]*$`)

func parseSetting(text string, s []python.Token) (settingLine, bool) {
	if n := len(s); n > 3 && s[0].Text == "from" && s[n-2].Text == "import" && s[n-1].Text == "*" {
		return settingLine{source: text[s[1].Start:s[n-3].Stop], star: true, conditional: s[0].Indent > 0}, true
	}
	if len(s) < 3 || s[0].Kind != python.Name || !settingName.MatchString(s[0].Text) || s[1].Kind != python.Operator {
		return settingLine{}, false
	}
	value := s[1:]
	if value[0].Text == ":" { // NAME: type = value
		for len(value) > 0 && value[0].Text != "=" {
			value = value[1:]
		}
	}
	if len(value) < 2 || value[0].Text != "=" {
		return settingLine{}, false
	}
	value = value[1:]
	return settingLine{
		name: s[0].Text, conditional: s[0].Indent > 0,
		value: parseLiteral(value), source: text[value[0].Start:value[len(value)-1].Stop],
	}, true
}
