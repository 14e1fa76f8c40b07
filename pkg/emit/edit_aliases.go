package emit

import (
	"errors"

	"go.yaml.in/yaml/v3"
)

// maxNodes bounds what the aliases of one document may stand for: far above
// any manifest, far below what a bomb expands to.
const maxNodes = 100_000

var errTooMuch = errors.New("holds aliases that expand to too much")

// withoutAliases writes what aliases and "<<" keys stand for in their place: a
// change of one place must not change the others.
func withoutAliases(root *yaml.Node) error {
	if !aliased(root) {
		return nil
	}
	budget := maxNodes
	out, err := expanded(root, &budget)
	if err == nil {
		*root = *out
	}
	return err
}

func aliased(n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode || n.Kind == yaml.ScalarNode && n.ShortTag() == "!!merge" {
		return true
	}
	for _, below := range n.Content {
		if aliased(below) {
			return true
		}
	}
	return false
}

func expanded(n *yaml.Node, budget *int) (*yaml.Node, error) {
	if *budget--; *budget < 0 {
		return nil, errTooMuch
	}
	if n.Kind == yaml.AliasNode {
		out, err := expanded(n.Alias, budget)
		if err == nil {
			out = commented(out, n)
		}
		return out, err
	}
	out := *n
	out.Anchor, out.Content = "", nil
	for _, below := range n.Content {
		next, err := expanded(below, budget)
		if err != nil {
			return nil, err
		}
		out.Content = append(out.Content, next)
	}
	if out.Kind == yaml.MappingNode {
		return merged(&out), nil
	}
	return &out, nil
}

// merged adds what "<<" keys bring in; keys that are there already win.
func merged(n *yaml.Node) *yaml.Node {
	out := *n
	out.Content = nil
	var from []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case key.ShortTag() != "!!merge":
			out.Content = append(out.Content, key, value)
		case value.Kind == yaml.SequenceNode:
			from = append(from, value.Content...)
		default:
			from = append(from, value)
		}
	}
	for _, m := range from {
		for i := 0; m.Kind == yaml.MappingNode && i+1 < len(m.Content); i += 2 {
			if place(&out, m.Content[i].Value) < 0 {
				out.Content = append(out.Content, m.Content[i], m.Content[i+1])
			}
		}
	}
	return &out
}
