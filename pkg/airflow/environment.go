package airflow

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// environment is what a container's variables come to. The kubelet takes the
// sources in order, each overriding the ones before, and env after envFrom.
// Source: kubernetes pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables.
type environment struct {
	// from are all keys of each object that envFrom names, shared by the containers that name it; later ones win.
	from []map[string]Setting
	set  map[string]Setting // by env, which wins over from
	// unread says why variables that are not in set may be set all the same; empty where none can be.
	unread string
}

// lookup is false where the variable is surely not set.
func (e *environment) lookup(name string) (Setting, bool) {
	if s, found := e.sure(name); found {
		return s, true
	}
	if e.unread != "" {
		return Setting{Key: name, Name: name, Via: "env", Reason: e.unread}, true
	}
	return Setting{}, false
}

// sure is false where nothing that was read sets the variable.
func (e *environment) sure(name string) (Setting, bool) {
	if s, found := e.set[name]; found {
		return s, true
	}
	for _, all := range slices.Backward(e.from) {
		if s, found := all[name]; found {
			return s, true
		}
	}
	return Setting{}, false
}

// names are the variables that are surely set, sorted.
func (e *environment) names() []string {
	names := slices.AppendSeq(make([]string, 0, len(e.set)), maps.Keys(e.set))
	for _, all := range e.from {
		names = slices.AppendSeq(slices.Grow(names, len(all)), maps.Keys(all))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// Env is the value of one environment variable in a container, wherever it
// comes from: a literal, a Secret, a ConfigMap, or all keys of one. It is false
// where nothing sets the variable.
func (m *Model) Env(w *Workload, container, name string) (Setting, bool) {
	c, found := w.container(container)
	if !found {
		return Setting{}, false
	}
	s, found := m.configOf(w, c).lookup(name)
	s.Component, s.Workload = w.Component, w
	if s.Ref.Kind == "" {
		s.Ref, s.Container, s.Path = w.Ref, c.Name, c.Path
	}
	return s, found
}

// Environment are the values of all environment variables of a container, by
// name; nobody changes the list. complete is false where a source of variables
// could not be read.
func (m *Model) Environment(w *Workload, container string) (list []Setting, complete bool) {
	c, found := w.container(container)
	if !found {
		return nil, true
	}
	config := m.configOf(w, c)
	return config.all(), config.unread == ""
}

func (m *Model) environment(w *Workload, c Container) environment {
	env := environment{set: make(map[string]Setting, len(c.Env))}
	for i := range c.EnvFrom {
		m.addAll(&env, w, &c.EnvFrom[i])
	}
	for i := range c.Env {
		m.addOne(&env, w, c, i)
	}
	return env
}

// source is a Secret or ConfigMap that variables come from.
type source struct {
	kind     snapshot.Kind
	name     string
	optional bool
}

func (s source) via() string { return strings.ToLower(string(s.kind)) }

func (s source) ref(namespace string) snapshot.Ref {
	return snapshot.Ref{APIVersion: "v1", Kind: string(s.kind), Namespace: namespace, Name: s.name}
}

func isTrue(b *bool) bool { return b != nil && *b }

func (m *Model) addAll(env *environment, w *Workload, from *corev1.EnvFromSource) {
	var src source
	switch {
	case from.SecretRef != nil:
		src = source{snapshot.Secret, from.SecretRef.Name, isTrue(from.SecretRef.Optional)}
	case from.ConfigMapRef != nil:
		src = source{snapshot.ConfigMap, from.ConfigMapRef.Name, isTrue(from.ConfigMapRef.Optional)}
	default:
		return
	}
	o := m.index.find(src.kind, w.Namespace(), src.name)
	if o == nil {
		if reason := m.missing(src, w.Namespace()); reason != "" { // it may set anything that was set before, too
			env.from, env.unread = nil, reason
		}
		return
	}
	env.from = append(env.from, m.allKeys(o, from.Prefix, src.via()))
}

// allKeys are the variables that an object's keys make, found once.
func (m *Model) allKeys(o *snapshot.Object, prefix, via string) map[string]Setting {
	at := prefixed{o, prefix}
	if known := m.kept.keys[at]; known != nil {
		return known
	}
	data, _ := o.At("data").(map[string]any)
	out := make(map[string]Setting, len(data))
	for key, value := range data {
		text, isText := value.(string)
		name := prefix + key
		out[name] = Setting{
			Key: name, Name: name, Value: unmaskEmpty(text), Known: isText, Via: via, Ref: o.Ref, Path: "/data/" + escape(key),
		}
	}
	m.kept.keys[at] = out
	return out
}

// missing says why a Secret or ConfigMap that a pod names was not found; empty
// where it is surely not there and the pod can do without.
func (m *Model) missing(src source, namespace string) string {
	if reason := m.index.unread(src.kind); reason != "" {
		return reason
	}
	if src.optional && !m.Snapshot.Offline() {
		return ""
	}
	name := src.name
	if namespace != m.Namespace && m.Namespace != "" { // task pods may run elsewhere
		name += " of namespace " + namespace
	}
	return fmt.Sprintf("%s %s is not among the objects that were read", src.kind, name)
}

func (m *Model) addOne(env *environment, w *Workload, c Container, i int) {
	v := &c.Env[i]
	s := Setting{Key: v.Name, Name: v.Name, Via: "env", Ref: w.Ref, Container: c.Name, Path: c.Path + "/env/" + strconv.Itoa(i)}
	switch from := v.ValueFrom; {
	case from == nil:
		s.Path += "/value"
		s.Value, s.Known = env.expand(v.Value)
		if !s.Known {
			s.Reason = "it is put together from a variable that could not be read"
		}
	case from.SecretKeyRef != nil:
		ref := from.SecretKeyRef
		m.addKey(env, w, s, source{snapshot.Secret, ref.Name, isTrue(ref.Optional)}, ref.Key)
		return
	case from.ConfigMapKeyRef != nil:
		ref := from.ConfigMapKeyRef
		m.addKey(env, w, s, source{snapshot.ConfigMap, ref.Name, isTrue(ref.Optional)}, ref.Key)
		return
	case from.FieldRef != nil && from.FieldRef.FieldPath == "metadata.namespace":
		s.Value, s.Known = w.Namespace(), true
	default:
		s.Reason = "it comes from the pod itself when it starts"
	}
	env.set[v.Name] = s
}

func (m *Model) addKey(env *environment, w *Workload, s Setting, src source, key string) {
	s.Via, s.Ref, s.Container, s.Path = src.via(), src.ref(w.Namespace()), "", "/data/"+escape(key)
	o := m.index.find(src.kind, w.Namespace(), src.name)
	if o == nil {
		if s.Reason = m.missing(src, w.Namespace()); s.Reason != "" {
			env.set[s.Name] = s
		}
		return
	}
	data, _ := o.At("data").(map[string]any)
	value, found := data[key]
	text, isText := value.(string)
	switch {
	case found && isText:
		s.Value, s.Known = unmaskEmpty(text), true
	case src.optional:
		return
	default:
		s.Reason = fmt.Sprintf("%s %s has no key %s", src.kind, src.name, key)
	}
	env.set[s.Name] = s
}

// expand replaces $(NAME) by variables set before; $$ stands for one dollar
// sign. It is false where one of them is not known.
// Source: kubernetes third_party/forked/golang/expansion.
func (e *environment) expand(text string) (string, bool) {
	if !strings.Contains(text, "$(") && !strings.Contains(text, "$$") {
		return text, true
	}
	var b strings.Builder
	for {
		dollar := strings.IndexByte(text, '$')
		if dollar < 0 || dollar == len(text)-1 {
			return b.String() + text, true
		}
		b.WriteString(text[:dollar])
		rest := text[dollar+1:]
		end := strings.IndexByte(rest, ')')
		switch {
		case rest[0] == '$':
			b.WriteByte('$')
			text = rest[1:]
		case rest[0] == '(' && end > 0:
			s, found := e.lookup(rest[1:end])
			if found && !s.Known {
				return "", false
			}
			if found {
				b.WriteString(s.Value)
			} else {
				b.WriteString("$" + rest[:end+1])
			}
			text = rest[end+1:]
		default:
			b.WriteByte('$')
			text = rest
		}
	}
}

// unmaskEmpty turns the token of an empty text, which hides nothing, back into it.
func unmaskEmpty(text string) string {
	if m, masked := snapshot.ParseMasked(text); masked && m.Size == 0 {
		return ""
	}
	return text
}

// escape makes a key fit into a JSON pointer (RFC 6901).
func escape(key string) string { return snapshot.EscapePointer(key) }
