package airflow

import (
	"cmp"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// config is what a container is configured by, mostly a workload's main one.
type config struct {
	environment
	workload  *Workload
	container Container
	file      *configFile      // nil where the image's own airflow.cfg counts
	outputs   sync.Map         // what run has found, by outputKey
	all       func() []Setting // what list finds, found once
}

// list are the values of all variables that are surely set, by name.
func (c *config) list() []Setting {
	names := c.names()
	list := make([]Setting, 0, len(names))
	for _, name := range names {
		s, _ := c.sure(name)
		s.Component, s.Workload = c.workload.Component, c.workload
		list = append(list, s)
	}
	return list
}

// named is a variable, with the container as its place where its own is not known.
func (c *config) named(variable string) (Setting, bool) {
	s, set := c.lookup(variable)
	return c.placed(s), set
}

func (c *config) placed(s Setting) Setting {
	if s.Ref.Kind == "" {
		s.Ref, s.Container, s.Path = c.workload.Ref, c.container.Name, c.container.Path
	}
	return s
}

// addAll adds every place that sets a variable, those that win first; of is
// what the value stands for.
func (c *config) addAll(list []Setting, variable string, of func(Setting) Setting) []Setting {
	add := func(s Setting) {
		if of != nil {
			s = of(s)
		}
		list = append(list, s)
	}
	if s, found := c.set[variable]; found {
		add(c.placed(s))
	}
	for _, all := range slices.Backward(c.from) {
		if s, found := all[variable]; found {
			add(s)
		}
	}
	if len(list) == 0 && c.unread != "" {
		add(c.placed(Setting{Key: variable, Name: variable, Via: "env", Reason: c.unread}))
	}
	return list
}

// configFile is an airflow.cfg that a pod mounts.
type configFile struct {
	ref     snapshot.Ref
	path    string
	unread  string
	options map[optionName]string
}

// names are the options that the file sets, sorted.
func (f *configFile) names() []optionName {
	return slices.SortedFunc(maps.Keys(f.options), func(a, b optionName) int {
		return cmp.Or(cmp.Compare(a.section, b.section), cmp.Compare(a.key, b.key))
	})
}

// set is what the file gives one of its options.
func (f *configFile) set(name optionName) (Setting, bool) {
	value, set := f.options[name]
	if !set {
		return Setting{}, false
	}
	return Setting{
		Value: value, Known: true, Via: "airflow.cfg", Ref: f.ref,
		Path: f.path + "#" + name.section + "/" + name.key, Name: name.String(),
	}, true
}

// kept is what containers are configured by, worked out when the first
// question comes: most containers are asked about many times.
type kept struct {
	mutex   sync.Mutex
	configs map[containerKey]*config
	keys    map[prefixed]map[string]Setting   // of objects that envFrom names
	parsed  map[fileKey]map[optionName]string // of each airflow.cfg; many pods share one
	login   map[fileKey][]settingLine         // of each webserver_config.py
}

func newKept() kept {
	return kept{
		configs: map[containerKey]*config{}, keys: map[prefixed]map[string]Setting{},
		parsed: map[fileKey]map[optionName]string{}, login: map[fileKey][]settingLine{},
	}
}

// prefixed is an object whose keys become variables behind a prefix.
type prefixed struct {
	object *snapshot.Object
	prefix string
}

// containerKey is one container of a workload.
type containerKey struct {
	workload *Workload
	path     string
}

// fileKey is one text in a ConfigMap or Secret.
type fileKey struct {
	ref snapshot.Ref
	key string
}

func (m *Model) readConfigs() {
	for _, w := range m.Workloads {
		m.readConfig(w)
	}
}

func (m *Model) readConfig(w *Workload) {
	if main, ok := w.Main(); ok && w.Component.RunsAirflow() {
		m.config[w] = m.configOf(w, main)
	}
}

// configOf is what a container of a workload is configured by.
func (m *Model) configOf(w *Workload, c Container) *config {
	m.kept.mutex.Lock()
	defer m.kept.mutex.Unlock()
	at := containerKey{w, c.Path}
	if m.kept.configs[at] == nil {
		m.kept.configs[at] = m.newConfig(w, c)
	}
	return m.kept.configs[at]
}

// newConfig is called with what is kept under lock.
func (m *Model) newConfig(w *Workload, c Container) *config {
	out := &config{environment: m.environment(w, c), workload: w, container: c}
	out.all = sync.OnceValue(out.list)
	found := m.mountedAs(w, c, "airflow.cfg")
	if s, set := out.sure("AIRFLOW_CONFIG"); set && s.Clear() {
		found = m.mounted(w, c, path.Clean(s.Value))
	}
	if found == nil {
		return out
	}
	out.file = &configFile{ref: found.ref, path: found.path, unread: found.unread}
	if found.unread == "" {
		at := fileKey{found.ref, found.key}
		if m.kept.parsed[at] == nil {
			m.kept.parsed[at] = parseConfig(found.text)
		}
		out.file.options = m.kept.parsed[at]
	}
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
