package harden

import (
	"cmp"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
)

// tied is a binding whose accounts lose rights by a change that closes some findings.
type tied struct {
	*bound
	closes []Closed
}

// tie lets what the accounts get instead close the same findings: without it
// the rights must stay.
func (p *rbacPlanner) tie(t tied) {
	for _, s := range p.seats {
		old := accountKey{s.old.Namespace, s.old.Name}
		if !slices.ContainsFunc(t.subjects, func(subject rbacv1.Subject) bool { return isSubject(subject, old) }) || len(s.rules) == 0 {
			continue
		}
		for _, c := range t.closes {
			p.serve(s.account, c.Rule, c.Target)
			if s.moved() {
				p.change(s.w, c.Rule, c.Target, "", change.Change{Op: change.Set, Path: s.w.SpecPath() + "/serviceAccountName", Value: s.account.name})
			}
		}
	}
}

// tieTokens lets what keeps a token in pods close what their move to an
// account closes that gives none by itself: the one must not go without the other.
func (p *rbacPlanner) tieTokens() {
	for _, s := range p.seats {
		if !s.moved() || !s.carries {
			continue
		}
		for _, c := range slices.Clone(p.plan.Changes) {
			if c.Rule != "AS301" || !c.Target.Same(s.w.Ref) || !strings.HasPrefix(c.Path, s.w.SpecPath()+"/") {
				continue
			}
			for _, closed := range p.serves[s.account] {
				c.Rule, c.Finding = closed.Rule, closed.Target
				p.plan.Changes = append(p.plan.Changes, c)
			}
		}
	}
}

// stillShared notes accounts that components with different needs go on
// sharing, because some cannot leave.
func (p *rbacPlanner) stillShared() {
	for _, a := range p.accounts {
		classes := map[string]bool{}
		why := "the components need the same rights in different ways: give each an account of its own in the chart's values"
		for _, s := range p.on(a) {
			if s.moved() || !s.carries && lentBy(a) == "" {
				continue
			}
			classes[s.class()] = true
			why = cmp.Or(whyStay(s), why)
		}
		if len(classes) > 1 {
			p.leave("AS307", a.Ref(), nil, why)
		}
	}
}
