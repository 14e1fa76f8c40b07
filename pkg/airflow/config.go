package airflow

import (
	"path"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// config is what a container is configured by, mostly a workload's main one.
type config struct {
	environment
	workload  *Workload
	container Container
	file      *configFile // nil where the image's own airflow.cfg counts
}

// named is a variable, with the container as its place where its own is not known.
func (c *config) named(variable string) (Setting, bool) {
	s, set := c.lookup(variable)
	if s.Ref.Kind == "" {
		s.Ref, s.Container, s.Path = c.workload.Ref, c.container.Name, c.container.Path
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
	if main, ok := w.Main(); ok && w.Component.RunsAirflow() {
		m.config[w] = m.newConfig(w, main, files)
	}
}

func (m *Model) newConfig(w *Workload, c Container, files map[snapshot.Ref]*configFile) *config {
	out := &config{environment: m.environment(w, c), workload: w, container: c}
	found := m.mountedAs(w, c, "airflow.cfg")
	if s, set := out.set["AIRFLOW_CONFIG"]; set && s.Clear() {
		found = m.mounted(w, c, path.Clean(s.Value))
	}
	if found == nil {
		return out
	}
	at := found.ref
	at.Name += "#" + found.key
	if files[at] == nil {
		files[at] = &configFile{ref: found.ref, path: found.path, unread: found.unread, options: parseConfig(found.text)}
	}
	out.file = files[at]
	return out
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
