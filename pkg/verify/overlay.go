package verify

import (
	"context"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// OverlayTrial is what an overlay is tried with.
type OverlayTrial struct {
	Before
	// Others says that findings of other rules are named, too, where a values key reaches them.
	Others bool
	// Quick judges by the rules whose findings the overlay may close, and no others.
	Quick func(*airflow.Model) (*check.Report, error)
	// Render is the release as its chart makes it with values over its own.
	Render func(ctx context.Context, overlay map[string]any) (*airflow.Model, error)
	// Whole is Render in the way that Helm does it, where Render has a faster one.
	Whole func(ctx context.Context, overlay map[string]any) (*airflow.Model, error)
	// Keys are those of the chart; nil where nobody can tell.
	Keys harden.ChartKeys
	// Rights are what no manifest tells of the rights that the release needs.
	Rights harden.RBACOptions
	// Network are values that are tried already; they stay.
	Network []harden.ValuesChange
	// Progress is told what takes long; nil tells nobody.
	Progress func(string)
}

// OverlayProof is what became of a release's findings with an overlay.
type OverlayProof struct {
	// Changes are the overlay: the network's and those that close findings, sorted by key.
	Changes []harden.ValuesChange
	After   *airflow.Model
	Report  *check.Report // of After
	// Closed are the findings of any rule that are gone. Left are those of the overlay's rules that remain, with the reason.
	Closed []Fact
	Left   []LeftFact
	// Broken are findings that the overlay claims to close and that the real
	// chart leaves open, New those of any rule that were not there before.
	Broken, New []Fact
	// Strays are what changes in pods beside what is asked for.
	Strays []Stray
	// Cuts are needed connections that passed before and do not any more.
	Cuts []Judged
	// Access says whether the accounts still hold what their pods need.
	Access RightsProof
	// DeniedBefore and DeniedAfter count the workloads with findings about Pod Security.
	DeniedBefore, DeniedAfter int
	// Confirmed are the keys that were left out once in a real rendering, which brought a finding back or
	// lost something; Assumed those that only the catalogue says are needed.
	Confirmed, Assumed []string
}

// LeftFact is a finding that stays, and why.
type LeftFact struct {
	Fact
	// Key is the values key that somebody may decide on; empty where none reaches it.
	Key    string
	Reason string
}

// Holds says that the overlay does what it claims, and no harm.
func (p *OverlayProof) Holds() bool {
	return len(p.Broken)+len(p.New)+len(p.Strays)+len(p.Cuts) == 0 && p.Access.Holds()
}

// podSecurityRules are the rules behind which the Pod Security evaluator stands.
var podSecurityRules = []string{"AS101", "AS102", "AS103", "AS104", "AS105", "AS106", "AS107"}

// Overlay composes the smallest overlay that closes what values can close and
// proves it by rendering. It fails where the chart does not render.
func Overlay(ctx context.Context, t OverlayTrial) (*OverlayProof, error) {
	o := &overlayRun{OverlayTrial: t, plan: harden.Values(t.Model, t.wishes(), t.Keys, t.Rights.Functions), reasons: map[string]string{}}
	for _, left := range o.plan.Left {
		o.reasons[left.Fingerprint] = left.Reason
	}
	if err := o.simulate(); err != nil {
		return nil, err
	}
	if err := o.tryForReal(ctx); err != nil {
		return nil, err
	}
	if err := o.confirm(ctx); err != nil {
		return nil, err
	}
	return o.prove(ctx)
}

// overlayRun is an overlay on its way.
type overlayRun struct {
	OverlayTrial
	plan    *harden.ValuesPlan
	changes []harden.ValuesChange
	claims  map[string]bool   // fingerprints of the findings it is to close
	reasons map[string]string // why a finding is left, by fingerprint
	proof   OverlayProof
}

// wanted says whether the overlay is for a finding.
func (t *OverlayTrial) wanted(f Fact) bool {
	reached := func(fix check.Fix) bool { return fix.Kind == rule.Values && fix.ValuesKey != "" }
	return !f.Excepted && (slices.Contains(t.Rules, f.Rule) || t.Others && slices.ContainsFunc(f.Fixes, reached))
}

// wishes are the findings that the overlay is for.
func (t *OverlayTrial) wishes() []harden.Wish {
	var out []harden.Wish
	for _, f := range facts(t.Report) {
		if !t.wanted(f) {
			continue
		}
		w := harden.Wish{
			Rule: f.Rule, Fingerprint: f.Fingerprint, Target: refOf(f.Target), Component: f.Target.Component, Container: f.Container,
			Changes: f.Changes,
		}
		for _, fix := range f.Fixes {
			if fix.Kind == rule.Values {
				w.Key, w.Value, w.Summary = fix.ValuesKey, fix.Value, fix.Summary
				w.Alone = fix.Value != nil && !slices.Contains(t.Rules, f.Rule) && len(f.Changes) == 0
				break
			}
		}
		out = append(out, w)
	}
	return out
}

func (o *overlayRun) say(text string) {
	if o.Progress != nil {
		o.Progress(text)
	}
}

func (o *overlayRun) all(changes []harden.ValuesChange) map[string]any {
	return harden.Overlay(slices.Concat(o.Network, changes))
}

// leave drops claims, with the reason, and what serves no other.
func (o *overlayRun) leave(fingerprints []string, reason string) {
	for _, f := range fingerprints {
		delete(o.claims, f)
		o.reasons[f] = reason
	}
	o.changes = slices.DeleteFunc(slices.Clone(o.changes), func(c harden.ValuesChange) bool {
		return len(c.Fingerprints) > 0 && !slices.ContainsFunc(c.Fingerprints, func(f string) bool { return o.claims[f] })
	})
}

func (o *overlayRun) prove(ctx context.Context) (*OverlayProof, error) {
	p := &o.proof
	o.say("Proving the overlay")
	var err error
	if p.After, err = o.Whole(ctx, o.all(o.changes)); err != nil {
		return nil, err
	}
	if p.Report, err = o.Judge(p.After); err != nil {
		return nil, err
	}
	p.Changes = slices.Concat(o.Network, o.changes)
	p.Confirmed, p.Assumed = o.stillThere(p.Confirmed), o.stillThere(p.Assumed)
	was, is := facts(o.Report), facts(p.Report)
	p.Closed, p.New = without(was, is), slices.DeleteFunc(without(is, was), func(f Fact) bool { return f.Excepted })
	for _, f := range is {
		switch {
		case o.claims[f.Fingerprint]:
			p.Broken = append(p.Broken, f)
		case o.wanted(f):
			p.Left = append(p.Left, o.left(f))
		}
	}
	p.Strays = o.strays(p.After)
	p.Cuts = slices.DeleteFunc(newCuts(o.Before, p.After), func(j Judged) bool { return j.Flow.Demand == airflow.Optional })
	p.Access = Rights(o.Model, p.After, o.Rights)
	p.DeniedBefore, p.DeniedAfter = denied(was), denied(is)
	return p, nil
}

// stillThere are the keys of a list that the overlay has in the end.
func (o *overlayRun) stillThere(keys []string) []string {
	leaves := o.plan.Leaves(o.changes)
	return slices.DeleteFunc(keys, func(key string) bool {
		return !slices.ContainsFunc(leaves, func(l harden.Leaf) bool { return l.Key() == key })
	})
}

func (o *overlayRun) left(f Fact) LeftFact {
	out := LeftFact{Fact: f, Reason: o.reasons[f.Fingerprint]}
	for _, fix := range f.Fixes {
		if fix.Kind == rule.Values && out.Key == "" {
			out.Key = fix.ValuesKey
		}
		if out.Reason == "" {
			out.Reason = fix.Summary
		}
	}
	return out
}

// denied counts the workloads that Pod Security refuses.
func denied(list []Fact) int {
	targets := map[check.Target]bool{}
	for _, f := range list {
		if slices.Contains(podSecurityRules, f.Rule) {
			targets[f.Target] = true
		}
	}
	return len(targets)
}

func refOf(t check.Target) snapshot.Ref {
	return snapshot.Ref{APIVersion: t.APIVersion, Kind: t.Kind, Namespace: t.Namespace, Name: t.Name}
}
