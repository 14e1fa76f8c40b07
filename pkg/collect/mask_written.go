package collect

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// writtenValues are the keys of values whose text is a file, a list or an
// object of its own, and how it is masked. A key that means something else
// elsewhere stands with its parent's name before it. Source: both charts' values.yaml.
var writtenValues = map[string]func(*masker, string) (string, bool){
	"extraEnv":                             (*masker).envText,
	"extraSecrets/data":                    (*masker).encodedText,
	"extraSecrets/stringData":              (*masker).secretText,
	"extraConfigMaps/data":                 (*masker).mapText,
	"podTemplate":                          (*masker).podText,
	"kubernetesPodTemplate/stringOverride": (*masker).podText,
	"webserverConfig":                      (*masker).webserverText,
	"apiServerConfig":                      (*masker).webserverText,
	"webserverConfig/stringOverride":       (*masker).webserverText,
	"airflowLocalSettings":                 (*masker).pythonText,
	"localSettings/stringOverride":         (*masker).pythonText,
	"pgbouncer/extraIni":                   (*masker).pgbouncerText,
	"pgbouncer/extraIniMetadata":           (*masker).databaseText,
	"pgbouncer/extraIniResultBackend":      (*masker).databaseText,
	"extraManifests":                       (*masker).manifestText,
}

// written masks a text of values that has a form of its own; ok is false where
// it has none, or, as text before Helm's templates have run, cannot be read.
func (m *masker) written(parent, key, text string) (string, bool) {
	mask := writtenValues[parent+"/"+key]
	if mask == nil {
		mask = writtenValues[key]
	}
	if mask == nil || strings.TrimSpace(text) == "" {
		return "", false
	}
	return mask(m, text)
}

// rewritten reads a text as YAML, masks it and writes it again.
func rewritten[T any](m *masker, text string, mask func(T) any) (string, bool) {
	value, _, err := parseAsHelm([]byte(text), "", 1)
	node, fits := m.named(value).(T)
	if err != nil || !fits {
		return "", false
	}
	out, err := writeYAML(mask(node))
	return string(out), err == nil
}

// longName is what keys of annotations are written like, too.
var longName = form{keyForm.pattern, 253 + 1 + 63}

// nameOf keeps what is written like a name.
func (m *masker) nameOf(node any) any {
	if text, isText := node.(string); isText && (text == "" || longName.MatchString(text)) {
		return node
	}
	return m.all(node)
}

// named hides the keys of a tree that are no names: a text where a name belongs may be anything.
func (m *masker) named(node any) any {
	switch value := node.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			below := m.named(value[key])
			if !longName.MatchString(key) {
				delete(value, key)
				key = m.hide(key)
			}
			value[key] = below
		}
	case []any:
		for i, entry := range value {
			value[i] = m.named(entry)
		}
	}
	return node
}

func (m *masker) envText(text string) (string, bool) {
	return rewritten(m, text, func(list []any) any { return m.env(list) })
}

func (m *masker) mapText(text string) (string, bool) {
	return rewritten(m, text, func(node map[string]any) any { return m.entries(node, m.configValue) })
}

func (m *masker) secretText(text string) (string, bool) {
	return rewritten(m, text, func(node map[string]any) any { return m.entries(node, m.secretValue) })
}

func (m *masker) encodedText(text string) (string, bool) {
	return rewritten(m, text, func(node map[string]any) any { return m.entries(node, m.encodedValue) })
}

// encodedValue masks one text of a Secret in base64; what is none is masked as it is.
func (m *masker) encodedValue(key, text string) string {
	if plain, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text)); err == nil {
		text = string(plain)
	}
	return m.secretValue(key, text)
}

// entries masks what a ConfigMap or Secret in values holds.
func (m *masker) entries(node map[string]any, mask func(key, text string) string) any {
	out := make(map[string]any, len(node))
	for _, key := range slices.Sorted(maps.Keys(node)) {
		name := key
		if _, hidden := snapshot.ParseMasked(key); !hidden && !longName.MatchString(key) {
			name = m.hide(key)
		}
		if text, ok := node[key].(string); ok {
			out[name] = mask(key, text)
		} else {
			out[name] = m.all(m.named(node[key]))
		}
	}
	return out
}

func (m *masker) podText(text string) (string, bool) { return m.podTemplate(text), true }

func (m *masker) webserverText(text string) (string, bool) { return m.webserverConfig(text), true }

func (m *masker) pythonText(text string) (string, bool) { return m.python(text), true }

func (m *masker) pgbouncerText(text string) (string, bool) {
	return m.ini("[pgbouncer]\n"+text, m.pgbouncer), true
}

func (m *masker) databaseText(text string) (string, bool) {
	return m.pgbouncer("databases", "", text), true
}

// manifestText masks objects that values hold as text.
func (m *masker) manifestText(text string) (string, bool) {
	var out []string
	for _, d := range splitDocuments([]byte(text)) {
		masked, ok := rewritten(m, string(d.text), func(object map[string]any) any {
			m.typed(object)
			m.object(object)
			return object
		})
		if !ok {
			return "", false
		}
		out = append(out, masked)
	}
	return strings.Join(out, "---\n"), len(out) > 0
}

// typed hides what stands in the place of an object's type and is no name: nobody has checked such objects yet.
func (m *masker) typed(object map[string]any) {
	for key, names := range map[string]form{"kind": kindForm, "apiVersion": keyForm} {
		if text, isText := object[key].(string); !isText || !names.MatchString(text) {
			object[key] = m.all(object[key])
		}
	}
}

// manifest masks an object that values hold; nil where a node is none.
func (m *masker) manifest(node any) any {
	object, ok := node.(map[string]any)
	if _, named := object["kind"].(string); !ok || !named {
		return nil
	}
	copied, _ := copyOf(object).(map[string]any)
	m.typed(copied)
	data, encoded := copied["data"].(map[string]any)
	plain, written := copied["stringData"].(map[string]any)
	m.object(copied)
	if object["kind"] != "Secret" {
		return copied
	}
	delete(copied, "data") // each entry stays where the user wrote it
	if encoded {
		copied["data"] = m.entries(data, m.encodedValue)
	}
	if written {
		copied["stringData"] = m.entries(plain, m.secretValue)
	}
	return copied
}

// copyOf is a node that can be changed without changing the user's values.
func copyOf(node any) any {
	switch node := node.(type) {
	case map[string]any:
		out := make(map[string]any, len(node))
		for k, v := range node {
			out[k] = copyOf(v)
		}
		return out
	case []any:
		out := make([]any, len(node))
		for i, v := range node {
			out[i] = copyOf(v)
		}
		return out
	}
	return node
}
