package diff

import (
	"bytes"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// text writes what is shown of an object as YAML: sorted, but each entry of a
// list begins with what names it.
func text(value any) string {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	e.CompactSeqIndent()
	if e.Encode(node(value)) != nil || e.Close() != nil {
		return "" // nodes of plain data always encode
	}
	return b.String()
}

func node(value any) *yaml.Node {
	switch v := value.(type) {
	case bare:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"}
	case inner:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.LiteralStyle, Value: text(v.of)}
	case noted:
		out := node(v.of)
		out.LineComment = v.note
		return out
	case map[string]any:
		return mapNode(v)
	case []any:
		out := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		for _, entry := range v {
			out.Content = append(out.Content, entryNode(entry))
		}
		return out
	}
	out := &yaml.Node{}
	if out.Encode(value) != nil {
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"} // values are decoded JSON, which always encodes
	}
	return out
}

// entryNode is an entry of a list. What is said about a map stands beside its first field.
func entryNode(entry any) *yaml.Node {
	out := node(entry)
	if out.LineComment != "" && out.Kind == yaml.MappingNode && len(out.Content) > 1 {
		out.Content[1].LineComment, out.LineComment = out.LineComment, ""
	}
	return out
}

func mapNode(of map[string]any) *yaml.Node {
	out := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	for _, key := range slices.SortedFunc(maps.Keys(of), byReading) {
		name, value := &yaml.Node{}, node(of[key])
		name.SetString(key)
		if value.LineComment != "" && len(value.Content) > 0 { // above its fields, beside its name
			name.LineComment, value.LineComment = value.LineComment, ""
		}
		out.Content = append(out.Content, name, value)
	}
	return out
}

// byReading puts what names a thing before what it is.
func byReading(a, b string) int {
	first := func(key string) int {
		if at := slices.Index([]string{"apiVersion", "kind", "metadata", "name", "mountPath"}, key); at >= 0 {
			return at
		}
		return 5
	}
	if fa, fb := first(a), first(b); fa != fb {
		return fa - fb
	}
	return strings.Compare(a, b)
}
