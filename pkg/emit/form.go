package emit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Form is a plan that is to be written down, with what there is now. Each form
// gives the steps that it cannot hold back, with the reason.
type Form struct {
	Snapshot *snapshot.Snapshot
	Plan     *plan.Plan
	// Header are lines for the reader above all else; Comments are those above an object, by its Ref.String().
	Header   []string
	Comments map[string][]string
	// Force takes fields from whoever owns them, where a form has to ask for that.
	Force bool
}

// object is one object with what is to become of it.
type object struct {
	snapshot.Ref
	// before is nil where the object is new.
	before, after map[string]any
	managers      []snapshot.Manager
	steps         []plan.Step
	// changes are those of the steps, entries by name, and no map set as a whole where there is one.
	changes []change.Change
}

// objects are those that the plan changes, in its order; in are the lists that
// an object which is there already may stand in.
func (f Form) objects(in ...[]snapshot.Object) ([]object, error) {
	var out []object
	for _, s := range f.Plan.Steps {
		if len(out) == 0 || !out[len(out)-1].Same(s.Target) {
			out = append(out, open(s.Target, in))
		}
		if err := out[len(out)-1].take(s); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// whole is the plan's objects as they were read: live or rendered ones, and the hooks of the release's record.
func (f Form) whole() ([]object, error) {
	return f.objects(f.Snapshot.Objects, f.Snapshot.Release.Hooks)
}

func open(ref snapshot.Ref, in [][]snapshot.Object) object {
	out := object{Ref: ref}
	for _, list := range in {
		if i := slices.IndexFunc(list, func(o snapshot.Object) bool { return o.Same(ref) }); i >= 0 && out.before == nil {
			out.before, out.managers = list[i].Content, list[i].Managers
			out.after = runtime.DeepCopyJSON(out.before)
		}
	}
	return out
}

func (o *object) take(s plan.Step) error {
	if o.after == nil && s.Op != change.Put {
		return fmt.Errorf("%s: nothing to change: the object was not read", s.Target)
	}
	if o.after == nil {
		o.after = map[string]any{}
	}
	o.steps = append(o.steps, s)
	if o.before == nil {
		return s.Apply(o.after)
	}
	for _, c := range atoms(s.Change, o.before) {
		if err := makeIn(c, o.after); err != nil {
			return err
		}
		o.changes = append(o.changes, c)
	}
	return nil
}

// makeIn makes a change; of a text that holds YAML everything else stays as it was written.
func makeIn(c change.Change, content map[string]any) error {
	at, rest, inside := strings.Cut(c.Path, "#/")
	if !inside {
		return c.Apply(content)
	}
	text, found := change.Lookup(content, at)
	words, ok := text.(string)
	if !found || !ok {
		return c.Apply(content)
	}
	inner := c
	inner.Path = "/" + rest
	after, err := editText(words, inner)
	if err != nil {
		return fmt.Errorf("%s: %s: %w", c.Target, at, err)
	}
	return change.Change{Target: c.Target, Op: change.Set, Path: at, Value: after}.Apply(content)
}

// atoms are the changes that one change consists of for an object: a map that
// takes the place of another one becomes the values that differ, and list
// entries are picked by name, so that forms which merge say the same.
func atoms(c change.Change, content map[string]any) []change.Change {
	if c.Op == change.Put {
		whole, _ := c.Value.(map[string]any)
		return between(c, "", content, whole)
	}
	c.Path = byName(c.Path, content)
	before, _ := change.Lookup(content, c.Path)
	return between(c, c.Path, before, c.Value)
}

func between(c change.Change, path string, before, after any) []change.Change {
	c.Path, c.Value = path, after
	was, wasMap := before.(map[string]any)
	is, isMap := after.(map[string]any)
	if c.Op == change.Remove || !wasMap || !isMap || len(was) == 0 {
		return []change.Change{c}
	}
	var out []change.Change
	for _, key := range slices.Sorted(keysOf(was, is)) {
		now, kept := is[key]
		old, known := was[key]
		at := c
		at.Op = change.Set
		switch {
		case !kept && path == "" && (key == "status" || key == "metadata"):
		case !kept:
			at.Op = change.Remove
			out = append(out, between(at, path+"/"+change.Escape(key), old, nil)...)
		case !known || !equal(old, now):
			out = append(out, between(at, path+"/"+change.Escape(key), old, now)...)
		}
	}
	return out
}

func keysOf(maps ...map[string]any) func(func(string) bool) {
	seen := map[string]bool{}
	return func(yield func(string) bool) {
		for _, m := range maps {
			for key := range m {
				if !seen[key] && !yield(key) {
					return
				}
				seen[key] = true
			}
		}
	}
}

// byName is a path whose list entries are picked by their names, as far as they have any.
func byName(path string, content map[string]any) string {
	var at any = content
	out := ""
	for _, part := range change.Split(path) {
		list, isList := at.([]any)
		at, _ = change.Lookup(map[string]any{"": at}, "//"+change.Escape(part))
		if _, _, keyed := change.Keyed(part); isList && !keyed {
			if entry, ok := at.(map[string]any); ok {
				part = keyed1(part, entry, list)
			}
		}
		out += "/" + change.Escape(part)
	}
	return out
}

// keyed1 is a part that picks an entry by what tells it apart from all others.
func keyed1(part string, entry map[string]any, list []any) string {
	for _, field := range []string{"mountPath", "name"} {
		value, ok := entry[field].(string)
		same := 0
		for _, other := range list {
			if m, isMap := other.(map[string]any); isMap && m[field] == value {
				same++
			}
		}
		if ok && same == 1 {
			return field + "=" + value
		}
	}
	return part
}

// equal compares decoded JSON, whichever kind of number it holds.
func equal(a, b any) bool {
	left, err := json.Marshal(a)
	right, err2 := json.Marshal(b)
	return err == nil && err2 == nil && string(left) == string(right)
}

// secret says that a value holds a text that was masked, and that nobody can write back.
func secret(value any) bool {
	text, err := json.Marshal(value)
	return err != nil || len(snapshot.MaskedIn(string(text))) > 0
}
