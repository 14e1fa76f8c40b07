package airflow

import (
	"slices"
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
	// Partial is, where Known is false, the rest of a value of which only parts
	// could not be read, with Unread in their place; mostly empty.
	Partial string
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
	// Hides are the other places that surely set the same option, in the order in which they would count.
	Hides []Setting
	// Conditional says that a value of webserver_config.py holds only under some condition.
	Conditional bool
	// Literal is a value of webserver_config.py as the file writes it; nil elsewhere and where it is not known.
	Literal *Literal
}

// Unread stands in Partial for what could not be read.
const Unread = "…"

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
func (m *Model) resolve(c *config, o *option) Setting {
	list := m.fromEnvironment(c, o, nil)
	if o.image != "" && officialImage(c.container.Image) { // the image's environment beats airflow.cfg, too
		s := c.here("image")
		s.Value, s.Known, s.Default, s.Name = o.image, true, true, o.read[0].variable
		list = append(list, s)
	}
	list = m.fromFile(c, o, list)
	var best Setting
	if len(list) == 0 {
		best = m.byDefault(c, o)
	} else {
		best = list[0]
		best.Hides = surelySet(list[1:])
	}
	best.Section, best.Key = o.section, o.key
	return best
}

// surelySet leaves out what could not be read.
func surelySet(list []Setting) []Setting {
	return slices.DeleteFunc(list, func(s Setting) bool { return s.Name == "" })
}

// fromEnvironment adds what variables set. Of those that may be set, because a
// source of variables was not read, only the first that counts is added.
func (m *Model) fromEnvironment(c *config, o *option, list []Setting) []Setting {
	commands, backends := o.commands(m.Identity), o.backends(m.Identity)
	for i := range o.read {
		name := &o.read[i]
		if !name.stands(m.Identity) {
			continue
		}
		list = c.addAll(list, name.variable, nil)
		if commands {
			list = c.addAll(list, name.command, c.ran)
		}
		if backends {
			list = c.addAll(list, name.backend, inBackend)
		}
	}
	return list
}

func inBackend(s Setting) Setting { return behind(s, "backend", "it stands in the secrets backend") }

// fromFile adds what airflow.cfg sets, or the file itself where it could not be read.
func (m *Model) fromFile(c *config, o *option, list []Setting) []Setting {
	switch {
	case c.file == nil:
		return list
	case c.file.unread != "":
		return append(list, Setting{Reason: c.file.unread, Ref: c.file.ref, Path: c.file.path, Via: "airflow.cfg"})
	}
	list = m.fromFileAs(c, o, "", nil, list)
	if o.commands(m.Identity) {
		list = m.fromFileAs(c, o, "_cmd", c.run, list)
	}
	if o.backends(m.Identity) {
		list = m.fromFileAs(c, o, "_secret", inBackend, list)
	}
	return list
}

func (m *Model) fromFileAs(c *config, o *option, suffix string, of func(Setting) Setting, list []Setting) []Setting {
	for i := range o.read {
		name := &o.read[i]
		if !name.stands(m.Identity) {
			continue
		}
		if s, set := c.file.set(optionName{name.section, name.key + suffix}); set {
			if of != nil {
				s = of(s)
			}
			list = append(list, s)
		}
	}
	return list
}

func (m *Model) byDefault(c *config, o *option) Setting {
	s := c.here("default")
	s.Default = true
	d, known := o.defaultIn(m.Identity)
	s.Value, s.Reason, s.Known = d.value, d.note, known
	switch {
	case known && o.everywhere(m.Identity, d.value):
	case known:
		s.Value, s.Known = "", false
		s.Reason = "Airflow's version is unknown, and not every version has this option"
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
