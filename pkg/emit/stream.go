package emit

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Stream writes the plan as one YAML stream for kubectl apply --server-side:
// existing objects hold only what changes and what earlier streams have set,
// because server-side apply takes away what a manager does not name again.
// Left are the steps that take something away and those inside a text.
func (f Form) Stream() (stream []byte, left []plan.Dropped, err error) {
	objects, err := f.whole()
	if err != nil {
		return nil, nil, err
	}
	var out []Object
	force := f.Force
	for _, o := range objects {
		value, unsaid := o.applied()
		if left = append(left, unsaid...); value == nil {
			continue
		}
		if secret(value) {
			return nil, nil, fmt.Errorf("%s: it would hold a text that was masked as a secret", o.Ref)
		}
		force = force || len(plan.NeedsForce(o.steps)) > 0
		out = append(out, Object{Value: value, Comments: append(slices.Clone(f.Comments[o.String()]), o.comments()...)})
	}
	header := append(slices.Clone(f.Header), "Apply:   "+applyCommand(force))
	stream, err = streamOf(header, out)
	return stream, left, err
}

func streamOf(header []string, objects []Object) ([]byte, error) {
	var b bytes.Buffer
	err := Apply(&b, header, objects)
	return b.Bytes(), err
}

func applyCommand(force bool) string {
	out := "kubectl apply --server-side --field-manager=" + snapshot.PlanManager
	if force {
		out += " --force-conflicts"
	}
	return out + " -f FILE"
}

// put is the whole of an object that the plan makes or replaces; nil where it changes one.
func (o object) put() map[string]any {
	for _, s := range o.steps {
		if whole, ok := s.Value.(map[string]any); ok && s.Op == change.Put {
			return whole
		}
	}
	return nil
}

// applied is what the stream applies for an object, nil where it can say none of its steps.
func (o object) applied() (map[string]any, []plan.Dropped) {
	if whole := o.put(); whole != nil {
		return whole, nil
	}
	changes, left := o.sayable()
	if len(changes) == 0 {
		return nil, left
	}
	return o.configuration(changes), left
}

// sayable are the changes that an apply configuration can hold, and the steps with the others.
func (o object) sayable() (out []change.Change, left []plan.Dropped) {
	for _, c := range o.changes {
		if _, unsaid := change.Sparse(o.Ref, []change.Change{c}); len(unsaid) > 0 {
			left = append(left, o.dropped(c, "server-side apply cannot say it: json-patch, kustomize and post-render can"))
			continue
		}
		out = append(out, c)
	}
	return out, left
}

// configuration is a minimal apply configuration with changes, and with what
// the manager has set before.
func (o object) configuration(changes []change.Change) map[string]any {
	owned := slices.DeleteFunc(o.owned(), func(c change.Change) bool {
		return slices.ContainsFunc(changes, func(n change.Change) bool { return overlap(c.Path, n.Path) })
	})
	out, _ := change.Sparse(o.Ref, append(owned, changes...))
	return out
}

func overlap(a, b string) bool {
	return strings.HasPrefix(a+"/", b+"/") || strings.HasPrefix(b+"/", a+"/")
}

// dropped is the step that a change belongs to, with why it is left.
func (o object) dropped(c change.Change, why string) plan.Dropped {
	for _, s := range o.steps {
		if overlap(byName(s.Path, o.before), c.Path) {
			return plan.Dropped{Step: s, Why: why}
		}
	}
	return plan.Dropped{Step: plan.Step{Change: c}, Why: why}
}

// owned are the fields that earlier streams have set, as they are now.
func (o object) owned() []change.Change {
	var out []change.Change
	for _, m := range o.managers {
		if m.Name == snapshot.PlanManager && m.Operation == "Apply" {
			o.walk(m.Fields, "", &out)
		}
	}
	return out
}

// walk follows field names as managed fields write them: f:name for a key,
// k:{…} for the entry of a list that has these values, v:… for a plain value.
// Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/.
func (o object) walk(fields map[string]any, path string, out *[]change.Change) {
	leaf := true
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		below, _ := fields[name].(map[string]any)
		part := ""
		switch prefix, rest, _ := strings.Cut(name, ":"); prefix {
		case "f":
			part = rest
		case "k":
			part = entryPart(rest)
		}
		if part == "" {
			continue
		}
		leaf = false
		o.walk(below, path+"/"+change.Escape(part), out)
	}
	value, found := change.Lookup(o.before, path)
	if field, _, keyed := change.Keyed(last(path)); keyed && leaf { // no more of it than its key
		if entry, ok := value.(map[string]any); ok {
			value = map[string]any{field: entry[field]}
		}
	}
	if found && leaf && path != "" && !secret(value) {
		*out = append(*out, change.Change{Target: o.Ref, Op: change.Set, Path: path, Value: value})
	}
}

// entryPart is the part that picks a list entry by the one field that tells it apart.
func entryPart(keys string) string {
	var named map[string]any
	if decode(keys, &named) != nil || len(named) != 1 {
		return ""
	}
	for field, value := range named {
		if text, ok := value.(string); ok {
			return field + "=" + text
		}
	}
	return ""
}

func last(path string) string {
	parts := change.Split(path)
	if len(parts) == 0 {
		return ""
	}
	return parts[len(parts)-1]
}

// comments say what an object's steps are for, and what becomes of them.
func (o object) comments() []string {
	var about, fates []string
	for _, s := range o.steps {
		line := strings.Join(s.Rules, ", ")
		if s.Component != "" {
			line = s.Component + ": " + line
		}
		if line != "" && !slices.Contains(about, line) {
			about = append(about, line)
		}
		if fate := fateOf(s); fate != "" {
			fates = append(fates, fate)
		}
	}
	return append(joined(about), fates...)
}

// joined puts the rules of each component on one line.
func joined(lines []string) []string {
	rules := map[string][]string{}
	var order []string
	for _, line := range lines {
		component, list, found := strings.Cut(line, ": ")
		if !found {
			component, list = "", line
		}
		if _, known := rules[component]; !known {
			order = append(order, component)
		}
		rules[component] = append(rules[component], strings.Split(list, ", ")...)
	}
	var out []string
	for _, component := range order {
		list := rules[component]
		slices.Sort(list)
		line := strings.Join(slices.Compact(list), ", ")
		if component != "" {
			line = component + ": " + line
		}
		out = append(out, line)
	}
	return out
}

// fateOf says what the next upgrade does to a step, where it does anything.
func fateOf(s plan.Step) string {
	f := s.Fate
	if f.Safe() || f.ByMerge == "" || f.ByApply == "" {
		return ""
	}
	out := fmt.Sprintf("%s: the next helm upgrade %s", s.Path, f.ByMerge.Words())
	if f.ByApply != f.ByMerge {
		out = fmt.Sprintf("%s: the next helm upgrade %s with Helm 3 and %s with Helm 4", s.Path, f.ByMerge.Words(), f.ByApply.Words())
	}
	if f.Reason != "" {
		out += ": " + f.Reason
	}
	return snapshot.Redact(out)
}
