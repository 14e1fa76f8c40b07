package airflow

import (
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Setting is one option's value as one place gives it.
type Setting struct {
	// Section and Key name the option as Airflow does now; Section is empty for
	// a plain environment variable or a variable of webserver_config.py.
	Section, Key string
	Value        string // empty where Known is false; may hold or be a mask token
	// Known is false where the value stands behind something that could not be read.
	Known bool
	// Reason says why Known is false, or what an empty default means.
	Reason string
	// Default says nothing sets the option: Value is this Airflow version's own default.
	Default bool
	// Component uses the value, in the pods of Workload; Ref, Container and Path
	// say where it is set, which may be a Secret or a ConfigMap.
	Component Component
	Workload  *Workload
	Ref       snapshot.Ref
	Container string
	Path      string
	// Via is how it is set: env, secret, configmap, cmd, backend, airflow.cfg, webserver_config.py, image, default.
	Via string
	// Name is what sets it: a variable such as AIRFLOW__CORE__FERNET_KEY_CMD, or "[core] fernet_key" in airflow.cfg, which may be an older name.
	Name string
}

// Clear says whether Value is the whole value, with nothing masked in it.
func (s Setting) Clear() bool { return s.Known && len(snapshot.MaskedIn(s.Value)) == 0 }

// On reads a clear value as Airflow reads a truth value; ok is false where it is none.
// Source: airflow/configuration.py, getboolean.
func (s Setting) On() (on, ok bool) {
	if !s.Clear() {
		return false, false
	}
	return truth(s.Value)
}

func truth(text string) (on, ok bool) {
	text, _, _ = strings.Cut(text, "#")
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "t", "true", "1":
		return true, true
	case "f", "false", "0":
		return false, true
	}
	return false, false
}

// Settings are the values of one option, one for each place that sets it and
// each component that uses it, in the order of Workloads. Workloads that
// Airflow does not run in are left out, and so are all where this version of
// Airflow has no such option. The main container's view counts. Where nothing
// sets the option there is one for each component, with Default.
func (m *Model) Settings(section, key string) []Setting {
	o := optionNamed(section, key)
	if !o.in(m.Identity) {
		return nil
	}
	type mark struct {
		component       Component
		ref             snapshot.Ref
		path, container string
	}
	seen := map[mark]bool{}
	var out []Setting
	for _, w := range m.Workloads {
		c := m.config[w]
		if c == nil || !w.Component.RunsAirflow() {
			continue
		}
		s := m.resolve(c, o)
		s.Component, s.Workload = w.Component, w
		if at := (mark{w.Component, s.Ref, s.Path, s.Container}); !seen[at] {
			seen[at] = true
			out = append(out, s)
		}
	}
	return out
}

// SettingIn is the value that one container gives an option, also where it is
// not the main one. It is false where there is no such container or no such option.
func (m *Model) SettingIn(w *Workload, container, section, key string) (Setting, bool) {
	o := optionNamed(section, key)
	c, found := w.container(container)
	if !found || !o.in(m.Identity) {
		return Setting{}, false
	}
	s := m.resolve(m.configOf(w, c), o)
	s.Component, s.Workload = w.Component, w
	return s, true
}

// resolve follows Airflow's own order: environment, its command and its
// secrets backend, each under the new and then the old names, then
// what Apache's image sets, then airflow.cfg, then the default.
// Source: airflow/configuration.py, _lookup_sequence.
func (m *Model) resolve(c *config, o option) Setting {
	s, found := m.fromEnvironment(c, o)
	if !found && o.image != "" && officialImage(c.container.Image) { // the image's environment beats airflow.cfg, too
		s, found = c.here("image"), true
		s.Value, s.Known, s.Default = o.image, true, true
	}
	if !found {
		s, found = m.fromFile(c, o)
	}
	if !found {
		s = m.byDefault(c, o)
	}
	s.Section, s.Key = o.section, o.key
	return s
}

func (m *Model) fromEnvironment(c *config, o option) (Setting, bool) {
	for _, name := range o.names(m.Identity) {
		variable := name.variable()
		if s, set := c.named(variable); set {
			return s, true
		}
		if !o.commands(m.Identity) {
			continue
		}
		if s, set := c.named(variable + "_CMD"); set {
			return c.ran(s), true
		}
		if !o.backends(m.Identity) {
			continue
		}
		if s, set := c.named(variable + "_SECRET"); set {
			return behind(s, "backend", "it stands in the secrets backend"), true
		}
	}
	return Setting{}, false
}

func (m *Model) fromFile(c *config, o option) (Setting, bool) {
	if c.file == nil {
		return Setting{}, false
	}
	if c.file.unread != "" {
		return Setting{Reason: c.file.unread, Ref: c.file.ref, Path: c.file.path, Via: "airflow.cfg"}, true
	}
	for _, suffix := range []string{"", "_cmd", "_secret"} {
		if suffix == "_cmd" && !o.commands(m.Identity) || suffix == "_secret" && !o.backends(m.Identity) {
			break
		}
		for _, name := range o.names(m.Identity) {
			value, set := c.file.options[optionName{name.section, name.key + suffix}]
			if !set {
				continue
			}
			s := Setting{
				Value: value, Known: true, Via: "airflow.cfg", Ref: c.file.ref,
				Path: c.file.path + "#" + name.section + "/" + name.key + suffix,
				Name: "[" + name.section + "] " + name.key + suffix,
			}
			switch suffix {
			case "_cmd":
				s = c.run(s)
			case "_secret":
				s = behind(s, "backend", "it stands in the secrets backend")
			}
			return s, true
		}
	}
	return Setting{}, false
}

func (m *Model) byDefault(c *config, o option) Setting {
	s := c.here("default")
	s.Default = true
	d, known := o.defaultIn(m.Identity)
	s.Value, s.Reason, s.Known = d.value, d.note, known
	switch {
	case known:
	case len(o.defaults) == 0:
		s.Reason = "its default is not in this tool's table"
	default:
		s.Reason = "Airflow's version is unknown, and the default differs between versions"
	}
	return s
}

// here is a setting with the container itself as its place.
func (c *config) here(via string) Setting {
	return Setting{Via: via, Ref: c.workload.Ref, Container: c.container.Name, Path: c.container.Path}
}

// officialImage says whether an image is Apache's own, which sets a few options in its environment.
func officialImage(image string) bool {
	repository := imageRepository(image)
	return repository == "apache/airflow" || repository == "docker.io/apache/airflow"
}

func behind(s Setting, via, reason string) Setting {
	s.Value, s.Known, s.Via, s.Reason = "", false, via, reason
	return s
}
