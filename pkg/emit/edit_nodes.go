package emit

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
)

// edited makes a change below a node and gives the node that takes its place;
// it does what change.Apply does to decoded JSON. Nil stands for nothing there.
func edited(n *yaml.Node, parts []string, c change.Change) (*yaml.Node, error) {
	if len(parts) == 0 {
		return replaced(n, c.Value)
	}
	if n == nil || n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" {
		if c.Op == change.Remove {
			return n, nil
		}
		n = emptyNode(parts[0], n)
	}
	switch n.Kind {
	case yaml.MappingNode:
		return n, editMapping(n, parts, c)
	case yaml.SequenceNode:
		return n, editSequence(n, parts, c)
	}
	return nil, fmt.Errorf("nothing to descend into at %q", parts[0])
}

// replaced is a value as a node, with the comments of the one that it takes the place of.
func replaced(n *yaml.Node, value any) (*yaml.Node, error) {
	out := &yaml.Node{}
	if err := out.Encode(value); err != nil {
		return nil, errors.New("the value cannot be written as YAML")
	}
	return commented(out, n), nil
}

func commented(out, like *yaml.Node) *yaml.Node {
	if like != nil {
		out.HeadComment, out.LineComment, out.FootComment = like.HeadComment, like.LineComment, like.FootComment
	}
	return out
}

func emptyNode(part string, like *yaml.Node) *yaml.Node {
	if _, _, keyed := change.Keyed(part); keyed {
		return commented(&yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}, like)
	}
	return commented(&yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}, like)
}

func editMapping(n *yaml.Node, parts []string, c change.Change) error {
	key, inText := strings.CutSuffix(parts[0], "#")
	i := place(n, key)
	if c.Op == change.Remove && (i < 0 || len(parts) == 1) {
		for ; i >= 0; i = place(n, key) {
			n.Content = slices.Delete(n.Content, i, i+2)
		}
		return nil
	}
	var before *yaml.Node
	if i >= 0 {
		before = n.Content[i+1]
	}
	var after *yaml.Node
	var err error
	if inText {
		after, err = editTextNode(before, parts[1:], c)
	} else {
		after, err = edited(before, parts[1:], c)
	}
	switch {
	case err != nil:
		return err
	case i >= 0:
		n.Content[i+1] = after
	default:
		if len(n.Content) == 0 {
			n.Style &^= yaml.FlowStyle // {} has no room for comments and grows long
		}
		n.Content = append(n.Content, scalar(key), after)
	}
	return nil
}

func editSequence(n *yaml.Node, parts []string, c change.Change) error {
	field, value, keyed := change.Keyed(parts[0])
	i := entry(n, parts[0])
	switch last := len(parts) == 1; {
	case i < 0 && keyed && c.Op == change.Remove:
		return nil
	case i < 0 && keyed && last:
		if m, ok := c.Value.(map[string]any); !ok || m[field] != value {
			return fmt.Errorf("a new entry needs %s: %s", field, value)
		}
		added, err := replaced(nil, c.Value)
		if len(n.Content) == 0 {
			n.Style &^= yaml.FlowStyle
		}
		n.Content = append(n.Content, added)
		return err
	case i < 0:
		return fmt.Errorf("no entry %q in a list of %d", parts[0], len(n.Content))
	case last && c.Op == change.Remove && keyed:
		n.Content = slices.Delete(n.Content, i, i+1)
		return nil
	case last && c.Op == change.Remove:
		return errors.New("a list entry cannot be removed by its place")
	}
	after, err := edited(n.Content[i], parts[1:], c)
	if err == nil {
		n.Content[i] = after
	}
	return err
}

// entry is the place of the list entry that a part picks; -1 where there is none.
func entry(n *yaml.Node, part string) int {
	if field, value, keyed := change.Keyed(part); keyed {
		return slices.IndexFunc(n.Content, func(e *yaml.Node) bool {
			name := find(e, field)
			return name != nil && name.Kind == yaml.ScalarNode && name.ShortTag() == "!!str" && name.Value == value
		})
	}
	i, err := strconv.Atoi(part)
	if err != nil || i < 0 || i >= len(n.Content) {
		return -1
	}
	return i
}

// place is where a key stands in a mapping's content: the last one counts, as
// for Helm and the API server; -1 where there is none.
func place(n *yaml.Node, key string) int {
	for i := len(n.Content) - 2; i >= 0; i -= 2 {
		if n.Content[i].Kind == yaml.ScalarNode && n.Content[i].Value == key {
			return i
		}
	}
	return -1
}

// find is the value under a key; nil where there is none.
func find(n *yaml.Node, key string) *yaml.Node {
	if n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	i := place(n, key)
	if i < 0 {
		return nil
	}
	if n.Content[i+1].Kind == yaml.AliasNode {
		return n.Content[i+1].Alias
	}
	return n.Content[i+1]
}

// editTextNode goes on inside a text that is YAML, and keeps the way it is written.
func editTextNode(n *yaml.Node, parts []string, c change.Change) (*yaml.Node, error) {
	before := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.LiteralStyle}
	if n != nil && n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" {
		before = n
	}
	inner := c
	inner.Path = ""
	for _, part := range parts {
		inner.Path += "/" + change.Escape(part)
	}
	after, err := editText(before.Value, inner)
	if err != nil {
		return nil, err
	}
	out := *before
	out.Value = after
	if out.Style&(yaml.LiteralStyle|yaml.FoldedStyle|yaml.DoubleQuotedStyle) == 0 {
		out.Style = yaml.LiteralStyle
	}
	return &out, nil
}

// editText makes a change in a text that is YAML.
func editText(words string, c change.Change) (string, error) {
	if strings.TrimSpace(words) == "" {
		words = "{}"
	}
	d, err := parseDocument([]byte(words))
	if err != nil || d.root.Content[0].Kind != yaml.MappingNode {
		return "", errors.New("the text is not YAML")
	}
	o := writtenObject{d, d.root.Content[0], -1}
	if err := o.edit([]change.Change{c}); err != nil {
		return "", err
	}
	out, err := d.bytes()
	if err != nil {
		return "", err
	}
	if !strings.HasSuffix(words, "\n") {
		return strings.TrimSuffix(string(out), "\n"), nil
	}
	return string(out), nil
}
