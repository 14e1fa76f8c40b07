package rules

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// rbacGroup is the API group of roles and bindings.
const rbacGroup = "rbac.authorization.k8s.io"

// difference is one place where a live object is not what the release says.
type difference struct {
	path  string // JSON pointer in the live object
	named string // the same as a change wants it: list entries by their name
	want  any    // nil where the release leaves it out
	have  any    // nil where the live object leaves it out
	// entry is, with list, the name of a list's entry that is there too much or missing.
	list, entry string
}

// spot is a place in both objects while they are walked.
type spot struct {
	path, named string
	parent, key string // the last two field names
}

func (s spot) field(key string) spot {
	part := "/" + change.Escape(key)
	return spot{s.path + part, s.named + part, s.key, key}
}

// item is an entry of a list: it stands below the list's own field name.
func (s spot) item(index int, name string) spot {
	part := "/" + strconv.Itoa(index)
	named := part
	if name != "" {
		named = "/name=" + change.Escape(name)
	}
	return spot{s.path + part, s.named + named, "", s.key}
}

// differences walks two values of one field.
func differences(at spot, want, have any) []difference {
	if sameValue(at, want, have) {
		return nil
	}
	if fields := driftEntries[at.key]; fields != nil && (isList(want) || isList(have)) {
		return entryDifferences(at, fields, want, have)
	}
	w, wIs := asMap(at, want)
	h, hIs := asMap(at, have)
	if !wIs || !hIs {
		return []difference{{path: at.path, named: at.named, want: want, have: have}}
	}
	var out []difference
	for _, key := range fieldsOf(w, h) {
		if driftAssigned[key] && w[key] == nil {
			continue
		}
		at := at.field(key)
		out = append(out, differences(at, orDefault(at, w), orDefault(at, h))...)
	}
	return out
}

// entryDifferences walks lists whose entries have a name, in whatever order.
func entryDifferences(at spot, fields []string, want, have any) []difference {
	var out []difference
	w, wNames := entriesByName(want, fields)
	h, hNames := entriesByName(have, fields)
	for _, name := range wNames {
		place := at.item(h[name].index, "")
		if slices.Equal(fields, []string{"name"}) {
			place = at.item(h[name].index, name)
		}
		if h[name].content == nil {
			out = append(out, difference{path: at.path, named: at.named, want: w[name].content, list: at.key, entry: name})
			continue
		}
		out = append(out, differences(place, w[name].content, h[name].content)...)
	}
	for _, name := range hNames {
		if w[name].content == nil && !addedByOthers(at.key, name) {
			place := at.item(h[name].index, "")
			out = append(out, difference{path: place.path, named: place.named, have: h[name].content, list: at.key, entry: name})
		}
	}
	return out
}

type namedEntry struct {
	index   int
	content any
}

// entriesByName indexes a list's entries; the last one wins, as it does for the kubelet.
func entriesByName(list any, fields []string) (map[string]namedEntry, []string) {
	out := map[string]namedEntry{}
	entries, _ := list.([]any)
	for i, entry := range entries {
		content, _ := entry.(map[string]any)
		var parts []string
		for _, field := range fields {
			if value := meaning(spot{key: field}, orDefault(spot{key: field}, content)); value != nil {
				parts = append(parts, plainNumber(value))
			}
		}
		out[strings.Join(parts, "/")] = namedEntry{i, entry}
	}
	return out, slices.Sorted(maps.Keys(out))
}

// sameValue says whether two values of a field mean the same.
func sameValue(at spot, a, b any) bool {
	a, b = meaning(at, a), meaning(at, b)
	if a == nil {
		a, b = b, a
	}
	switch a := a.(type) {
	case map[string]any:
		b, ok := asMap(at, b)
		return ok && !slices.ContainsFunc(fieldsOf(a, b), func(key string) bool {
			if driftAssigned[key] && (a[key] == nil || b[key] == nil) {
				return false
			}
			at := at.field(key)
			return !sameValue(at, orDefault(at, a), orDefault(at, b))
		})
	case []any:
		b, ok := b.([]any)
		if !ok {
			return false
		}
		if fields := driftEntries[at.key]; fields != nil {
			return len(entryDifferences(at, fields, a, b)) == 0
		}
		return slices.EqualFunc(a, b, func(x, y any) bool { return sameValue(spot{key: at.key}, x, y) })
	}
	_, isMap := b.(map[string]any)
	return !isMap && !isList(b) && a == b
}

// asMap is a value as a map, which may be left out where its absence means an empty one.
func asMap(at spot, value any) (map[string]any, bool) {
	m, ok := value.(map[string]any)
	return m, ok || value == nil && emptyMeansAbsent(at)
}

func emptyMeansAbsent(at spot) bool {
	return driftEmptyMaps[at.key] || driftEmptyMaps[at.parent+"/"+at.key]
}

// meaning is a value as the API server would store it.
func meaning(at spot, value any) any {
	switch v := value.(type) {
	case int64:
		value = float64(v)
	case int:
		value = float64(v)
	case []any:
		if len(v) == 0 {
			return nil
		}
	case map[string]any:
		if len(v) == 0 && emptyMeansAbsent(at) {
			return nil
		}
	}
	switch {
	case isEmptyText(value):
		return nil
	case at.parent == "limits", at.parent == "requests", at.key == "sizeLimit", at.key == "divisor":
		if q, err := resource.ParseQuantity(plainNumber(value)); err == nil {
			return q.String()
		}
	case at.key == "port", at.key == "targetPort":
		return plainNumber(value)
	}
	return value
}

// isEmptyText says whether a value is a text of length 0, masked or not.
func isEmptyText(value any) bool {
	text, ok := value.(string)
	if masked, is := snapshot.ParseMasked(text); is {
		return masked.Size == 0
	}
	return ok && text == ""
}

// plainNumber is a scalar as text, without an exponent.
func plainNumber(value any) string {
	if number, ok := value.(float64); ok {
		return strconv.FormatFloat(number, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

// orDefault is a field of a map, or what its absence means.
func orDefault(at spot, of map[string]any) any {
	if value := of[at.key]; value != nil && meaning(at, value) != nil {
		return value
	}
	switch at.key {
	case "targetPort":
		return of["port"]
	case "policyTypes":
		if isList(of["egress"]) {
			return []any{"Ingress", "Egress"}
		}
		return []any{"Ingress"}
	case "apiGroup":
		if kind := of["kind"]; kind == "User" || kind == "Group" {
			return rbacGroup
		}
	}
	if value, known := driftDefaults[at.parent+"/"+at.key]; known {
		return value
	}
	return driftDefaults[at.key]
}

func fieldsOf(a, b map[string]any) []string {
	keys := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(keys)
	return slices.Compact(keys)
}

func isList(value any) bool {
	list, ok := value.([]any)
	return ok && len(list) > 0
}

func addedByOthers(list, name string) bool {
	for _, known := range driftByOthers {
		if known.List == list && strings.Contains(name, known.Part) {
			return true
		}
	}
	return false
}
