package collect

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
)

// maxAliased bounds how many nodes the aliases of one document may stand for:
// far above any manifest, far below what a bomb expands to.
const maxAliased = 100_000

// parseYAML reads one YAML document whose first line is line (from 1) of file.
// The values are what Kubernetes makes of YAML: maps with text keys, slices,
// texts, bools, int64, float64 and nil, scalars by the rules of YAML 1.1.
// A key that stands twice is an error. Errors name lines and keys, never values.
func parseYAML(text []byte, file string, line int) (value any, root *yaml.Node, err error) {
	return convertYAML(text, &yamlConverter{file: file, before: line - 1, open: map[*yaml.Node]bool{}})
}

// parseAsHelm reads YAML as parseYAML does, but of a key that stands twice the
// last one counts: so Helm and the API server take what charts render.
func parseAsHelm(text []byte, file string, line int) (value any, root *yaml.Node, err error) {
	return convertYAML(text, &yamlConverter{file: file, before: line - 1, open: map[*yaml.Node]bool{}, lastCounts: true})
}

func convertYAML(text []byte, c *yamlConverter) (value any, root *yaml.Node, err error) {
	file, line := c.file, c.before+1
	defer func() { // the library's own mistakes must not show what it was reading
		if recover() != nil {
			value, root, err = nil, nil, &inputError{file: file, line: line, problem: "is not valid YAML"}
		}
	}()
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, nil, yamlError(err, file, line, line+bytes.Count(bytes.TrimRight(text, " \n"), []byte("\n")))
	}
	if len(document.Content) == 0 {
		return nil, &document, nil
	}
	value, err = c.value(document.Content[0])
	return value, document.Content[0], err
}

var yamlLine = pattern.New(`line (\d+)`)

// yamlProblems are the library's complaints that a person can act on, in our words.
var yamlProblems = []struct{ theirs, ours string }{
	{"found character that cannot start any token", "holds a character that YAML does not allow there (a tab, @ or `)"},
	{"mapping values are not allowed", "has a colon or an indentation where YAML does not allow it"},
	{"did not find expected", "is not valid YAML (check indentation, brackets and quotes)"},
	{"could not find expected ':'", "lacks a colon after a key"},
	{"unexpected end of stream", "ends inside a quoted text"},
	{"unknown anchor", "uses an alias that nothing defines"},
	{"control characters are not allowed", "holds control characters"},
	{"excessive", "holds aliases that expand to too much"},
}

// yamlError says what is wrong in words that hold nothing of the text, which
// stands in the lines from line to last.
func yamlError(err error, file string, line, last int) error {
	out := &inputError{file: file, line: line, problem: "is not valid YAML"}
	if found := yamlLine.FindStringSubmatch(err.Error()); found != nil {
		at, _ := strconv.Atoi(found[1])
		if strings.Contains(err.Error(), "did not find expected") { // the library counts from 0 there
			at++
		}
		out.line = min(line+max(at, 1)-1, last)
	}
	for _, known := range yamlProblems {
		if strings.Contains(err.Error(), known.theirs) {
			out.problem = known.ours
			break
		}
	}
	return out
}

// yamlConverter turns nodes into plain values.
type yamlConverter struct {
	file    string
	before  int // lines of the file before the document
	open    map[*yaml.Node]bool
	depth   int // aliases being followed
	outer   int // the line of the outermost of them
	aliased int // nodes visited through aliases

	lastCounts bool // of a key that stands twice, instead of an error
}

func (c *yamlConverter) fail(n *yaml.Node, problem string, args ...any) error {
	return &inputError{file: c.file, line: c.before + n.Line, problem: fmt.Sprintf(problem, args...)}
}

