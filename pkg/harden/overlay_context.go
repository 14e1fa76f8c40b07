package harden

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// contextItem is the security context of one container, or of a pod.
type contextItem struct {
	workload  *airflow.Workload
	container string // empty for the pod
	path      string // JSON pointer in the object
	now, want map[string]any
	wishes    []Wish
	// askedFor are the fields that findings ask for, each with their fingerprints.
	askedFor map[string][]string
	// chain are the keys that may set it and that the chart has, the narrowest
	// first. The item is written at the one at place; a narrower one may take
	// its place, a wider one would have no effect.
	chain  []airflow.ContextKey
	place  int
	moved  bool
	reason string // why no key can be used; empty where one can
}

func (i *contextItem) asked() bool { return len(i.wishes) > 0 }

func (i *contextItem) key() airflow.ContextKey { return i.chain[i.place] }

// value is what the key must hold for the item, without what is set elsewhere.
func (i *contextItem) value() map[string]any {
	out := runtime.DeepCopyJSON(i.want)
	for field := range i.key().Elsewhere {
		delete(out, field)
	}
	return out
}

// contextsOf are the security contexts of all pods and containers that the tool knows.
func contextsOf(m *airflow.Model, keys ChartKeys) []*contextItem {
	var out []*contextItem
	for _, w := range m.Workloads {
		if w.Owner != nil {
			continue
		}
		out = append(out, newContext(m, keys, w, "", w.SpecPath()+"/securityContext"))
		for _, c := range w.Containers() {
			if c.Kind != airflow.Ephemeral {
				out = append(out, newContext(m, keys, w, c.Name, w.SpecPath()+"/"+string(c.Kind)+"/name="+c.Name+"/securityContext"))
			}
		}
	}
	return out
}

func newContext(m *airflow.Model, keys ChartKeys, w *airflow.Workload, container, path string) *contextItem {
	item := &contextItem{workload: w, container: container, path: path, askedFor: map[string][]string{}}
	found, _ := change.Lookup(w.Object.Content, path)
	item.now = unmasked(found)
	item.want = runtime.DeepCopyJSON(item.now)
	item.choose(m, keys)
	return item
}

// unmasked is a map without what was masked in it, which nobody can write back.
func unmasked(node any) map[string]any {
	level, _ := node.(map[string]any)
	out := map[string]any{}
	for key, value := range level {
		if text, isText := value.(string); isText && len(snapshot.MaskedIn(text)) > 0 {
			continue
		}
		out[key] = runtime.DeepCopyJSONValue(value)
	}
	return out
}

// choose keeps the keys that can be written, and places the item at the
// narrowest that is in use, or else at the widest.
func (i *contextItem) choose(m *airflow.Model, keys ChartKeys) {
	i.reason = nothingReaches(m)
	inUse := -1
	for _, k := range m.ContextKeys(i.workload, i.container) {
		set := len(valuesAt(m, keys, k.Path)) > 0
		switch {
		case keys != nil && keys.Absent(k.Path):
			i.reason = k.Key() + " belongs to a subchart, of which Helm keeps no copy, so it was not tried: give --chart"
			continue
		case keys != nil && !k.Listed && !keys.Knows(k.Path), !set && (k.Old || keys == nil && k.Hinted):
			continue
		}
		i.chain = append(i.chain, k)
		if set && inUse < 0 || k.Listed && inUse < 0 {
			inUse = len(i.chain) - 1
		}
	}
	if inUse >= 0 {
		i.chain = i.chain[:inUse+1]
	}
	if len(i.chain) == 0 {
		return
	}
	i.place, i.reason = len(i.chain)-1, ""
	if i.key().Listed {
		i.reason = "needs your decision, because it stands in a list of your values: " + i.key().Key()
	}
}

// valuesAt is what the chart sees at a path without an overlay.
func valuesAt(m *airflow.Model, keys ChartKeys, path []string) map[string]any {
	var own map[string]any
	if keys != nil {
		own, _ = keys.Default(path).(map[string]any)
	}
	user, _ := m.UserValue(path).(map[string]any)
	return laidOver(own, user)
}

// laidOver merges as Helm does: maps are merged, everything else is replaced, and null takes away.
func laidOver(below, above map[string]any) map[string]any {
	out := runtime.DeepCopyJSON(maps.Clone(below))
	if out == nil {
		out = map[string]any{}
	}
	for key, value := range above {
		level, isMap := out[key].(map[string]any)
		next, bothMaps := value.(map[string]any)
		switch {
		case value == nil:
			delete(out, key)
		case isMap && bothMaps:
			out[key] = laidOver(level, next)
		default:
			out[key] = runtime.DeepCopyJSONValue(value)
		}
	}
	return out
}

// itemsOf are the contexts that a wish is about, each with the parts of the
// path below it; nil where it is about anything else.
func (p *ValuesPlan) itemsOf(w Wish) (items []*contextItem, parts [][]string) {
	for _, c := range w.Changes {
		i := slices.IndexFunc(p.contexts, func(item *contextItem) bool { return item.workload.Ref.Same(c.Target) && item.within(c.Path) != nil })
		if i < 0 || c.Op == change.Put {
			return nil, nil
		}
		items, parts = append(items, p.contexts[i]), append(parts, p.contexts[i].within(c.Path))
	}
	return items, parts
}

// within are the parts of a path below the context; nil where it is not below it.
func (i *contextItem) within(path string) []string {
	rest, found := strings.CutPrefix(path, i.path)
	if !found && i.container != "" {
		rest, found = i.byPlace(path)
	}
	if !found || rest != "" && rest[0] != '/' {
		return nil
	}
	return append([]string{}, change.Split(rest)...)
}

// byPlace accepts a container's number for its name.
func (i *contextItem) byPlace(path string) (rest string, found bool) {
	for _, c := range i.workload.Containers() {
		if c.Name != i.container {
			continue
		}
		list, number, _ := strings.Cut(c.Path[len(i.workload.SpecPath())+1:], "/")
		if _, err := strconv.Atoi(number); err == nil {
			return strings.CutPrefix(path, i.workload.SpecPath()+"/"+list+"/"+number+"/securityContext")
		}
	}
	return "", false
}

// wishFor makes a wish's changes in what the contexts must become, all or none.
func (p *ValuesPlan) wishFor(w Wish, items []*contextItem, parts [][]string) {
	for i, item := range items {
		if item.reason != "" {
			p.leave(w, item.reason)
			return
		}
		if len(parts[i]) > 0 {
			if reason := p.elsewhereUnusable(item, parts[i][0]); reason != "" {
				p.leave(w, reason)
				return
			}
		}
	}
	for i, item := range items {
		c := w.Changes[i]
		whole := map[string]any{"context": item.want}
		c.Path = "/context"
		for _, part := range parts[i] {
			c.Path += "/" + change.Escape(part)
		}
		if err := c.Apply(whole); err != nil {
			p.leave(w, err.Error())
			return
		}
		item.want, _ = whole["context"].(map[string]any)
		item.wishes = append(item.wishes, w)
		if len(parts[i]) > 0 {
			item.askedFor[parts[i][0]] = append(item.askedFor[parts[i][0]], w.Fingerprint)
		}
	}
}

func (p *ValuesPlan) elsewhereUnusable(item *contextItem, field string) string {
	path, found := item.key().Elsewhere[field]
	if !found {
		return ""
	}
	return p.unusable(path)
}

// sameMap compares decoded JSON whatever the types of its numbers.
func sameMap(a, b map[string]any) bool { return textOf(a) == textOf(b) }

func textOf(node any) string {
	text, _ := json.Marshal(node) // decoded JSON encodes again
	return string(text)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
