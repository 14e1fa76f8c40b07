package drift

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// same says whether two values of a field mean the same.
func same(at spot, a, b any) bool {
	a, b = meaning(at, a), meaning(at, b)
	if a == nil {
		a, b = b, a
	}
	switch a := a.(type) {
	case map[string]any:
		b, ok := asMap(at, b)
		return ok && !slices.ContainsFunc(fieldsOf(a, b), func(key string) bool {
			if assigned[key] && (a[key] == nil || b[key] == nil) {
				return false
			}
			at := at.field(key)
			return !same(at, orDefault(at, a), orDefault(at, b))
		})
	case []any:
		b, ok := b.([]any)
		if !ok {
			return false
		}
		if fields := entryKeys[at.key]; fields != nil {
			return len(entryDifferences(at, fields, a, b)) == 0
		}
		return slices.EqualFunc(a, b, func(x, y any) bool { return same(spot{key: at.key}, x, y) })
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
	return emptyMaps[at.key] || emptyMaps[at.parent+"/"+at.key]
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
	case at.parent == "limits", at.parent == "requests", at.key == "sizeLimit", at.key == "divisor", at.key == "averageValue":
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
	if value, known := defaults[at.parent+"/"+at.key]; known {
		return value
	}
	return defaults[at.key]
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
	for _, known := range byOthers {
		if known.List == list && strings.Contains(name, known.Part) {
			return true
		}
	}
	return false
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
