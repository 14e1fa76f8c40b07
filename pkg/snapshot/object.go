package snapshot

import (
	"cmp"
	"fmt"
	"strings"
)

// Ref names one Kubernetes object. Namespace is empty for cluster-wide kinds.
type Ref struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
}

// String is "kind/name", as kubectl prints it.
func (r Ref) String() string {
	return fmt.Sprintf("%s/%s", strings.ToLower(r.Kind), r.Name)
}

// Group is the API group: the part of the API version before the slash, empty for the core group.
func (r Ref) Group() string {
	group, _, found := strings.Cut(r.APIVersion, "/")
	if !found {
		return ""
	}
	return group
}

// Compare orders references by kind, namespace, name and API version.
func (r Ref) Compare(o Ref) int {
	return cmp.Or(
		cmp.Compare(r.Kind, o.Kind),
		cmp.Compare(r.Namespace, o.Namespace),
		cmp.Compare(r.Name, o.Name),
		cmp.Compare(r.APIVersion, o.APIVersion),
	)
}

// Same says whether both name one object, whatever version of its API they use.
func (r Ref) Same(o Ref) bool {
	return r.Kind == o.Kind && r.Namespace == o.Namespace && r.Name == o.Name && r.Group() == o.Group()
}

// Origin says where an object was seen.
type Origin string

const (
	// Live objects exist in the cluster.
	Live Origin = "live"
	// Rendered objects come from manifests, a chart or a stored release.
	Rendered Origin = "rendered"
	// Hook objects are Helm hooks; most exist only while Helm runs.
	Hook Origin = "hook"
)

// Object is one Kubernetes object with its secrets masked. Content is the
// decoded JSON: maps, slices, strings, bools, int64, float64 and nil.
type Object struct {
	Ref     `json:",inline"`
	Origin  Origin         `json:"origin"`
	File    string         `json:"file,omitempty"`     // the file it was read from
	Line    int            `json:"line,omitempty"`     // its first line there, from 1
	Source  string         `json:"template,omitempty"` // Helm's "# Source:" comment
	Content map[string]any `json:"content"`
	// Managers are the field managers of a live object, for the kinds that plans change; empty elsewhere.
	Managers []Manager `json:"managers,omitempty"`
}

// Manager is a field manager of a live object and what it owns.
type Manager struct {
	Name string `json:"name"` // "helm", "kubectl-edit", "airflowsec"
	// Operation is Apply for server-side apply, else Update.
	Operation string `json:"operation"`
	// Fields is metadata.managedFields[].fieldsV1: names of fields, never their values.
	Fields map[string]any `json:"fields"`
}

// Labels are the object's own labels; nil where it has none.
func (o *Object) Labels() map[string]string { return o.stringMap("metadata", "labels") }

// Annotations are the object's annotations; most values are masked.
func (o *Object) Annotations() map[string]string { return o.stringMap("metadata", "annotations") }

// At walks the content by map keys; nil where a step is missing or not a map.
func (o *Object) At(keys ...string) any {
	var value any = o.Content
	for _, key := range keys {
		m, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = m[key]
	}
	return value
}

func (o *Object) stringMap(keys ...string) map[string]string {
	m, _ := o.At(keys...).(map[string]any)
	if len(m) == 0 {
		return nil
	}
	out := make(map[string]string, len(m))
	for k, v := range m {
		if s, ok := v.(string); ok {
			out[k] = s
		}
	}
	return out
}
