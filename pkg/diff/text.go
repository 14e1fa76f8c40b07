package diff

import (
	"bytes"
	"maps"
	"math"
	"slices"
	"strconv"
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
	return scalar(value)
}

// scalar is what yaml would make of decoded JSON, without taking the way through text.
func scalar(value any) *yaml.Node {
	out := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
	switch v := value.(type) {
	case string:
		if out.SetString(v); switches[strings.ToLower(v)] {
			out.Style = yaml.DoubleQuotedStyle
		}
	case bool:
		out.Tag, out.Value = "!!bool", strconv.FormatBool(v)
	case int:
		out.Tag, out.Value = "!!int", strconv.Itoa(v)
	case int64:
		out.Tag, out.Value = "!!int", strconv.FormatInt(v, 10)
	case float64:
		out.Tag, out.Value = "!!float", strconv.FormatFloat(v, 'f', -1, 64)
		if v == math.Trunc(v) {
			out.Tag = "!!int"
		}
	}
	return out
}

// switches are texts that readers of YAML 1.1, Kubernetes' own among them, take for true or false.
var switches = map[string]bool{"y": true, "n": true, "yes": true, "no": true, "on": true, "off": true}

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
