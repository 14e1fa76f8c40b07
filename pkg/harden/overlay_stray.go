package harden

import (
	"fmt"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
)

// Context is the security context of a container, or of a pod, with what is asked of it.
type Context struct {
	Container string // empty for the pod
	item      *contextItem
}

// Contexts are those of a workload.
func (p *ValuesPlan) Contexts(w *airflow.Workload) []Context {
	var out []Context
	for _, item := range p.contexts {
		if item.workload == w {
			out = append(out, Context{item.container, item})
		}
	}
	return out
}

// Stray says what differs in a workload after an overlay from what is asked
// for; empty where nothing does. What a claimed finding asks for must all be
// made, for a user without its group may not write to its volumes. A container
// that is known may gain fields, for some keys are shared; a pod may not where
// it holds one that is not known, which would inherit them.
func (c Context) Stray(after *airflow.Workload, claimed map[string]bool) string {
	found, _ := change.Lookup(after.Object.Content, c.item.path)
	is := unmasked(found)
	for _, field := range sortedKeys(c.item.askedFor) {
		wanted := slices.ContainsFunc(c.item.askedFor[field], func(f string) bool { return claimed[f] })
		if want := saying(c.item.want[field]); wanted && saying(is[field]) != want {
			return fmt.Sprintf("%s is %s and should be %s", field, saying(is[field]), want)
		}
	}
	for _, field := range sortedKeys(c.item.now) {
		now, want, next := saying(c.item.now[field]), saying(c.item.want[field]), saying(is[field])
		if next != now && next != want && !c.sharesField(field) {
			return fmt.Sprintf("%s was %s and becomes %s", field, now, next)
		}
	}
	for _, field := range sortedKeys(is) {
		_, before := c.item.now[field]
		_, asked := c.item.want[field]
		if !before && !asked && !c.mayGain() {
			return fmt.Sprintf("%s becomes %s, which what is not known here would inherit", field, textOf(is[field]))
		}
	}
	return ""
}

func (c Context) mayGain() bool {
	unknown := func(o airflow.Container) bool {
		return (o.Role == airflow.Extra || o.Role == airflow.Injected) && (c.Container == "" || o.Name == c.Container)
	}
	return !slices.ContainsFunc(c.item.workload.Containers(), unknown)
}

// sharesField says that a known container has a field from a key that all containers of its image share.
func (c Context) sharesField(field string) bool {
	if c.item.reason != "" || !c.mayGain() {
		return false
	}
	_, found := c.item.key().Elsewhere[field]
	return found
}

// saying is a value as text, without lists and maps that hold nothing.
func saying(node any) string { return textOf(withoutEmpty(node)) }

func withoutEmpty(node any) any {
	switch at := node.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, value := range at {
			if next := withoutEmpty(value); next != nil {
				out[key] = next
			}
		}
		if len(out) > 0 {
			return out
		}
		return nil
	case []any:
		if len(at) == 0 {
			return nil
		}
	}
	return node
}
