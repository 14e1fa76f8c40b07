package plan

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Plan is what should differ in a release, and what stays.
type Plan struct {
	// Steps are sorted by object and path.
	Steps []Step
	Left  []Left
}

// Step is one change with all that is known of it.
type Step struct {
	change.Change
	Rules                []string // sorted
	Component, Container string
	// Unpatchable says why no patch of the live object makes it; empty where one does.
	Unpatchable string
	ValuesKey   string
	// Fingerprints are those of the findings it helps to close, sorted.
	Fingerprints []string
	// Fate says what the next upgrade does to the field.
	Fate Fate
}

// ConflictError says that two rules want different things at one place.
type ConflictError struct {
	Target snapshot.Ref
	Path   string
	A, B   Asked
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("%s: %s asks for %s, and %s asks for %s: except one of them in the profile",
		e.Target, e.A.Rule, inShort(e.A.Change), e.B.Rule, inShort(e.B.Change))
}

func inShort(c change.Change) string {
	if c.Op == change.Remove {
		return "no " + c.Path
	}
	return fmt.Sprintf("%s: %v", c.Path, c.Value)
}

// Of makes a plan of changes that are asked for, all meant for one starting
// state: equal ones merge, and of two that contradict each other neither is
// made: the error is a *ConflictError.
func Of(asked []Asked, left []Left) (*Plan, error) {
	p := &Plan{Left: left}
	byPlace := map[string]int{}
	first := map[string]Asked{}
	for _, a := range asked {
		key := a.Target.Kind + "\x00" + a.Target.Group() + "\x00" + a.Target.Namespace + "\x00" + a.Target.Name + "\x00" + a.Path
		i, known := byPlace[key]
		if !known {
			byPlace[key], first[key] = len(p.Steps), a
			p.Steps = append(p.Steps, stepOf(a))
			continue
		}
		if s := &p.Steps[i]; !s.join(a) {
			return nil, &ConflictError{Target: a.Target, Path: a.Path, A: first[key], B: a}
		}
	}
	if err := p.overlaps(); err != nil {
		return nil, err
	}
	slices.SortStableFunc(p.Steps, func(a, b Step) int { return cmp.Or(a.Target.Compare(b.Target), strings.Compare(a.Path, b.Path)) })
	return p, nil
}

func stepOf(a Asked) Step {
	s := Step{Change: a.Change, Component: a.Component, Container: a.Container, Unpatchable: a.Unpatchable, ValuesKey: a.ValuesKey}
	s.note(a)
	return s
}

func (s *Step) note(a Asked) {
	s.Rules = with(s.Rules, a.Rule)
	s.Fingerprints = with(s.Fingerprints, a.Fingerprint)
}

// with is a sorted list with a text in it, once.
func with(list []string, text string) []string {
	if i, found := slices.BinarySearch(list, text); !found && text != "" {
		return slices.Insert(list, i, text)
	}
	return list
}

// join adds a rule that wants the same; false where it wants something else.
func (s *Step) join(a Asked) bool {
	if s.Op != a.Op || !reflect.DeepEqual(s.Value, a.Value) {
		return false
	}
	s.note(a)
	s.ValuesKey = cmp.Or(s.ValuesKey, a.ValuesKey)
	return true
}

// overlaps finds a change to a place that another one sets or takes away whole.
func (p *Plan) overlaps() error {
	for _, outer := range p.Steps {
		for _, inner := range p.Steps {
			if !outer.Target.Same(inner.Target) || !strings.HasPrefix(inner.Path, outer.Path+"/") {
				continue
			}
			if value, found := change.Lookup(map[string]any{"": outer.Value}, "/"+strings.TrimPrefix(inner.Path, outer.Path)); found && outer.Op == change.Set && reflect.DeepEqual(value, inner.Value) {
				continue
			}
			return &ConflictError{Target: outer.Target, Path: inner.Path, A: asAsked(outer), B: asAsked(inner)}
		}
	}
	return nil
}

func asAsked(s Step) Asked { return Asked{Change: s.Change, Rule: strings.Join(s.Rules, ", ")} }

// Changes are those of the steps, in their order.
func (p *Plan) Changes() []change.Change {
	out := make([]change.Change, len(p.Steps))
	for i, s := range p.Steps {
		out[i] = s.Change
	}
	return out
}

// Empty says that nothing has to change.
func (p *Plan) Empty() bool { return len(p.Steps) == 0 }

// Targets are the objects that the plan changes, sorted, each once.
func (p *Plan) Targets() []snapshot.Ref {
	var out []snapshot.Ref
	for _, s := range p.Steps {
		if len(out) == 0 || out[len(out)-1] != s.Target {
			out = append(out, s.Target)
		}
	}
	return out
}

// For are the steps for one object.
func (p *Plan) For(target snapshot.Ref) []Step {
	return slices.DeleteFunc(slices.Clone(p.Steps), func(s Step) bool { return s.Target != target })
}
