package harden

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Leaf is one key of an overlay that can be left out: a field of a security
// context, or a key with a single value.
type Leaf struct {
	Path []string
	// Touches are the objects that it reaches, as the catalogue knows it.
	Touches []snapshot.Ref
	// Rights says that it makes or takes away roles and bindings, which others of that kind do, too.
	Rights bool
	// Alone are the findings that it closes and no other key does anything to; empty for all but options of Airflow's.
	Alone []string
}

// Key is the path as Helm's --set takes it.
func (l Leaf) Key() string { return strings.Join(l.Path, ".") }

// Leaves are all of the plan's, in order.
func (p *ValuesPlan) Leaves(changes []ValuesChange) []Leaf {
	var out []Leaf
	for _, c := range changes {
		leaf := Leaf{Path: c.Path, Touches: p.touches(c), Rights: p.isAboutRights(c), Alone: p.closedAlone(c)}
		fields, isMap := c.Value.(map[string]any)
		if !isMap {
			out = append(out, leaf)
		}
		for _, field := range sortedKeys(fields) {
			leaf.Path = append(slices.Clone(c.Path), field)
			out = append(out, leaf)
		}
	}
	return out
}

func (p *ValuesPlan) touches(c ValuesChange) []snapshot.Ref {
	var out []snapshot.Ref
	add := func(r snapshot.Ref) {
		if !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	for _, item := range p.contexts {
		if item.reason == "" && slices.ContainsFunc(item.chain[:item.place+1], func(k airflow.ContextKey) bool { return slices.Equal(k.Path, c.Path) || isElsewhere(k, c.Path) }) {
			add(item.workload.Ref)
		}
	}
	for _, s := range p.settings {
		if s.has(c.Path) {
			add(s.wish.Target)
		}
	}
	return out
}

// isAboutRights says that no change of an object tells what a key does.
func (p *ValuesPlan) isAboutRights(c ValuesChange) bool {
	return slices.ContainsFunc(p.settings, func(s setting) bool { return s.has(c.Path) && len(s.wish.Changes) == 0 && !s.wish.Alone })
}

// closedAlone are the findings that a key closes and no other has to do with.
func (p *ValuesPlan) closedAlone(c ValuesChange) []string {
	var out []string
	for _, s := range p.settings {
		if s.wish.Alone && s.has(c.Path) {
			out = append(out, s.wish.Fingerprint)
		}
	}
	return out
}

func isElsewhere(k airflow.ContextKey, path []string) bool {
	for _, other := range k.Elsewhere {
		if slices.Equal(other, path) {
			return true
		}
	}
	return false
}

func (s setting) has(path []string) bool {
	return slices.ContainsFunc(s.paths, func(own []string) bool { return slices.Equal(own, path) })
}

// Without are the changes but for one leaf.
func Without(changes []ValuesChange, leaf Leaf) []ValuesChange {
	var out []ValuesChange
	for _, c := range changes {
		fields, isMap := c.Value.(map[string]any)
		switch {
		case slices.Equal(c.Path, leaf.Path):
			continue
		case isMap && len(leaf.Path) == len(c.Path)+1 && slices.Equal(c.Path, leaf.Path[:len(c.Path)]):
			fields = maps.Clone(fields)
			delete(fields, leaf.Path[len(c.Path)])
			if len(fields) == 0 {
				continue
			}
			c.Value = fields
		}
		out = append(out, c)
	}
	return out
}

// Effects are what an overlay does to the release, as the catalogue has it,
// and the findings that it closes in ways that no change of an object shows.
func (p *ValuesPlan) Effects(changes []ValuesChange) (effects []change.Change, closed []string) {
	tree := Overlay(changes)
	for _, item := range p.contexts {
		if after := p.after(item, tree); after != nil && !sameMap(after, item.now) {
			effects = append(effects, change.Change{Target: item.workload.Ref, Op: change.Set, Path: item.path, Value: after})
		}
	}
	for _, s := range p.settings {
		if slices.ContainsFunc(s.paths, func(path []string) bool { return !present(tree, path) }) {
			continue
		}
		if len(s.wish.Changes) == 0 {
			closed = append(closed, s.wish.Fingerprint)
		}
		effects = append(effects, s.wish.Changes...)
	}
	return effects, closed
}

func present(tree map[string]any, path []string) bool {
	var node any = tree
	for _, part := range path {
		level, _ := node.(map[string]any)
		next, found := level[part]
		if !found {
			return false
		}
		node = next
	}
	return true
}

// after is a context with an overlay: what the narrowest key that then holds
// something makes of it. Nil where nothing is to be said.
func (p *ValuesPlan) after(item *contextItem, tree map[string]any) map[string]any {
	for _, k := range item.chain {
		above, _ := dig(tree, k.Path).(map[string]any)
		values := laidOver(valuesAt(p.model, p.keys, k.Path), above)
		if len(values) == 0 {
			continue
		}
		if above == nil && !anyPresent(tree, k.Elsewhere) {
			return nil
		}
		return mergedContext(item, k, values, tree, above != nil)
	}
	return nil
}

// mergedContext is what a chart makes of a key's map, with the fields that it takes from elsewhere.
func mergedContext(item *contextItem, k airflow.ContextKey, values, tree map[string]any, replaces bool) map[string]any {
	out := runtime.DeepCopyJSON(values)
	if !replaces {
		out = runtime.DeepCopyJSON(item.now)
	}
	delete(out, "enabled") // Bitnami's charts keep it for themselves
	for field, path := range k.Elsewhere {
		delete(out, field)
		if now, found := item.now[field]; found {
			out[field] = now
		}
		if next := dig(tree, path); next != nil {
			out[field] = next
		}
	}
	return out
}

func anyPresent(tree map[string]any, paths map[string][]string) bool {
	for _, path := range paths {
		if present(tree, path) {
			return true
		}
	}
	return false
}

func dig(node any, path []string) any {
	for _, part := range path {
		level, isMap := node.(map[string]any)
		if !isMap {
			return nil
		}
		node = level[part]
	}
	return node
}
