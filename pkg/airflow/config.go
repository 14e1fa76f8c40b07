package airflow

import (
	"path"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// config is what a workload's main container is configured by.
type config struct {
	environment
	workload *Workload
	main     Container
	file     *configFile // nil where the image's own airflow.cfg counts
}

// named is a variable, with the container as its place where its own is not known.
func (c *config) named(variable string) (Setting, bool) {
	s, set := c.lookup(variable)
	if s.Ref.Kind == "" {
		s.Ref, s.Container, s.Path = c.workload.Ref, c.main.Name, c.main.Path
	}
	return s, set
}

// configFile is an airflow.cfg that a pod mounts.
type configFile struct {
	ref     snapshot.Ref
	path    string
	unread  string
	options map[optionName]string
}

func (m *Model) readConfigs() {
	files := map[snapshot.Ref]*configFile{} // many pods share one
	for _, w := range m.Workloads {
		m.readConfig(w, files)
	}
}

func (m *Model) readConfig(w *Workload, files map[snapshot.Ref]*configFile) {
	main, ok := w.Main()
	if !ok || !w.Component.RunsAirflow() {
		return
	}
	c := &config{environment: m.environment(w, main), workload: w, main: main}
	m.config[w] = c
	found := m.mountedAs(w, main, "airflow.cfg")
	if s, set := c.set["AIRFLOW_CONFIG"]; set && s.Clear() {
		found = m.mounted(w, main, path.Clean(s.Value))
	}
	if found == nil {
		return
	}
	at := found.ref
	at.Name += "#" + found.key
	if files[at] == nil {
		files[at] = &configFile{ref: found.ref, path: found.path, unread: found.unread, options: parseConfig(found.text)}
	}
	c.file = files[at]
}

// parseConfig reads an airflow.cfg as Python's ConfigParser does: sections in
// brackets, "key = value" or "key: value", indented lines go on with the
// value, comments begin a line. Whatever does not fit is passed over.
func parseConfig(text string) map[optionName]string {
	out := map[optionName]string{}
	section, last := "", optionName{}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		body := strings.TrimSpace(line)
		indented := body != "" && (line[0] == ' ' || line[0] == '\t')
		switch {
		case body == "" || body[0] == '#' || body[0] == ';':
		case indented && last.key != "":
			out[last] += "\n" + body
		case body[0] == '[' && strings.HasSuffix(body, "]"):
			section, last = strings.ToLower(body[1:len(body)-1]), optionName{}
		default:
			end := strings.IndexAny(body, "=:")
			if end <= 0 || section == "" {
				last = optionName{}
				continue
			}
			last = optionName{section, strings.ToLower(strings.TrimSpace(body[:end]))}
			out[last] = strings.TrimSpace(body[end+1:])
		}
	}
	return out
}
