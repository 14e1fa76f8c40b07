package plan

import (
	"slices"

	"k8s.io/apimachinery/pkg/runtime"
)

// merged is an object after an upgrade with unchanged values that merges on the
// client: what the manifest says is put back, all else stays as it is live.
// Source: CreateThreeWayMergePatch of k8s.io/apimachinery with one manifest as
// the original and the modified configuration, as Helm 3 calls it.
func merged(kind string, live, manifest map[string]any) map[string]any {
	out := runtime.DeepCopyJSON(live)
	mergeMap(kind, "", out, manifest)
	return out
}

func mergeMap(kind, field string, live, manifest map[string]any) {
	for key, wanted := range manifest {
		if wanted == nil { // a field that a template left empty is taken away
			delete(live, key)
			continue
		}
		live[key] = mergeValue(kind, key, live[key], wanted)
	}
	if field == "strategy" { // the only structure that loses what the manifest leaves out
		retain(live, manifest)
	}
}

func retain(live, manifest map[string]any) {
	for key := range live {
		if manifest[key] == nil {
			delete(live, key)
		}
	}
}

func mergeValue(kind, field string, live, wanted any) any {
	switch want := wanted.(type) {
	case map[string]any:
		if at, ok := live.(map[string]any); ok {
			mergeMap(kind, field, at, want)
			return at
		}
	case []any:
		if at, ok := live.([]any); ok {
			return mergeList(kind, field, at, want)
		}
	}
	return runtime.DeepCopyJSONValue(wanted)
}

func mergeList(kind, field string, live, wanted []any) []any {
	keys := mergeKeys(kind, field)
	switch {
	case slices.Contains(joined, field):
		for _, want := range wanted {
			if !slices.ContainsFunc(live, func(v any) bool { return equal(v, want) }) {
				live = append(live, want)
			}
		}
		return live
	case keys == nil:
		return runtime.DeepCopyJSONValue(wanted).([]any)
	}
	for _, want := range wanted {
		i := -1
		if named := keysOf(want, keys); named != nil {
			i = entryWith(live, named)
		}
		if i < 0 {
			live = append(live, runtime.DeepCopyJSONValue(want))
			continue
		}
		live[i] = mergeValue(kind, "", live[i], want)
		if keyed(kind, field).retains {
			retain(live[i].(map[string]any), want.(map[string]any))
		}
	}
	return live
}

// holds says that a value still has all that was wanted of it: of maps and
// keyed lists each part, of all else the very same.
func holds(kind, field string, value, wanted any) bool {
	switch want := wanted.(type) {
	case map[string]any:
		at, ok := value.(map[string]any)
		for key := range want {
			ok = ok && holds(kind, key, at[key], want[key])
		}
		return ok
	case []any:
		at, ok := value.([]any)
		keys := mergeKeys(kind, field)
		if !ok || keys == nil {
			return equal(value, wanted)
		}
		for _, entry := range want {
			i := entryWith(at, keysOf(entry, keys))
			ok = ok && i >= 0 && holds(kind, "", at[i], entry)
		}
		return ok
	}
	return equal(value, wanted)
}

// byMerge is what such an upgrade does to what stands at some places of an
// object: a step has put it there or, where nothing stands there, taken it away.
func byMerge(kind string, places []place, patched, upgraded map[string]any) Outcome {
	mine, set := lookup(patched, places)
	after, found := lookup(upgraded, places)
	if set && found && holds(kind, lastField(places), after, mine) || !set && !found {
		return Survives
	}
	return Reverted
}
