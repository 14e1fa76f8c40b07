package plan

import "slices"

// byApply is what an upgrade by server-side apply with unchanged values does to
// what stands at some places of an object, after another manager has put it
// there or taken it away: a field that the manifest sets to another value is a
// conflict, and what nobody owns any more is put back.
// Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/
func byApply(kind string, places []place, patched, manifest map[string]any) Outcome {
	var mine, helms any = patched, manifest
	var field string
	set := true
	for _, p := range places {
		if helms == nil {
			return conflictIf(isWhole(kind, field, mine))
		}
		if isWhole(kind, field, helms) { // both own all of it or nothing
			return conflictIf(!equal(mine, helms))
		}
		var found bool
		if helms, found = down(helms, p); !found {
			return Survives
		}
		if set {
			mine, set = down(mine, p)
		}
		field = p.field
	}
	if !set {
		return Reverted
	}
	return conflictIf(differ(kind, field, mine, helms))
}

func conflictIf(they bool) Outcome {
	if they {
		return Conflicts
	}
	return Survives
}

// isWhole says that server-side apply knows one owner for a value and all below it.
func isWhole(kind, field string, value any) bool {
	switch value.(type) {
	case map[string]any:
		return slices.Contains(wholeMaps, field)
	case []any:
		return applyKeys(kind, field) == nil && !slices.Contains(joined, field)
	}
	return true
}

// isEmpty says that nothing is in a map or list, which is then owned itself.
func isEmpty(value any) bool {
	switch at := value.(type) {
	case map[string]any:
		return len(at) == 0
	case []any:
		return len(at) == 0
	}
	return false
}

// differ says that two managers set some field below a place to different values.
func differ(kind, field string, mine, helms any) bool {
	switch at := helms.(type) {
	case nil: // a field left empty differs where it has one owner; below others there is nothing to differ
		_, isMap := mine.(map[string]any)
		return mine != nil && (isWhole(kind, field, mine) || isMap && isEmpty(mine))
	case map[string]any:
		own, ok := mine.(map[string]any)
		if !ok || isWhole(kind, field, at) {
			return !equal(mine, helms)
		}
		for key, value := range own {
			if other, both := at[key]; both && differ(kind, key, value, other) {
				return true
			}
		}
		return false
	case []any:
		own, ok := mine.([]any)
		switch keys := applyKeys(kind, field); {
		case slices.Contains(joined, field):
			return false
		case !ok || keys == nil:
			return !equal(mine, helms)
		default:
			return entriesDiffer(kind, keys, own, at)
		}
	}
	return !equal(mine, helms)
}

func entriesDiffer(kind string, keys []string, mine, helms []any) bool {
	for _, entry := range mine {
		named := keysOf(entry, keys)
		if named == nil {
			continue
		}
		if i := entryWith(helms, named); i >= 0 && differ(kind, "", entry, helms[i]) {
			return true
		}
	}
	return false
}
