package collect

import (
	"encoding/base64"
	"errors"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	"golang.org/x/sync/errgroup"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// parseManifests reads a stream of YAML or JSON documents into objects, in
// order, each masked by m. Lists are unpacked, Helm's own release Secrets left
// out. Namespaced objects that leave the namespace out get the given one. Its
// errors name the file, line, object and field, and never show a value. What a
// chart rendered is read as Helm reads it; what a user wrote is checked with strict.
func parseManifests(r io.Reader, file, namespace string, m *masker, options ...manifestOption) ([]snapshot.Object, error) {
	text, err := readText(r, file)
	if err != nil {
		return nil, err
	}
	documents := splitDocuments(text)
	parsed, failed := make([][]snapshot.Object, len(documents)), make([]error, len(documents))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, d := range documents {
		g.Go(func() error {
			reader := manifestReader{file: file, namespace: namespace, masker: m, parseYAML: parseAsHelm}
			for _, option := range options {
				option(&reader)
			}
			parsed[i], failed[i] = reader.document(d)
			return nil
		})
	}
	_ = g.Wait()
	for _, err := range failed { // the first mistake of the file, whichever goroutine met one first
		if err != nil {
			return nil, err
		}
	}
	return slices.Concat(parsed...), nil
}

// manifestReader turns documents into objects.
type manifestReader struct {
	file, namespace string
	masker          *masker
	parseYAML       func(text []byte, file string, line int) (any, *yaml.Node, error)
	// inspect says what is wrong with an object before it is masked; nil finds nothing wrong.
	inspect func(content map[string]any) (field, problem string)
}

type manifestOption func(*manifestReader)

// strict refuses a key that stands twice.
func strict(r *manifestReader) { r.parseYAML = parseYAML }

func (r *manifestReader) document(d document) (out []snapshot.Object, err error) {
	defer func() { // a mistake of ours must not show what was being read
		if recover() != nil {
			out, err = nil, &inputError{file: r.file, line: d.firstLine(), problem: "could not be understood"}
		}
	}()
	value, lines, err := r.parse(d)
	if value == nil || err != nil {
		return nil, err
	}
	content, ok := value.(map[string]any)
	if !ok {
		return nil, &inputError{file: r.file, line: d.firstLine(), problem: "is not a Kubernetes object but a single value or a list"}
	}
	for i, item := range unpackList(content) {
		line := d.firstLine()
		if i < len(lines) {
			line = lines[i]
		}
		o, err := r.object(item, line)
		if err != nil {
			return nil, err
		}
		if o != nil {
			o.Source = d.source
			out = append(out, *o)
		}
	}
	return out, nil
}

// parse decodes a document; lines are those of a List's items.
func (r *manifestReader) parse(d document) (value any, lines []int, err error) {
	if strings.HasPrefix(strings.TrimSpace(string(d.text[:min(64, len(d.text))])), "{") {
		value, err := parseJSON(d.text, r.file, d.line)
		if !errors.Is(err, errNotJSON) {
			return value, nil, err
		}
	}
	value, root, err := r.parseYAML(d.text, r.file, d.line)
	return value, itemLines(root, d.line-1), err
}

func itemLines(root *yaml.Node, before int) []int {
	if root == nil || root.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		if key, items := root.Content[i], root.Content[i+1]; key.Value == "items" && items.Kind == yaml.SequenceNode {
			lines := make([]int, len(items.Content))
			for j, item := range items.Content {
				lines[j] = before + item.Line
			}
			return lines
		}
	}
	return nil
}

// unpackList is the items of a List (also a PodList and the like), or the object itself.
func unpackList(content map[string]any) []any {
	kind, _ := content["kind"].(string)
	items, isList := content["items"].([]any)
	if !isList || !strings.HasSuffix(kind, "List") {
		return []any{content}
	}
	for _, item := range items {
		if m, ok := item.(map[string]any); ok && m["kind"] == nil && kind != "List" {
			m["kind"], m["apiVersion"] = strings.TrimSuffix(kind, "List"), content["apiVersion"]
		}
	}
	return items
}

// object is one item of a document, masked, or nil where it is none of the release's.
func (r *manifestReader) object(item any, line int) (*snapshot.Object, error) {
	fail := &inputError{file: r.file, line: line}
	content, ok := item.(map[string]any)
	if !ok {
		fail.problem = "is a List with an entry that is no object"
		return nil, fail
	}
	if content["kind"] == nil && content["apiVersion"] == nil {
		fail.problem = "is not a Kubernetes object: kind and apiVersion are missing"
		return nil, fail
	}
	o, err := newObject(content, originOf(content), r.namespace)
	if err != nil {
		fail.object, fail.problem = describe(content), err.Error()
		return nil, fail
	}
	if isHelmRelease(content) {
		return nil, nil
	}
	if field := badSecret(content); field != "" {
		fail.object, fail.field, fail.problem = shown(&o), field, "is not base64"
		return nil, fail
	}
	if r.inspect != nil {
		if field, problem := r.inspect(content); problem != "" {
			fail.object, fail.field, fail.problem = shown(&o), field, problem
			return nil, fail
		}
	}
	r.masker.object(content)
	o.File, o.Line = r.file, line
	return &o, nil
}

// originOf tells Helm's hooks from what Helm keeps.
func originOf(content map[string]any) snapshot.Origin {
	if _, hook := at(content, "metadata", "annotations", "helm.sh/hook"); hook {
		return snapshot.Hook
	}
	return snapshot.Rendered
}

// describe names an object that has no kind or no name, as far as it can be named.
func describe(content map[string]any) string {
	kind, _ := content["kind"].(string)
	value, _ := at(content, "metadata", "name")
	name, _ := value.(string)
	switch {
	case kindForm.MatchString(kind):
		return "the " + kind + ":"
	case nameForm.MatchString(name):
		return "the object " + name + ":"
	}
	return "an object:"
}

// kindForm and nameForm are what kinds and names look like; an error shows no other.
var (
	kindForm = form{pattern.New(`^[A-Z][A-Za-z0-9]*$`), 63}
	nameForm = form{pattern.New(`^[a-z0-9][a-z0-9.-]*$`), 253}
)

// shown is how an error names an object.
func shown(o *snapshot.Object) string {
	if !kindForm.MatchString(o.Kind) || !nameForm.MatchString(o.Name) {
		return "an object:"
	}
	return o.String()
}

// isHelmRelease says that an object is Helm's own record of a release, with all values inside.
func isHelmRelease(content map[string]any) bool {
	name, _ := at(content, "metadata", "name")
	text, _ := name.(string)
	return content["type"] == "helm.sh/release.v1" ||
		content["kind"] == "ConfigMap" && strings.HasPrefix(text, "sh.helm.release.v1.")
}

// badSecret is the first field of a Secret's data that is not base64, or empty.
func badSecret(content map[string]any) string {
	if content["kind"] != "Secret" || content["apiVersion"] != "v1" {
		return ""
	}
	data, _ := content["data"].(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(data)) {
		text, ok := data[key].(string)
		if !ok && data[key] != nil {
			return "data." + strings.Trim(showKey(key), `"`)
		}
		if _, err := base64.StdEncoding.DecodeString(text); err != nil {
			return "data." + strings.Trim(showKey(key), `"`)
		}
	}
	return ""
}

// at walks decoded JSON by map keys.
func at(node any, keys ...string) (any, bool) {
	for _, key := range keys {
		m, _ := node.(map[string]any)
		next, found := m[key]
		if !found {
			return nil, false
		}
		node = next
	}
	return node, true
}
