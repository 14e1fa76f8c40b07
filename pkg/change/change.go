// Package change holds a fix as data: what should differ, at which place of
// which object. A change carries no code, so it can be printed, sorted,
// compared, merged and replayed.
package change

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Op is what a change does.
type Op string

const (
	// Set puts Value at Path, making missing maps on the way.
	Set Op = "set"
	// Remove takes away what is at Path; absent is fine.
	Remove Op = "remove"
	// Put makes the object, or replaces it: Value is all of it, a
	// map[string]any, and Path is empty.
	Put Op = "put"
)

// Change is one change to one object. Path is a JSON pointer (RFC 6901) with
// two additions. A part "name=x" (or "mountPath=/x", with the slash escaped)
// picks the list entry whose field has that value, so that a change still fits
// when entries move; where it is the last part and no entry has it, Set appends
// one. A part that ends with "#" goes on inside a text that is YAML, as the
// task pod template is in its ConfigMap.
type Change struct {
	Target snapshot.Ref `json:"target"`
	Op     Op           `json:"op"`
	Path   string       `json:"path"`
	Value  any          `json:"value,omitempty"`
}

// Apply makes the change in content, the object's decoded JSON. Content is
// changed in place and may share no part with another object.
// It fails where the path does not fit the object. For Put, content may be
// empty, and no part of it is kept.
func (c Change) Apply(content map[string]any) error {
	if c.Op == Put {
		return c.put(content)
	}
	parts := Split(c.Path)
	if len(parts) == 0 {
		return fmt.Errorf("%s: a change needs a path inside the object", c.Target)
	}
	if _, err := c.in(content, parts); err != nil {
		return fmt.Errorf("%s: %s: %w", c.Target, c.Path, err)
	}
	return nil
}

func (c Change) put(content map[string]any) error {
	whole, ok := c.Value.(map[string]any)
	if !ok || c.Path != "" {
		return fmt.Errorf("%s: putting an object takes all of it and no path", c.Target)
	}
	clear(content)
	maps.Copy(content, runtime.DeepCopyJSON(whole))
	return nil
}

// in makes the change below a node and gives the node that takes its place.
func (c Change) in(node any, parts []string) (any, error) {
	if len(parts) == 0 {
		return runtime.DeepCopyJSONValue(c.Value), nil
	}
	if node == nil && c.Op == Set {
		node = emptyFor(parts[0])
	}
	switch at := node.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		return at, c.inMap(at, parts)
	case []any:
		return c.inList(at, parts)
	}
	return nil, fmt.Errorf("nothing to descend into at %q", parts[0])
}

// emptyFor is what a part descends into where nothing is there yet.
func emptyFor(part string) any {
	if _, _, keyed := Keyed(part); keyed {
		return []any{}
	}
	return map[string]any{}
}

func (c Change) inMap(at map[string]any, parts []string) error {
	key, text := cutText(parts[0])
	before, found := at[key]
	if c.Op == Remove && (!found || len(parts) == 1) {
		delete(at, key)
		return nil
	}
	if text {
		return c.inText(at, key, parts[1:])
	}
	after, err := c.in(before, parts[1:])
	if err == nil {
		at[key] = after
	}
	return err
}

// inText goes on inside a text that is YAML.
func (c Change) inText(at map[string]any, key string, parts []string) error {
	inner, err := inside(at[key])
	if err != nil {
		return fmt.Errorf("%s is not YAML", key)
	}
	if _, err := c.in(inner, parts); err != nil {
		return err
	}
	out, err := yaml.Marshal(inner)
	at[key] = string(out)
	return err
}

func (c Change) inList(at []any, parts []string) (any, error) {
	i, err := index(at, parts[0])
	field, value, keyed := Keyed(parts[0])
	switch last := len(parts) == 1; {
	case err != nil && keyed && (last || c.Op == Remove):
		if c.Op == Remove {
			return at, nil
		}
		entry, ok := runtime.DeepCopyJSONValue(c.Value).(map[string]any)
		if !ok || entry[field] != value {
			return at, fmt.Errorf("a new entry needs %s: %s", field, value)
		}
		return append(at, entry), nil
	case err != nil:
		return at, err
	case last && c.Op == Remove && keyed:
		return slices.Delete(at, i, i+1), nil
	case last && c.Op == Remove:
		return at, fmt.Errorf("a list entry cannot be removed by its place")
	}
	after, err := c.in(at[i], parts[1:])
	if err == nil {
		at[i] = after
	}
	return at, err
}

// cutText takes the mark off a part that goes on inside a text.
func cutText(part string) (key string, text bool) { return strings.CutSuffix(part, "#") }

// inside is what a text holds.
func inside(text any) (map[string]any, error) {
	out := map[string]any{}
	words, _ := text.(string)
	err := yaml.Unmarshal([]byte(words), &out)
	return out, err
}

// Keyed takes a part "name=x" to pieces.
func Keyed(part string) (field, value string, ok bool) {
	field, value, ok = strings.Cut(part, "=")
	return field, value, ok && slices.Contains(entryKeys, field)
}

// entryKeys are the fields that tell the entries of a list apart.
// Source: the patchMergeKey tags of k8s.io/api/core/v1.
var entryKeys = []string{"name", "mountPath"}

func index(list []any, part string) (int, error) {
	if field, value, keyed := Keyed(part); keyed {
		for i, entry := range list {
			if m, ok := entry.(map[string]any); ok && m[field] == value {
				return i, nil
			}
		}
		return 0, fmt.Errorf("no entry with %s %q", field, value)
	}
	i, err := strconv.Atoi(part)
	if err != nil || i < 0 || i >= len(list) {
		return 0, fmt.Errorf("no entry %q in a list of %d", part, len(list))
	}
	return i, nil
}

// Split is the parts of a JSON pointer, unescaped.
func Split(pointer string) []string {
	if pointer == "" || pointer == "/" {
		return nil
	}
	parts := strings.Split(strings.TrimPrefix(pointer, "/"), "/")
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
	}
	return parts
}

// Escape makes a key fit into a JSON pointer.
func Escape(key string) string { return snapshot.EscapePointer(key) }
