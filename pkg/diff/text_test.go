package diff

import (
	"reflect"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestTextIsYAMLOfTheSameValue: what is written reads back as what it was.
func TestTextIsYAMLOfTheSameValue(t *testing.T) {
	value := map[string]any{
		"texts":   []any{"", "plain", "true", "null", "~", "1", "1e3", "0x1F", "a: b", "# no", "- x", "two\nlines\n", " blank ", "tab\t", "ü", "[secret, before]", "2026-01-01", "y", "No", "off", "12:30:45", "0o7", ".inf", "=", "*a", "&a", "!x", "%", "@", "`", "{", "a #b"},
		"numbers": []any{0.0, 1.0, -3.0, 50000.0, 0.25, 1e15},
		"others":  []any{true, false, nil, map[string]any{}, []any{}},
		"name":    "first", "nested": map[string]any{"1": map[string]any{"null": "x"}},
	}
	var back map[string]any
	written := text(value)
	if err := yaml.UnmarshalStrict([]byte(written), &back); err != nil {
		t.Fatalf("%v in\n%s", err, written)
	}
	if !reflect.DeepEqual(back, value) {
		t.Errorf("got  %#v\nwant %#v\nfrom\n%s", back, value, written)
	}
	if got := text(map[string]any{"a": 1.0, "metadata": "m", "kind": "k", "name": "x"}); got != "kind: k\nmetadata: m\nname: x\na: 1\n" {
		t.Errorf("the order is\n%s", got)
	}
}
