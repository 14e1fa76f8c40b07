package harden

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// The head of a file of needs.
const (
	NeedsVersion = "airflowsec.io/v1alpha1"
	NeedsKind    = "Needs"
)

// ParseNeeds reads a file of needs: what a release's DAGs do through the
// Kubernetes API beside the provider's functions. Errors name the file, the
// line and the field.
func ParseNeeds(file string, text []byte) ([]airflow.DeclaredNeed, error) {
	var root yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	switch err := decoder.Decode(&root); {
	case errors.Is(err, io.EOF) || err == nil && len(root.Content) == 0:
		return nil, fmt.Errorf("%s: the file is empty", file)
	case err != nil:
		return nil, fmt.Errorf("%s: it is not YAML: %w", file, err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: it must hold one document", file)
	}
	p := &needsFile{name: file}
	out := p.document(root.Content[0])
	return out, p.err
}

// needsFile reads until its first mistake.
type needsFile struct {
	name string
	err  error
}

func (p *needsFile) fail(n *yaml.Node, field, format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("%s:%d: %s %s", p.name, n.Line, field, fmt.Sprintf(format, args...))
	}
}

// fields hands each field of a mapping to its reader and refuses unknown and double ones.
func (p *needsFile) fields(n *yaml.Node, field string, readers map[string]func(*yaml.Node, string)) {
	if n.Kind != yaml.MappingNode {
		p.fail(n, cmp.Or(field, "the file"), "must hold fields")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		path := strings.TrimPrefix(field+"."+key.Value, ".")
		read, known := readers[key.Value]
		switch {
		case !known:
			p.fail(key, path, "is not a field of Needs")
		case seen[key.Value]:
			p.fail(key, path, "stands there twice")
		default:
			seen[key.Value] = true
			read(value, path)
		}
	}
}

func (p *needsFile) list(n *yaml.Node, field string, read func(*yaml.Node, string)) {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		p.fail(n, field, "must be a list with at least one entry")
		return
	}
	for i, entry := range n.Content {
		read(entry, fmt.Sprintf("%s[%d]", field, i))
	}
}

func (p *needsFile) text(n *yaml.Node, field string) string {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" {
		p.fail(n, field, "must be text")
	}
	return n.Value
}

func (p *needsFile) texts(n *yaml.Node, field string, check func(text string) string) []string {
	var out []string
	p.list(n, field, func(entry *yaml.Node, field string) {
		text := p.text(entry, field)
		if wrong := check(text); wrong != "" {
			p.fail(entry, field, "%s", wrong)
		}
		out = append(out, text)
	})
	return out
}

func (p *needsFile) document(n *yaml.Node) []airflow.DeclaredNeed {
	var version, kind string
	var out []airflow.DeclaredNeed
	p.fields(n, "", map[string]func(*yaml.Node, string){
		"apiVersion": func(n *yaml.Node, field string) { version = p.text(n, field) },
		"kind":       func(n *yaml.Node, field string) { kind = p.text(n, field) },
		"needs": func(n *yaml.Node, field string) {
			p.list(n, field, func(n *yaml.Node, field string) { out = append(out, p.need(n, field)) })
		},
	})
	switch {
	case version != NeedsVersion:
		p.fail(n, "apiVersion", "must be "+NeedsVersion)
	case kind != NeedsKind:
		p.fail(n, "kind", "must be "+NeedsKind)
	case len(out) == 0:
		p.fail(n, "needs", "is missing")
	}
	return out
}

