package drift

import (
	"maps"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Whole compares every field that the release sets with what is live, and the
// parts that matter for security in both directions, as Compare does. What the
// API server, controllers and people added elsewhere is not a difference.
// Fields of two versions of an API are not compared beyond those parts.
func Whole(want, have *snapshot.Object) []Difference {
	out := Compare(want, have)
	if want.APIVersion != have.APIVersion {
		return out
	}
	for _, at := range settable(want) {
		w, _ := change.Lookup(want.Content, at.path)
		h, _ := change.Lookup(have.Content, at.path)
		out = append(out, outside(out, asked(at, w, h))...)
	}
	return out
}

// settable are the top-level fields that a release can set, and those of the metadata.
func settable(o *snapshot.Object) []spot {
	metadata := spot{}.field("metadata")
	out := []spot{metadata.field("annotations"), metadata.field("labels")}
	for _, key := range slices.Sorted(maps.Keys(o.Content)) {
		if !slices.Contains([]string{"apiVersion", "kind", "metadata", "status"}, key) {
			out = append(out, spot{}.field(key))
		}
	}
	return out
}

// outside are the differences that no other one holds already.
func outside(known, found []Difference) []Difference {
	return slices.DeleteFunc(found, func(f Difference) bool {
		return slices.ContainsFunc(known, func(k Difference) bool { return within(f.Named, k.Named) || within(k.Named, f.Named) })
	})
}

func within(inner, outer string) bool { return inner == outer || strings.HasPrefix(inner, outer+"/") }

// asked walks what the release sets and leaves what it does not.
func asked(at spot, want, have any) []Difference {
	if means(at, want, have) {
		return nil
	}
	one := []Difference{{Path: at.path, Named: at.named, Field: inWords(at.named, ""), Want: want, Have: have}}
	switch w := want.(type) {
	case map[string]any:
		h, ok := have.(map[string]any)
		if !ok {
			return one
		}
		var out []Difference
		for _, key := range slices.Sorted(maps.Keys(w)) {
			at := at.field(key)
			out = append(out, asked(at, w[key], orDefault(at, h))...)
		}
		return out
	case []any:
		if fields := entryKeys[at.key]; fields != nil {
			return askedEntries(at, fields, want, have)
		}
	}
	return one
}

// askedEntries walks the entries that the release holds.
func askedEntries(at spot, fields []string, want, have any) []Difference {
	var out []Difference
	w, names := entriesByName(want, fields)
	h, _ := entriesByName(have, fields)
	for _, name := range names {
		if h[name].content == nil {
			missing := missingEntry(at, fields, name, w[name].content)
			missing.Field = inWords(missing.Named, "")
			out = append(out, missing)
			continue
		}
		out = append(out, asked(at.item(h[name].index, fields, name), w[name].content, h[name].content)...)
	}
	return out
}

// means says that a live value holds all that the release sets. The API server
// leaves out what is false, zero or empty.
func means(at spot, want, have any) bool {
	w := meaning(at, want)
	if have == nil && isZero(w) {
		return true
	}
	switch w := w.(type) {
	case nil:
		return true
	case map[string]any:
		h, ok := asMap(at, have)
		for key := range w {
			if at := at.field(key); !means(at, w[key], orDefault(at, h)) {
				return false
			}
		}
		return ok
	case []any:
		h, ok := have.([]any)
		if fields := entryKeys[at.key]; fields != nil {
			return ok && len(askedEntries(at, fields, w, have)) == 0
		}
		return ok && slices.EqualFunc(w, h, func(x, y any) bool { return means(spot{key: at.key}, x, y) })
	}
	return w == meaning(at, have)
}

func isZero(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		return !slices.ContainsFunc(slices.Collect(maps.Values(v)), func(inner any) bool { return !isZero(inner) })
	case []any:
		return len(v) == 0
	}
	return value == nil || value == false || value == 0.0 || value == ""
}

// Replicas is where a workload says how many pods it wants: autoscalers change it.
const Replicas = "/spec/replicas"

// Autoscaled says that an autoscaler sets the replicas of a workload: an object
// of the snapshot or of its release aims at it. KEDA makes such objects itself.
func Autoscaled(s *snapshot.Snapshot, workload snapshot.Ref) bool {
	for _, list := range [][]snapshot.Object{s.Objects, s.Release.Manifest} {
		for i := range list {
			target, _ := list[i].At("spec", "scaleTargetRef").(map[string]any)
			if target["name"] == workload.Name && list[i].Namespace == workload.Namespace && (target["kind"] == workload.Kind || target["kind"] == nil) {
				return true
			}
		}
	}
	return false
}