func (c *yamlConverter) value(n *yaml.Node) (any, error) {
	if c.depth > 0 {
		if c.aliased++; c.aliased > maxAliased {
			return nil, &inputError{file: c.file, line: c.before + c.outer, problem: "holds aliases that expand to too much"}
		}
	}
	switch n.Kind {
	case yaml.ScalarNode:
		return c.scalar(n)
	case yaml.MappingNode:
		return c.mapping(n)
	case yaml.SequenceNode:
		out := make([]any, len(n.Content))
		for i, entry := range n.Content {
			v, err := c.value(entry)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		return out, nil
	case yaml.AliasNode:
		return c.alias(n)
	}
	return nil, c.fail(n, "is not valid YAML")
}

// alias makes a copy of what an alias stands for.
func (c *yamlConverter) alias(n *yaml.Node) (any, error) {
	if c.open[n.Alias] {
		return nil, c.fail(n, "holds an alias inside what it stands for")
	}
	if c.depth == 0 {
		c.outer = n.Line
	}
	c.open[n.Alias] = true
	c.depth++
	v, err := c.value(n.Alias)
	c.depth--
	delete(c.open, n.Alias)
	return v, err
}

func (c *yamlConverter) mapping(n *yaml.Node) (any, error) {
	out := make(map[string]any, len(n.Content)/2)
	var merges []*yaml.Node
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, child := n.Content[i], n.Content[i+1]
		if key.Kind == yaml.ScalarNode && key.Value == "<<" && isPlain(key) {
			merges = append(merges, child)
			continue
		}
		name, err := c.key(key)
		if err != nil {
			return nil, err
		}
		if _, twice := out[name]; twice && !c.lastCounts {
			return nil, c.fail(key, "the key %s stands twice in one mapping", showKey(name))
		}
		v, err := c.value(child)
		if err != nil {
			return nil, err
		}
		out[name] = v
	}
	for _, from := range merges {
		if err := c.merge(out, from); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// merge adds what a "<<" key brings in; keys that are there already win.
func (c *yamlConverter) merge(into map[string]any, from *yaml.Node) error {
	v, err := c.value(from)
	if err != nil {
		return err
	}
	list, many := v.([]any)
	if !many {
		list = []any{v}
	}
	for _, entry := range list {
		m, ok := entry.(map[string]any)
		if !ok {
			return c.fail(from, "merges something that is not a mapping")
		}
		for key, value := range m {
			if _, there := into[key]; !there {
				into[key] = value
			}
		}
	}
	return nil
}

// key is a mapping key as text, as JSON would have it.
func (c *yamlConverter) key(n *yaml.Node) (string, error) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.ScalarNode {
		return "", c.fail(n, "has a key that is not a text")
	}
	v, err := c.scalar(n)
	if err != nil {
		return "", err
	}
	switch v := v.(type) {
	case string:
		return v, nil
	case nil:
		return "", c.fail(n, "has an empty key")
	case float64:
		return floatKey(v), nil
	case int64: // also of a float without a fraction
		if f, isFloat := asFloat(n); isFloat {
			return floatKey(f), nil
		}
	}
	return fmt.Sprint(v), nil
}

// asFloat is a number that is written as a float, or tagged as one.
func asFloat(n *yaml.Node) (float64, bool) {
	switch v, _ := number(n.Value); v := v.(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), n.Style&yaml.TaggedStyle != 0 && n.ShortTag() == "!!float"
	}
	return 0, false
}

// isPlain says that a scalar carries neither quotes nor a tag: only then its looks decide its type.
func isPlain(n *yaml.Node) bool {
	return n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle|yaml.TaggedStyle) == 0
}

func (c *yamlConverter) scalar(n *yaml.Node) (any, error) {
	if n.Style&yaml.TaggedStyle == 0 {
		if !isPlain(n) {
			return n.Value, nil
		}
		return c.resolved(n)
	}
	switch n.ShortTag() {
	case "!!int", "!!float", "!!bool", "!!null":
		return c.resolved(n)
	case "!!binary":
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(n.Value), ""))
		if err != nil {
			return nil, c.fail(n, "holds a binary value that is not base64")
		}
		return string(raw), nil
	}
	return n.Value, nil
}

func (c *yamlConverter) resolved(n *yaml.Node) (any, error) {
	v := resolveScalar(n.Value)
	if f, ok := v.(float64); ok && (f != f || f-f != 0) {
		return nil, c.fail(n, "holds a number that JSON cannot hold (.inf or .nan)")
	}
	return v, nil
}
