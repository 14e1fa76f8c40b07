package change

import "k8s.io/apimachinery/pkg/runtime"

// Undo is the change that puts back what content, the object before the
// change, holds: the value that was there, or else nothing at the first part
// of the path that was missing. For Put of a new object there is nothing to put
// back; ok is then false, and the object must be deleted.
func (c Change) Undo(content map[string]any) (undo Change, ok bool) {
	undo = Change{Target: c.Target, Op: Set, Path: c.Path}
	if c.Op == Put {
		undo.Op, undo.Value = Put, runtime.DeepCopyJSON(content)
		return undo, len(content) > 0
	}
	var at any = content
	path := ""
	for _, part := range Split(c.Path) {
		path += "/" + Escape(part)
		next, found := step(at, part)
		if !found {
			return Change{Target: c.Target, Op: Remove, Path: path}, true
		}
		at = next
	}
	undo.Value = runtime.DeepCopyJSONValue(at)
	return undo, true
}

// Lookup is what stands at a path of an object; found is false where nothing does.
func Lookup(content map[string]any, path string) (value any, found bool) {
	value = content
	for _, part := range Split(path) {
		if value, found = step(value, part); !found {
			return nil, false
		}
	}
	return value, true
}

// step goes down one part.
func step(node any, part string) (any, bool) {
	switch at := node.(type) {
	case map[string]any:
		if key, text := cutText(part); text {
			inner, err := inside(at[key])
			return inner, err == nil && at[key] != nil
		}
		value, found := at[part]
		return value, found
	case []any:
		if i, err := index(at, part); err == nil {
			return at[i], true
		}
	}
	return nil, false
}
