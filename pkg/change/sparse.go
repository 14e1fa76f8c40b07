package change

import (
	"slices"
	"strconv"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Sparse is an object that holds nothing but its name and what changes set: a
// minimal apply configuration for server-side apply. Left are the changes that
// such an object cannot say: those that take something away, and those inside
// a text, which an apply configuration sets whole or not at all.
func Sparse(target snapshot.Ref, changes []Change) (object map[string]any, left []Change) {
	object = map[string]any{"apiVersion": target.APIVersion, "kind": target.Kind}
	meta := map[string]any{"name": target.Name}
	if target.Namespace != "" {
		meta["namespace"] = target.Namespace
	}
	object["metadata"] = meta
	for _, c := range changes {
		switch {
		case c.Op == Put:
			whole, _ := c.Value.(map[string]any)
			object = runtime.DeepCopyJSON(whole)
		case c.Op == Remove || slices.ContainsFunc(Split(c.Path), isByPlace):
			left = append(left, c)
		default:
			sparse(object, Split(c.Path), c.Value)
		}
	}
	return object, left
}

// isByPlace says that a part cannot stand in a sparse object: an entry's
// number, or the inside of a text.
func isByPlace(part string) bool {
	_, err := strconv.Atoi(part)
	_, text := cutText(part)
	return text || err == nil
}

// sparse sets a value, making every entry on the way with its key alone.
func sparse(node any, parts []string, value any) any {
	if len(parts) == 0 {
		return runtime.DeepCopyJSONValue(value)
	}
	field, key, keyed := Keyed(parts[0])
	if !keyed {
		at, _ := node.(map[string]any)
		if at == nil {
			at = map[string]any{}
		}
		at[parts[0]] = sparse(at[parts[0]], parts[1:], value)
		return at
	}
	list, _ := node.([]any)
	i, err := index(list, parts[0])
	if err != nil {
		i, list = len(list), append(list, map[string]any{field: key})
	}
	list[i] = sparse(list[i], parts[1:], value)
	return list
}
