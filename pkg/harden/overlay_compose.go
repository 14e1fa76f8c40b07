package harden

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
)

// compose writes each context at a key. Contexts that share a key and need
// other values than most move to narrower keys; where there is none, the key
// holds what they need together.
func (p *ValuesPlan) compose() {
	for range len(p.contexts) + 1 {
		moved := false
		for _, group := range p.groups() {
			moved = p.settle(group) || moved
		}
		if !moved {
			break
		}
	}
	for _, group := range p.groups() {
		p.write(group)
	}
}

// groups are the contexts by key, where any of them has to be written.
func (p *ValuesPlan) groups() [][]*contextItem {
	byKey := map[string][]*contextItem{}
	for _, item := range p.contexts {
		if item.reason == "" {
			key := item.key().Key()
			byKey[key] = append(byKey[key], item)
		}
	}
	var out [][]*contextItem
	for _, key := range sortedKeys(byKey) {
		if slices.ContainsFunc(byKey[key], func(i *contextItem) bool { return i.asked() || i.moved }) {
			out = append(out, byKey[key])
		}
	}
	return out
}

// settle moves the contexts that cannot be at their key; false where all can.
func (p *ValuesPlan) settle(group []*contextItem) (moved bool) {
	value := p.valueOf(group)
	for _, item := range group {
		if item.place > 0 && !sameMap(item.value(), value) {
			item.place, item.moved, moved = item.place-1, true, true
		}
	}
	return moved
}

// valueOf is what a key should hold: what those need that have no other key,
// or else what most of those need that are asked for.
func (p *ValuesPlan) valueOf(group []*contextItem) map[string]any {
	var bound []*contextItem
	votes := map[string]int{}
	for _, item := range group {
		if item.place == 0 {
			bound = append(bound, item)
		}
		if item.asked() || item.moved {
			votes[textOf(item.value())]++
		}
	}
	if len(bound) > 0 {
		value := map[string]any{}
		for _, item := range bound {
			value = laidOver(value, item.value())
		}
		return value
	}
	best := slices.MaxFunc(sortedKeys(votes), func(a, b string) int { return cmp.Compare(votes[a], votes[b]) })
	i := slices.IndexFunc(group, func(i *contextItem) bool { return textOf(i.value()) == best })
	return group[i].value()
}

// write makes the changes for one key.
func (p *ValuesPlan) write(group []*contextItem) {
	key := group[0].key()
	c := ValuesChange{Path: key.Path}
	value := runtime.DeepCopyJSON(p.valueOf(group))
	var names []string
	for _, item := range group {
		for _, w := range item.wishes {
			c.Rules, c.Fingerprints = append(c.Rules, w.Rule), append(c.Fingerprints, w.Fingerprint)
		}
		names = append(names, string(item.workload.Component))
		takeAway(value, item.now, item.want)
		p.writeElsewhere(item)
	}
	if present := valuesAt(p.model, p.keys, key.Path); present["enabled"] == false {
		value["enabled"] = true // Bitnami's charts leave the map out without it
	}
	what := "the pods of "
	if group[0].container != "" {
		what = "the containers of "
	}
	c.Value, c.Rules, c.Fingerprints = value, distinct(c.Rules), distinct(c.Fingerprints)
	c.Why = what + strings.Join(distinct(names), ", ") + "; the chart takes the map whole, so it repeats what they have"
	p.Changes = append(p.Changes, c)
}

// takeAway sets to null what a context has and must not have: Helm merges maps.
func takeAway(value, now, want map[string]any) {
	for key, was := range now {
		next, kept := want[key]
		level, isMap := was.(map[string]any)
		below, bothMaps := next.(map[string]any)
		inner, written := value[key].(map[string]any)
		switch {
		case kept && isMap && bothMaps && written:
			takeAway(inner, level, below)
		case kept:
		default:
			if value[key] != nil {
				continue // another context of the same key has it
			}
			value[key] = nil
			if _, isList := was.([]any); isList {
				value[key] = []any{}
			}
		}
	}
}

// writeElsewhere sets the fields that have keys of their own.
func (p *ValuesPlan) writeElsewhere(item *contextItem) {
	for _, field := range sortedKeys(item.key().Elsewhere) {
		if fmt.Sprint(item.want[field]) == fmt.Sprint(item.now[field]) || item.want[field] == nil {
			continue
		}
		c := ValuesChange{Path: item.key().Elsewhere[field], Value: item.want[field], Why: field + " of the containers of this image"}
		for _, w := range item.wishes {
			c.Rules, c.Fingerprints = append(c.Rules, w.Rule), append(c.Fingerprints, w.Fingerprint)
		}
		c.Rules, c.Fingerprints = distinct(c.Rules), distinct(c.Fingerprints)
		p.add(c)
	}
}
