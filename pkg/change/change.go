// Package change holds a fix as data: what should differ, at which place of
// which object. A change carries no code, so it can be printed, sorted,
// compared, merged and replayed.
package change

import (
	"fmt"
	"maps"
	"strconv"
	"strings"

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

// Change is one change to one object. Path is a JSON pointer (RFC 6901); a
// part "name=x" picks the list entry with that name, so that a change still
// fits when entries move.
type Change struct {
	Target snapshot.Ref `json:"target"`
	Op     Op           `json:"op"`
	Path   string       `json:"path"`
	Value  any          `json:"value,omitempty"`
}

// Apply makes the change in content, the object's decoded JSON.
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
	if err := c.apply(content, parts); err != nil {
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
	maps.Copy(content, whole)
	return nil
}

func (c Change) apply(node any, parts []string) error {
	last := len(parts) == 1
	switch at := node.(type) {
	case map[string]any:
		if last {
			c.leaf(at, parts[0])
			return nil
		}
		next, found := at[parts[0]]
		if !found || next == nil {
			if c.Op == Remove {
				return nil
			}
			next = map[string]any{}
			at[parts[0]] = next
		}
		return c.apply(next, parts[1:])
	case []any:
		i, err := index(at, parts[0])
		if err != nil {
			return err
		}
		if last {
			if c.Op == Remove {
				return fmt.Errorf("a list entry cannot be removed")
			}
			at[i] = c.Value
			return nil
		}
		return c.apply(at[i], parts[1:])
	default:
		return fmt.Errorf("nothing to descend into at %q", parts[0])
	}
}

func (c Change) leaf(at map[string]any, key string) {
	if c.Op == Remove {
		delete(at, key)
		return
	}
	at[key] = c.Value
}

func index(list []any, part string) (int, error) {
	if name, found := strings.CutPrefix(part, "name="); found {
		for i, entry := range list {
			if m, ok := entry.(map[string]any); ok && m["name"] == name {
				return i, nil
			}
		}
		return 0, fmt.Errorf("no entry named %q", name)
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
func Escape(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}
