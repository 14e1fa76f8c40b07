package diff

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/drift"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Profile is what is known of the distance to a profile.
type Profile struct {
	Snapshot *snapshot.Snapshot
	// Report is the check that the plan is made of.
	Report *check.Report
	Plan   *plan.Plan
	// Settings are keys of the chart's values that close findings by themselves, sorted.
	Settings []plan.Setting
	// Left are the findings that stay after the plan.
	Left []plan.Left
	// Unread says what the plan does not know of.
	Unread []string
	// Note says why no patch of the live object makes a step, or what the next upgrade does to it; empty where neither.
	Note func(plan.Step) string
}

// OfProfile compares what was read with what a plan makes of it. It fails
// where a step does not fit its object.
func OfProfile(p Profile) (*Diff, error) {
	d := newDiff(p.Snapshot, "profile "+p.Report.Profile)
	slugs := map[string]string{}
	for _, r := range p.Report.Results {
		slugs[r.Rule] = r.Slug
	}
	for _, target := range p.Plan.Targets() {
		o, err := p.object(target)
		if err != nil {
			return nil, err
		}
		d.add(o, slugs)
	}
	settings, differ, err := p.settings()
	if err != nil {
		return nil, err
	}
	if differ {
		d.add(settings, slugs)
	}
	slices.SortStableFunc(d.Objects, func(a, b Object) int { return a.Compare(b.Ref) })
	for _, left := range p.Left {
		d.Left = append(d.Left, leftOf(left))
	}
	d.Unread = append(d.Unread, p.Unread...)
	return d, nil
}

// add keeps an object that differs.
func (d *Diff) add(o *Object, slugs map[string]string) {
	if o.Status == Changed && len(o.Fields) == 0 {
		return
	}
	for i := range o.Rules {
		o.Rules[i].Slug = slugs[o.Rules[i].ID]
	}
	d.Objects = append(d.Objects, *o)
}

func leftOf(l plan.Left) Left {
	t := l.Finding.Target
	return Left{
		Rule: l.Rule, Object: snapshot.Ref{Kind: t.Kind, Name: t.Name}.String(), Container: l.Finding.Container,
		Message: l.Finding.Message, Reason: snapshot.Redact(l.Reason),
	}
}

func (p Profile) object(target snapshot.Ref) (*Object, error) {
	steps := p.Plan.For(target)
	s := sides{ref: target, before: contentOf(p.Snapshot, target)}
	s.after = runtime.DeepCopyJSON(s.before)
	if s.after == nil {
		s.after = map[string]any{}
	}
	o := &Object{Ref: target, Status: Changed, Rules: []Rule{}, Fields: []Field{}}
	var fields []Field
	for _, step := range steps {
		if err := step.Apply(s.after); err != nil {
			return nil, err
		}
		o.Component = firstOf(o.Component, step.Component)
		for _, id := range step.Rules {
			o.addRule(id)
		}
		fields = append(fields, p.fields(step, s)...)
	}
	if len(s.before) == 0 {
		o.Status, o.After = New, whole(s.after)
		o.Fields = append(o.Fields, Field{Path: "", After: hidden(trimmed(s.after), ""), Rules: rulesOf(steps), Note: p.note(steps[0])})
		return o, nil
	}
	s.fill(o, fields)
	return o, nil
}

// fields are the places that a step changes: one, or for a whole object those where it is not what is there.
func (p Profile) fields(step plan.Step, s sides) []Field {
	f := Field{Path: step.Path, Container: step.Container, Rules: step.Rules, Note: p.note(step)}
	if step.Op != change.Put {
		return []Field{f}
	}
	want, have := &snapshot.Object{Ref: s.ref, Content: s.after}, &snapshot.Object{Ref: s.ref, Content: s.before}
	var out []Field
	for _, found := range drift.Whole(want, have) {
		f.Path = found.Named
		out = append(out, f)
	}
	return out
}

func (p Profile) note(s plan.Step) string {
	if p.Note == nil {
		return s.Unpatchable
	}
	return p.Note(s)
}

func (o *Object) addRule(id string) {
	at, found := slices.BinarySearchFunc(o.Rules, id, func(r Rule, id string) int { return strings.Compare(r.ID, id) })
	if !found && id != "" {
		o.Rules = slices.Insert(o.Rules, at, Rule{ID: id})
	}
}

func rulesOf(steps []plan.Step) []string {
	var out []string
	for _, s := range steps {
		out = append(out, s.Rules...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// contentOf is an object of a snapshot; nil where it is not there.
func contentOf(s *snapshot.Snapshot, ref snapshot.Ref) map[string]any {
	for _, list := range [][]snapshot.Object{s.Objects, s.Release.Hooks} {
		for i := range list {
			if list[i].Same(ref) {
				return list[i].Content
			}
		}
	}
	return nil
}

// title names an object for messages.
func title(ref snapshot.Ref) string {
	if ref.Namespace == "" {
		return fmt.Sprintf("%s %s", ref.Kind, ref.Name)
	}
	return fmt.Sprintf("%s %s/%s", ref.Kind, ref.Namespace, ref.Name)
}
