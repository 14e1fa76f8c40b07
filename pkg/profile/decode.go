package profile

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// problem is a mistake in a profile file: where it stands and what is wrong.
type problem struct {
	file string
	line int
	what string
}

func (p *problem) Error() string {
	if p.line == 0 {
		return p.file + ": " + p.what
	}
	return fmt.Sprintf("%s:%d: %s", p.file, p.line, p.what)
}

// decoder turns YAML nodes into structs by their json tags and refuses
// everything that is not exactly expected: unknown and duplicate fields,
// wrong kinds, aliases. It remembers the line of every field.
type decoder struct {
	file  string
	lines map[string]int
}

func (d *decoder) fail(n *yaml.Node, field, format string, args ...any) error {
	if field == "" {
		field = "the profile"
	}
	return &problem{d.file, n.Line, field + " " + fmt.Sprintf(format, args...)}
}

func (d *decoder) decode(n *yaml.Node, into reflect.Value, field string) error {
	d.lines[field] = n.Line
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return d.fail(n, field, "uses an anchor or alias, which a profile cannot")
	}
	switch into.Kind() {
	case reflect.Struct:
		return d.mapping(n, into, field)
	case reflect.Slice:
		return d.list(n, into, field)
	default:
		return d.scalar(n, into, field)
	}
}

func (d *decoder) mapping(n *yaml.Node, into reflect.Value, field string) error {
	if n.Kind != yaml.MappingNode {
		return d.fail(n, field, "must hold fields, not %s", kindWords[n.Kind])
	}
	known, seen := fields(into.Type()), map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at, found := known[key.Value]
		path := strings.TrimPrefix(field+"."+key.Value, ".")
		switch {
		case !found || key.Kind != yaml.ScalarNode:
			return d.fail(key, field, "holds an unknown field %q", key.Value)
		case seen[key.Value]:
			return d.fail(key, path, "stands there twice")
		}
		seen[key.Value] = true
		if err := d.decode(value, into.Field(at), path); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) list(n *yaml.Node, into reflect.Value, field string) error {
	if n.Kind != yaml.SequenceNode {
		return d.fail(n, field, "must be a list, not %s", kindWords[n.Kind])
	}
	into.Set(reflect.MakeSlice(into.Type(), len(n.Content), len(n.Content)))
	for i, entry := range n.Content {
		if err := d.decode(entry, into.Index(i), fmt.Sprintf("%s[%d]", field, i)); err != nil {
			return err
		}
	}
	return nil
}

func (d *decoder) scalar(n *yaml.Node, into reflect.Value, field string) error {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		return d.fail(n, field, "must be one value, not %s", kindWords[n.Kind])
	}
	if into.Kind() == reflect.String {
		into.SetString(strings.TrimSpace(n.Value))
		return nil
	}
	if into.Type() == reflect.TypeFor[*int]() {
		whole, err := strconv.Atoi(n.Value)
		if n.Tag != "!!int" || err != nil {
			return d.fail(n, field, "must be a whole number")
		}
		into.Set(reflect.ValueOf(&whole))
		return nil
	}
	var value bool
	if n.Tag != "!!bool" || n.Decode(&value) != nil {
		return d.fail(n, field, "must be true or false")
	}
	into.Set(reflect.ValueOf(&value))
	return nil
}

var kindWords = map[yaml.Kind]string{
	yaml.ScalarNode: "one value or nothing", yaml.SequenceNode: "a list", yaml.MappingNode: "fields", yaml.AliasNode: "an alias",
}

// fields are a struct's fields by the name their json tag gives.
func fields(t reflect.Type) map[string]int {
	out := map[string]int{}
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name != "" {
			out[name] = i
		}
	}
	return out
}
