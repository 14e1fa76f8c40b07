package diff

import (
	"reflect"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// redacted are both sides of a comparison without their masked values. Two that
// differ must not look alike, so such values say on which side they stand.
func redacted(before, after any) (any, any) {
	switch b := before.(type) {
	case map[string]any:
		if a, ok := after.(map[string]any); ok {
			return redactedMaps(b, a)
		}
	case []any:
		if a, ok := after.([]any); ok {
			return redactedLists(b, a)
		}
	case inner:
		if a, ok := after.(inner); ok {
			x, y := redacted(b.of, a.of)
			return inner{x}, inner{y}
		}
	case noted:
		x, y := redacted(b.of, bareValue(after))
		return noted{x, b.note}, like(after, y)
	case string:
		if a, ok := bareValue(after).(string); ok {
			x, y := redactedTexts(b, a)
			return x, like(after, y)
		}
	}
	if _, is := after.(noted); is {
		x, y := redacted(before, bareValue(after))
		return x, like(after, y)
	}
	return hidden(before, ""), hidden(after, "")
}

func redactedTexts(before, after string) (string, string) {
	x, y := snapshot.Redact(before), snapshot.Redact(after)
	if before != after && x == y {
		return side(before, "before"), side(after, "after")
	}
	return x, y
}

// side is a text whose masked values say on which side they stand.
func side(text, which string) string {
	secret := snapshot.Masked{}.String()
	return strings.ReplaceAll(snapshot.Redact(text), secret, strings.TrimSuffix(secret, "]")+", "+which+"]")
}

func redactedMaps(before, after map[string]any) (map[string]any, map[string]any) {
	b, a := map[string]any{}, map[string]any{}
	for key, value := range before {
		other, found := after[key]
		if !found {
			b[key] = hidden(value, "")
			continue
		}
		b[key], a[key] = redacted(value, other)
	}
	for key, value := range after {
		if _, found := before[key]; !found {
			a[key] = hidden(value, "")
		}
	}
	return b, a
}

// redactedLists lays entries beside the one of their name, else of their number.
func redactedLists(before, after []any) ([]any, []any) {
	b, a := hidden(before, "").([]any), hidden(after, "").([]any)
	for i, entry := range before {
		if j := counterpart(entry, i, after); j >= 0 {
			b[i], a[j] = redacted(entry, after[j])
		}
	}
	return b, a
}

func counterpart(entry any, i int, others []any) int {
	name := nameOf(entry)
	for j, other := range others {
		if name != nil && nameOf(other) == name || name == nil && i == j {
			return j
		}
	}
	return -1
}

// nameOf is what tells an entry from the others of its list; nil where nothing does.
func nameOf(entry any) any {
	content, _ := bareValue(entry).(map[string]any)
	for _, field := range []string{"name", "mountPath"} {
		if content[field] != nil {
			return content[field]
		}
	}
	return nil
}

// hidden is a value without its masked values; which, where given, is the side they stand on.
func hidden(value any, which string) any {
	switch v := value.(type) {
	case string:
		if which != "" {
			return side(v, which)
		}
		return snapshot.Redact(v)
	case map[string]any:
		out := map[string]any{}
		for key, inner := range v {
			out[key] = hidden(inner, which)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = hidden(inner, which)
		}
		return out
	case inner:
		return inner{hidden(v.of, which)}
	case noted:
		return noted{hidden(v.of, which), v.note}
	}
	return value
}

func bareValue(value any) any {
	if n, is := value.(noted); is {
		return n.of
	}
	return value
}

// like is a value with the note of another.
func like(model, value any) any {
	if n, is := model.(noted); is {
		return noted{value, n.note}
	}
	return value
}

// apart are two redacted values that must not look alike, because the values themselves are not the same.
func apart(before, after any) (any, any) {
	x, y := redacted(before, after)
	if reflect.DeepEqual(x, y) {
		return hidden(before, "before"), hidden(after, "after")
	}
	return x, y
}
