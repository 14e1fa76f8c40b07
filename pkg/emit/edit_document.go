package emit

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
	kyaml "sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// written is one document as YAML nodes.
type written struct {
	root    *yaml.Node
	compact bool // lists stand under their key without indentation
	text    []byte
	changes []objectChanges
	before  any // the text, decoded, once it is edited
}

// objectChanges are what was changed in one object of a document.
type objectChanges struct {
	at      int // the place in a List; -1 where the document is the object
	changes []change.Change
}

// writtenObject is one object of a document.
type writtenObject struct {
	in   *written
	node *yaml.Node
	at   int
}

var errNoYAML = errors.New("is not valid YAML")

// parseDocument reads one document. Its errors hold nothing of the text.
func parseDocument(text []byte) (d *written, err error) {
	defer func() { // the library's own mistakes must not show what it was reading
		if recover() != nil {
			d, err = nil, errNoYAML
		}
	}()
	var node yaml.Node
	if yaml.Unmarshal(text, &node) != nil || len(node.Content) != 1 {
		return nil, errNoYAML
	}
	d = &written{root: &node, compact: isCompact(node.Content[0]), text: text}
	if node.Content[0].Kind == yaml.MappingNode && node.Content[0].Style&yaml.FlowStyle != 0 {
		inBlocks(node.Content[0])
	}
	return d, nil
}

// isCompact says that the first list in a mapping stands right under its key.
func isCompact(n *yaml.Node) bool {
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			if value.Kind == yaml.SequenceNode && value.Style&yaml.FlowStyle == 0 && len(value.Content) > 0 {
				return value.Column == key.Column
			}
		}
	}
	for _, below := range n.Content {
		if isCompact(below) {
			return true
		}
	}
	return false
}

// inBlocks writes a document of braces as blocks: new keys carry no quotes, so
// that it would be JSON no longer.
func inBlocks(n *yaml.Node) {
	n.Style &^= yaml.FlowStyle
	for _, below := range n.Content {
		inBlocks(below)
	}
}

// objects are the document's object, or those of a List.
func (d *written) objects() []writtenObject {
	root := d.root.Content[0]
	kind, items := find(root, "kind"), find(root, "items")
	if kind == nil || items == nil || items.Kind != yaml.SequenceNode || !strings.HasSuffix(kind.Value, "List") {
		return []writtenObject{{d, root, -1}}
	}
	var out []writtenObject
	for i, item := range items.Content {
		out = append(out, writtenObject{d, item, i})
	}
	return out
}

// ref is what the object says of itself.
func (o writtenObject) ref() snapshot.Ref {
	meta := find(o.node, "metadata")
	out := snapshot.Ref{
		APIVersion: text(find(o.node, "apiVersion")), Kind: text(find(o.node, "kind")),
		Namespace: text(find(meta, "namespace")), Name: text(find(meta, "name")),
	}
	if list := o.in.root.Content[0]; o.at >= 0 && out.Kind == "" { // the items of a PodList need not say that they are Pods
		out.Kind, out.APIVersion = strings.TrimSuffix(text(find(list, "kind")), "List"), text(find(list, "apiVersion"))
	}
	if out.Name == "" {
		out.Name = text(find(meta, "generateName"))
	}
	return out
}

func text(n *yaml.Node) string {
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}

func (o writtenObject) edit(changes []change.Change) error {
	if err := o.in.begin(); err != nil {
		return err
	}
	o.node = o.in.root.Content[0] // which may be another one now
	if o.at >= 0 {
		o.node = find(o.node, "items").Content[o.at]
	}
	var flat []change.Change
	for _, c := range changes {
		if c.Op == change.Put {
			flat = append(flat, between(c, "", o.content(), c.Value)...)
			continue
		}
		flat = append(flat, c)
	}
	for _, c := range flat {
		if secret(c.Value) {
			return fmt.Errorf("%s: %s: it would hold a text that was masked as a secret", c.Target, c.Path)
		}
		if _, err := edited(o.node, change.Split(c.Path), c); err != nil {
			return fmt.Errorf("%s: %s: %w", c.Target, c.Path, err)
		}
	}
	o.in.changes = append(o.in.changes, objectChanges{o.at, flat})
	return nil
}

// begin makes a document ready for changes, before the first of its objects.
func (d *written) begin() error {
	if d.before != nil {
		return nil
	}
	if kyaml.Unmarshal(d.text, &d.before) != nil {
		return errNoYAML
	}
	if err := withoutAliases(d.root); err != nil {
		return err
	}
	return keysDiffer(d.root)
}

// content is the object as it was read.
func (o writtenObject) content() map[string]any { return o.in.content(o.in.before, o.at) }

func (d *written) content(document any, at int) map[string]any {
	out, _ := document.(map[string]any)
	if at >= 0 {
		items, _ := out["items"].([]any)
		out, _ = items[at].(map[string]any)
	}
	return out
}

// bytes writes the document, if what is written is what the changes make of it.
func (d *written) bytes() ([]byte, error) {
	if err := keysDiffer(d.root); err != nil {
		return nil, err
	}
	out, err := encode(d.root, d.compact)
	if err != nil {
		return nil, err
	}
	var after any
	if kyaml.Unmarshal(out, &after) != nil {
		return nil, errInexact
	}
	for _, each := range d.changes {
		for _, c := range each.changes {
			if err := c.Apply(d.content(d.before, each.at)); err != nil {
				return nil, err
			}
		}
	}
	for _, each := range d.changes {
		for _, c := range each.changes {
			if err := parseTexts(c, d.content(d.before, each.at), d.content(after, each.at)); err != nil {
				return nil, err
			}
		}
	}
	if !equal(after, d.before) {
		return nil, errInexact
	}
	return out, nil
}

// parseTexts puts what a changed text means in its place, because two texts may mean the same.
func parseTexts(c change.Change, objects ...map[string]any) error {
	path, _, inside := strings.Cut(c.Path, "#/")
	if !inside {
		return nil
	}
	for _, o := range objects {
		words, _ := change.Lookup(o, path)
		written, isText := words.(string)
		if !isText { // by an earlier change of the same text
			continue
		}
		var meaning any
		if kyaml.Unmarshal([]byte(written), &meaning) != nil {
			return errInexact
		}
		if err := (change.Change{Target: c.Target, Op: change.Set, Path: path, Value: meaning}).Apply(o); err != nil {
			return err
		}
	}
	return nil
}

func encode(root *yaml.Node, compact bool) ([]byte, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if compact {
		encoder.CompactSeqIndent()
	}
	if errors.Join(encoder.Encode(root), encoder.Close()) != nil {
		return nil, errInexact
	}
	return out.Bytes(), nil
}
