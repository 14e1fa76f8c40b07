package emit

import (
	"errors"

	"go.yaml.in/yaml/v3"
	kyaml "sigs.k8s.io/yaml"
)

// errTwoWays says that two keys of a mapping become one in JSON, such as 00 and
// "0": which of them then counts is chance, for Helm and the API server, too.
var errTwoWays = errors.New("has a key twice, written in two ways")

// keysDiffer fails where two keys with different words are one in JSON. The same
// words twice are no such case: there the last one counts.
func keysDiffer(n *yaml.Node) error {
	if n.Kind == yaml.MappingNode {
		words := make(map[string]string, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			name := keyName(key)
			if before, twice := words[name]; twice && before != key.Value {
				return errTwoWays
			}
			words[name] = key.Value
		}
	}
	for _, below := range n.Content {
		if err := keysDiffer(below); err != nil {
			return err
		}
	}
	return nil
}

// keyName is what a key is called in JSON. Of the words that YAML 1.1 takes for
// something else than text the library's tag knows all but short ones (yes, off).
func keyName(key *yaml.Node) string {
	const short = len("off")
	if key.Kind != yaml.ScalarNode || key.ShortTag() == "!!str" && (key.Style != 0 || len(key.Value) > short) {
		return key.Value
	}
	text, err := yaml.Marshal(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{bare(key), scalar("")}})
	var named map[string]string
	if err != nil || kyaml.Unmarshal(text, &named) != nil {
		return key.Value
	}
	for name := range named {
		return name
	}
	return key.Value
}

// bare is a scalar without its comments and anchor.
func bare(n *yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: n.Kind, Tag: n.Tag, Value: n.Value, Style: n.Style}
}
