package profile

import (
	"embed"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

//go:embed builtin/*.yaml
var builtin embed.FS

// Catalogue is what a profile may name.
type Catalogue struct {
	Rules []string // IDs
	// Components are the words for a component, each with the one that findings carry: "redis" is "broker".
	Components map[string]string
	Functions  []string // what DAGs may do through the Kubernetes API
}

// Load resolves a profile: a built-in one by name, else a file, which read
// opens. Every mistake is an error that names file, line and field.
func Load(name string, read func(path string) ([]byte, error), known Catalogue) (*Profile, error) {
	l := loader{open: read, known: known}
	return l.load(name, nil)
}

// Names are the built-in profiles, the mildest first.
func Names() []string {
	out := make([]string, len(rule.Levels))
	for i, level := range rule.Levels {
		out[i] = string(level)
	}
	return out
}

func isBuiltin(name string) bool { return slices.Contains(Names(), name) }

type loader struct {
	open  func(string) ([]byte, error)
	known Catalogue
}

// load resolves one profile and all it extends; trail are the profiles on the way there.
func (l *loader) load(name string, trail []string) (*Profile, error) {
	if slices.Contains(trail, name) {
		return nil, fmt.Errorf("profiles extend each other in a circle: %s", strings.Join(append(trail, name), " → "))
	}
	text, err := l.text(name)
	if err != nil {
		return nil, err
	}
	doc, err := read(name, text)
	if err != nil {
		return nil, err
	}
	if err := doc.check(l.known, isBuiltin(name)); err != nil {
		return nil, err
	}
	p := &Profile{Level: rule.Level(name), Off: map[string]bool{}, On: map[string]bool{}, Severity: map[string]rule.Severity{}}
	if doc.Spec.Extends != "" {
		if p, err = l.load(beside(name, doc.Spec.Extends), append(trail, name)); err != nil {
			return nil, err
		}
	}
	if isBuiltin(name) {
		p.Level = rule.Level(name)
	}
	return p, p.extend(doc, l.known)
}

func (l *loader) text(name string) ([]byte, error) {
	if isBuiltin(name) {
		return builtin.ReadFile("builtin/" + name + ".yaml")
	}
	text, err := l.open(name)
	if err != nil {
		return nil, fmt.Errorf("profile %s is neither built in (%s) nor a file that can be read: %w", name, strings.Join(Names(), ", "), err)
	}
	return text, nil
}

// beside is where a profile's extends leads: a built-in name stays, a relative path starts at the file's folder.
func beside(file, extends string) string {
	if isBuiltin(extends) || isBuiltin(file) || filepath.IsAbs(extends) {
		return extends
	}
	return filepath.Join(filepath.Dir(file), extends)
}

// extend puts a document on top of what it extends.
func (p *Profile) extend(doc *document, known Catalogue) error {
	p.Name = doc.Metadata.Name
	for i, entry := range doc.Spec.Rules {
		parent := fmt.Sprintf("spec.rules[%d]", i)
		if entry.Severity != "" {
			p.Severity[entry.ID] = rule.Severity(entry.Severity)
		}
		if entry.Enabled == nil {
			continue
		}
		if !*entry.Enabled && (p.IsMandatory(entry.ID) || slices.Contains(doc.Spec.Mandatory, entry.ID)) {
			return doc.at(parent, "enabled", "is false, but "+entry.ID+" is mandatory")
		}
		p.On[entry.ID], p.Off[entry.ID] = *entry.Enabled, !*entry.Enabled
	}
	for _, id := range doc.Spec.Mandatory {
		p.On[id], p.Off[id] = true, false // a rule that does not run is not mandatory
		if !p.IsMandatory(id) {
			p.Mandatory = append(p.Mandatory, id)
		}
	}
	p.Parameters = over(p.Parameters, doc.Spec.Parameters)
	for _, entry := range doc.Spec.Exceptions {
		p.Exceptions = append(p.Exceptions, entry.exception(known))
	}
	maps.DeleteFunc(p.On, func(_ string, on bool) bool { return !on })
	maps.DeleteFunc(p.Off, func(_ string, off bool) bool { return !off })
	return p.refuseSilenced(doc)
}

// refuseSilenced finds an exception, own or inherited, from a mandatory rule.
func (p *Profile) refuseSilenced(doc *document) error {
	inherited := len(p.Exceptions) - len(doc.Spec.Exceptions)
	for i, e := range p.Exceptions {
		switch {
		case !p.IsMandatory(e.Rule):
		case i < inherited:
			return doc.at("spec", "mandatory", "names "+e.Rule+", but a profile that this one extends has an exception from it")
		default:
			return doc.at(fmt.Sprintf("spec.exceptions[%d]", i-inherited), "rule", "is "+e.Rule+", which is mandatory: no exception may silence it")
		}
	}
	return nil
}

// over replaces each parameter that is given.
func over(base, given rule.Parameters) rule.Parameters {
	into, from := reflect.ValueOf(&base).Elem(), reflect.ValueOf(given)
	for i := range from.NumField() {
		if !from.Field(i).IsNil() {
			into.Field(i).Set(from.Field(i))
		}
	}
	return base
}
