package diff

import (
	"reflect"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// sides are an object on both sides of a comparison; empty where a side does not hold it.
type sides struct {
	ref           snapshot.Ref
	before, after map[string]any
}

// fill works out what is shown of an object, with what is known of its fields
// by their paths. Fields that are the same on both sides are left out.
func (s sides) fill(o *Object, fields []Field) {
	kept := map[string]bool{}
	for _, f := range fields {
		parts := s.shown(f.Path)
		f.Path = pointer(parts)
		before, was := change.Lookup(s.before, f.Path)
		after, is := change.Lookup(s.after, f.Path)
		if kept[f.Path] || was == is && reflect.DeepEqual(before, after) {
			continue
		}
		kept[f.Path] = true
		f.Before, f.After = apart(before, after)
		o.Fields = append(o.Fields, f)
	}
	slices.SortStableFunc(o.Fields, func(a, b Field) int { return strings.Compare(a.Path, b.Path) })
	o.Before, o.After = s.texts(o.Fields)
}

// shown is the path of a field that a reader can find: entries by name.
func (s sides) shown(path string) []string { return steady(path, s.before, s.after) }

// texts are both sides as YAML: the object's name and the fields, nothing else.
func (s sides) texts(fields []Field) (before, after string) {
	left, right := &branch{below: map[string]*branch{}}, &branch{below: map[string]*branch{}}
	for _, path := range []string{"apiVersion", "kind", "metadata/name", "metadata/namespace"} {
		left.add(strings.Split(path, "/"), "")
		right.add(strings.Split(path, "/"), "")
	}
	for _, f := range fields {
		left.add(change.Split(f.Path), "")
		right.add(change.Split(f.Path), s.said(f))
	}
	b, a := redacted(s.named(s.before, left), s.named(s.after, right))
	before, after = text(b), text(a)
	if before == after {
		b, a = hidden(s.named(s.before, left), "before"), hidden(s.named(s.after, right), "after")
		before, after = text(b), text(a)
	}
	return before, after
}

// said is what stands beside a field: the rules that ask for it. A list or map
// that changes inside keeps its own line as it is.
func (s sides) said(f Field) string {
	switch before, _ := change.Lookup(s.before, f.Path); before.(type) {
	case map[string]any, []any:
		return ""
	}
	return strings.Join(f.Rules, " ")
}

// named is what a branch shows of one side.
func (s sides) named(content map[string]any, shows *branch) any {
	if len(content) == 0 {
		return bare{}
	}
	return shows.pick(content)
}

// whole is an object as YAML, without what only a cluster says of it.
func whole(content map[string]any) string {
	if len(content) == 0 {
		return ""
	}
	return text(hidden(trimmed(content), ""))
}

// trimmed is an object as somebody would write it.
func trimmed(content map[string]any) map[string]any {
	out := map[string]any{}
	for key, value := range content {
		if key != "status" {
			out[key] = value
		}
	}
	meta, _ := out["metadata"].(map[string]any)
	kept := map[string]any{}
	for _, key := range []string{"name", "namespace", "labels", "annotations"} {
		if meta[key] != nil {
			kept[key] = meta[key]
		}
	}
	out["metadata"] = kept
	return out
}
