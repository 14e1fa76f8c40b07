package drift

import (
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Compare compares the parts of a live object that matter for security with
// what the release installed, in both directions: what was changed, added and
// taken away. Of kinds without such parts it says nothing.
func Compare(want, have *snapshot.Object) []Difference {
	kind, known := KindOf(want.Kind)
	if !known {
		return nil
	}
	out := compareParts(kind.parts, place{}, want.Content, have.Content)
	if kind.pod == "" {
		return out
	}
	w, h := below(want.Content, kind.pod), below(have.Content, kind.pod)
	out = append(out, compareParts(podParts, place{pointer: kind.pod, named: kind.pod}, w, h)...)
	for _, list := range []string{"initContainers", "containers"} {
		out = append(out, compareContainers(kind.pod+"/"+list, list, w[list], h[list])...)
	}
	return out
}

// place is where a map stands in an object.
type place struct{ pointer, named, container string }

// compareContainers compares two lists of containers by name.
func compareContainers(pointer, list string, want, have any) []Difference {
	var out []Difference
	w, wNames := entriesByName(want, entryKeys[list])
	h, hNames := entriesByName(have, entryKeys[list])
	at := func(name string) place {
		return place{pointer + "/" + strconv.Itoa(h[name].index), pointer + "/name=" + change.Escape(name), name}
	}
	for _, name := range hNames {
		if w[name].content == nil {
			out = append(out, Difference{Path: at(name).pointer, Named: at(name).named, Have: h[name].content, List: list, Entry: name, Container: name, Severity: rule.High})
			continue
		}
		wc, _ := w[name].content.(map[string]any)
		hc, _ := h[name].content.(map[string]any)
		out = append(out, compareParts(containerParts, at(name), wc, hc)...)
	}
	for _, name := range wNames {
		if h[name].content == nil {
			out = append(out, Difference{Path: pointer, Named: at(name).named, Want: w[name].content, List: list, Entry: name, Container: name, Severity: rule.High})
		}
	}
	return out
}

// compareParts compares parts of two maps that stand at one place of both objects.
func compareParts(parts []part, where place, want, have map[string]any) []Difference {
	var out []Difference
	for _, part := range parts {
		if part.path == "/rules" && want["aggregationRule"] != nil {
			continue // the cluster fills them in
		}
		keys := change.Split(part.path)
		at := spot{path: where.pointer, named: where.named}
		w, h := want, have
		for _, step := range keys[:len(keys)-1] {
			at = at.field(step)
			w, _ = w[step].(map[string]any)
			h, _ = h[step].(map[string]any)
		}
		at = at.field(keys[len(keys)-1])
		for _, found := range differences(at, orDefault(at, w), orDefault(at, h)) {
			found.Container, found.Severity = where.container, part.severity
			found.Field = inWords(found.Named, where.named)
			out = append(out, found)
		}
	}
	return out
}

// inWords is a place below a pointer, with list entries by name.
func inWords(named, pointer string) string {
	parts := change.Split(strings.TrimPrefix(named, pointer))
	for i, part := range parts {
		if _, value, keyed := change.Keyed(part); keyed {
			part = value
		}
		parts[i] = change.Escape(part)
	}
	return strings.Join(parts, "/")
}

// below is the map at a pointer; nil where there is none.
func below(content map[string]any, pointer string) map[string]any {
	for _, key := range change.Split(pointer) {
		content, _ = content[key].(map[string]any)
	}
	return content
}

// EndsByItself says whether the cluster removes an object in time, so that its absence is no drift.
func EndsByItself(o *snapshot.Object) bool {
	return o.Kind == string(snapshot.Job) && o.At("spec", "ttlSecondsAfterFinished") != nil || o.Kind == string(snapshot.Pod)
}

// Find is the live object that a release's object became; nil where there is none.
func Find(objects []*snapshot.Object, want snapshot.Ref) *snapshot.Object {
	i := slices.IndexFunc(objects, func(o *snapshot.Object) bool { return o.Same(want) })
	if i < 0 {
		return nil
	}
	return objects[i]
}