func (p *needsFile) need(n *yaml.Node, field string) airflow.DeclaredNeed {
	var out airflow.DeclaredNeed
	words := airflow.ComponentWords()
	p.fields(n, field, map[string]func(*yaml.Node, string){
		"why": func(n *yaml.Node, field string) { out.Why = strings.TrimSpace(p.text(n, field)) },
		"components": func(n *yaml.Node, field string) {
			for _, word := range p.texts(n, field, unknownComponent) {
				out.Components = append(out.Components, airflow.Component(words[word]))
			}
		},
		"namespaces": func(n *yaml.Node, field string) { out.Namespaces = p.texts(n, field, badNamespace) },
		"rules": func(n *yaml.Node, field string) {
			p.list(n, field, func(n *yaml.Node, field string) { out.Rules = append(out.Rules, p.rule(n, field)...) })
		},
	})
	switch {
	case out.Why == "":
		p.fail(n, field+".why", "is missing: say what needs it")
	case len(out.Rules) == 0:
		p.fail(n, field+".rules", "is missing")
	}
	return out
}

func unknownComponent(word string) string {
	words := airflow.ComponentWords()
	if component, known := words[word]; !known || !airflow.Component(component).RunsAirflow() {
		return fmt.Sprintf("is %q, which is no part of Airflow that talks to the Kubernetes API", word)
	}
	return ""
}

func badNamespace(name string) string {
	if wrong := validation.IsDNS1123Label(name); len(wrong) > 0 {
		return fmt.Sprintf("is %q, which is no namespace's name", name)
	}
	return ""
}

// rule reads one rule, as several of one group and one resource each.
func (p *needsFile) rule(n *yaml.Node, field string) []rbacv1.PolicyRule {
	var groups, resources, verbs, names []string
	p.fields(n, field, map[string]func(*yaml.Node, string){
		"apiGroups":     func(n *yaml.Node, field string) { groups = p.texts(n, field, noWildcard) },
		"resources":     func(n *yaml.Node, field string) { resources = p.texts(n, field, noWildcard) },
		"verbs":         func(n *yaml.Node, field string) { verbs = p.texts(n, field, noWildcard) },
		"resourceNames": func(n *yaml.Node, field string) { names = p.texts(n, field, noWildcard) },
	})
	for _, part := range []struct {
		name string
		list []string
	}{{"apiGroups", groups}, {"resources", resources}, {"verbs", verbs}} {
		if len(part.list) == 0 {
			p.fail(n, field+"."+part.name, "is missing")
		}
	}
	var out []rbacv1.PolicyRule
	for _, group := range groups {
		for _, resource := range resources {
			if why := refused(group, resource, verbs, names); why != "" {
				p.fail(n, field, "%s", why)
			}
			out = append(out, rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: verbs, ResourceNames: names})
		}
	}
	return out
}

func noWildcard(text string) string {
	if strings.Contains(text, "*") {
		return "is a wildcard: name what is needed"
	}
	return ""
}

// escalating are rights that lead to all others, whoever holds them.
// Source: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
var escalating = []struct{ group, resource, verb string }{ // empty resource or verb is any
	{group: rbacv1.GroupName}, {group: "admissionregistration.k8s.io"}, {group: "certificates.k8s.io"},
	{group: "", resource: "serviceaccounts/token"}, {group: "", resource: "nodes/proxy"}, {group: "", resource: "persistentvolumes"},
	{group: "", resource: "serviceaccounts", verb: "impersonate"}, {group: "", resource: "users", verb: "impersonate"}, {group: "", resource: "groups", verb: "impersonate"},
}

// refused says why a plan never grants a right; empty where it may.
func refused(group, resource string, verbs, names []string) string {
	if group == "" && resource == "secrets" && len(names) == 0 {
		for _, verb := range []string{"get", "list", "watch"} {
			if slices.Contains(verbs, verb) {
				return "may " + verb + " every Secret of the namespace: give resourceNames"
			}
		}
	}
	for _, e := range escalating {
		if e.group == group && (e.resource == "" || e.resource == resource) && (e.verb == "" || slices.Contains(verbs, e.verb)) {
			return fmt.Sprintf("grants %s, by which DAG code could give itself every other right", strings.Trim(resource+"."+group, "."))
		}
	}
	return ""
}
