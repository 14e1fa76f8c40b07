package harden

import (
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// bound is one binding with what it gives.
type bound struct {
	object   *snapshot.Object
	role     snapshot.Ref
	rules    []rbacv1.PolicyRule
	subjects []rbacv1.Subject
	// stays says why the plan does not touch it; empty where it may.
	stays string
}

func (b *bound) wide() bool { return b.object.Kind == string(snapshot.ClusterRoleBinding) }

// rightsRules are the rules about what a role or binding gives.
var rightsRules = []string{"AS302", "AS303", "AS304", "AS305", "AS309"}

// trim takes out of roles and bindings what nobody needs by them, and notes what they still give.
func (p *rbacPlanner) trim() {
	p.readBindings()
	for _, b := range p.bindings {
		if over := p.over(b); len(over) == 0 {
			p.keep(b)
		}
	}
	done := map[snapshot.Ref]bool{}
	for _, b := range p.bindings {
		over := p.over(b)
		switch {
		case len(over) == 0:
		case b.stays != "":
			p.leaveRights(b, b.stays)
		case b.wide() || !p.mayEmpty(b):
			p.unbind(b, over)
		case !done[b.role]:
			done[b.role] = true
			p.empty(b)
		}
	}
}

func (p *rbacPlanner) readBindings() {
	for _, kind := range []snapshot.Kind{snapshot.RoleBinding, snapshot.ClusterRoleBinding} {
		for _, o := range p.model.Snapshot.OfKind(kind) {
			if p.isOwn(o) { // of an earlier plan: this one makes it anew
				continue
			}
			b := p.read(o)
			b.stays = p.whyUntouched(b)
			p.bindings = append(p.bindings, b)
		}
	}
}

func (p *rbacPlanner) read(o *snapshot.Object) *bound {
	b := &bound{object: o}
	kind, _ := o.At("roleRef", "kind").(string)
	name, _ := o.At("roleRef", "name").(string)
	b.role = snapshot.Ref{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: kind, Name: name}
	if kind == string(snapshot.Role) {
		b.role.Namespace = o.Namespace
	}
	b.rules = p.model.RulesOf(b.role)
	list, _ := o.At("subjects").([]any)
	b.subjects = make([]rbacv1.Subject, len(list))
	for i, entry := range list {
		if fields, ok := entry.(map[string]any); ok {
			_ = airflow.Decode(fields, &b.subjects[i]) // what does not decode names nobody
		}
		if b.subjects[i].Kind == rbacv1.ServiceAccountKind && b.subjects[i].Namespace == "" {
			b.subjects[i].Namespace = o.Namespace
		}
	}
	return b
}

// securityContexts are OpenShift's ClusterRoles that let pods run as chosen users.
const securityContexts = "system:openshift:scc:"

// whyUntouched says why a binding stays as it is.
func (p *rbacPlanner) whyUntouched(b *bound) string {
	switch {
	case strings.HasPrefix(b.role.Name, securityContexts):
		return "on OpenShift it lets the pods run as their image's user: take it away with the chart's value rbac.createSCCRoleBinding when they run under the cluster's own"
	case !p.owned(b.object):
		return fmt.Sprintf("%s is not the release's own: who made it must take it back", b.object.Ref)
	case b.wide() && p.everywhere:
		return "the executor watches the pods of all namespaces (multi_namespace_mode): name them in multi_namespace_mode_namespace_list, and in the profile's namespaces"
	}
	return ""
}

// over are the accounts of the release that a binding gives more than they
// need; a binding that holds everywhere gives always too much.
func (p *rbacPlanner) over(b *bound) []accountKey {
	var out []accountKey
	for _, s := range b.subjects {
		for _, key := range p.named(s) {
			itself := isSubject(s, key) && (b.wide() || key.name == defaultAccount)
			if itself || len(airflow.RightsBeyond(b.rules, p.allowed[key])) > 0 {
				out = append(out, key)
			}
		}
	}
	return out
}

// named are the accounts, of today and of the plan, that a subject names.
func (p *rbacPlanner) named(s rbacv1.Subject) []accountKey {
	var out []accountKey
	for _, key := range p.keys {
		if isSubject(s, key) || s.Kind == rbacv1.GroupKind && inGroup(s.Name, key) {
			out = append(out, key)
		}
	}
	return out
}

func isSubject(s rbacv1.Subject, key accountKey) bool {
	switch s.Kind {
	case rbacv1.ServiceAccountKind:
		return s.Namespace == key.namespace && s.Name == key.name
	case rbacv1.UserKind:
		return s.Name == "system:serviceaccount:"+key.namespace+":"+key.name
	}
	return false
}

func inGroup(name string, key accountKey) bool {
	return name == "system:authenticated" || name == "system:serviceaccounts" || name == "system:serviceaccounts:"+key.namespace
}

// keep notes what a binding gives and may go on giving.
func (p *rbacPlanner) keep(b *bound) {
	for _, s := range b.subjects {
		for _, key := range p.named(s) {
			at := place{key, b.object.Namespace}
			p.held[at] = append(p.held[at], b.rules...)
		}
	}
}

// mayEmpty says that a role is the release's own and nobody else holds it.
func (p *rbacPlanner) mayEmpty(b *bound) bool {
	role := p.model.Snapshot.Find(snapshot.Kind(b.role.Kind), b.role.Namespace, b.role.Name)
	if role == nil || !p.owned(role) || role.At("aggregationRule") != nil || b.role.Kind != string(snapshot.Role) {
		return false
	}
	return !slices.ContainsFunc(p.bindings, func(o *bound) bool {
		return o.role == b.role && (o.stays != "" || slices.ContainsFunc(o.subjects, func(s rbacv1.Subject) bool { return s.Kind == rbacv1.GroupKind }) || p.givesDefault(o))
	})
}

func (p *rbacPlanner) givesDefault(b *bound) bool {
	return slices.ContainsFunc(b.subjects, func(s rbacv1.Subject) bool {
		return isSubject(s, accountKey{p.model.Namespace, defaultAccount})
	})
}

// empty takes all rules out of a role: what is needed of them stands in the components' own.
func (p *rbacPlanner) empty(b *bound) {
	if p.keeps("AS302", b.role) {
		for _, o := range p.bindings {
			if o.role == b.role {
				p.keep(o)
			}
		}
		return
	}
	var closes []Closed
	for _, rule := range rightsRules {
		if p.found(rule, b.role) {
			closes = append(closes, Closed{rule, b.role})
		}
	}
	closes = p.propose(change.Change{Target: b.role, Op: change.Set, Path: "/rules", Value: []any{}}, closes)
	for _, o := range p.bindings {
		if o.role == b.role {
			p.ties = append(p.ties, tied{o, closes})
		}
	}
}

// unbind takes accounts of the release out of a binding.
func (p *rbacPlanner) unbind(b *bound, over []accountKey) {
	var left []any
	list, _ := b.object.At("subjects").([]any)
	groups := false
	for i, s := range b.subjects {
		if !slices.ContainsFunc(over, func(key accountKey) bool { return isSubject(s, key) }) {
			left = append(left, list[i])
		}
		groups = groups || s.Kind == rbacv1.GroupKind && len(p.named(s)) > 0
	}
	if groups {
		p.leaveRights(b, fmt.Sprintf("%s names a group that all accounts of the namespace are in: bind the accounts that need it instead", b.object.Ref))
	}
	if len(left) == len(list) {
		return
	}
	rules := append(slices.Clone(rightsRules), "AS308")
	if b.wide() {
		rules = append(rules, "AS306")
	}
	for _, rule := range rules {
		if p.keeps(rule, b.object.Ref) {
			p.keep(b)
			return
		}
	}
	var closes []Closed
	for _, rule := range rules {
		for _, at := range []snapshot.Ref{b.role, b.object.Ref} {
			if p.found(rule, at) && (p.options.Found != nil || at == p.foundAt(rule, b)) {
				closes = append(closes, Closed{rule, at})
			}
		}
	}
	closes = p.propose(change.Change{Target: b.object.Ref, Op: change.Set, Path: "/subjects", Value: anyOrEmpty(left)}, closes)
	p.ties = append(p.ties, tied{b, closes})
}

// propose makes one change for all findings that it helps to close; rights that no finding names are too much all the same.
func (p *rbacPlanner) propose(c change.Change, closes []Closed) []Closed {
	if len(closes) == 0 {
		closes = []Closed{{"AS302", c.Target}}
	}
	for _, closed := range closes {
		p.plan.Changes = append(p.plan.Changes, Proposed{Change: c, Rule: closed.Rule, Finding: closed.Target})
	}
	return closes
}

func anyOrEmpty(list []any) []any {
	if list == nil {
		return []any{}
	}
	return list
}

// foundAt is the object that a rule's finding about a binding names: the role
// where it is the release's own or of the namespace, else the binding.
func (p *rbacPlanner) foundAt(rule string, b *bound) snapshot.Ref {
	if !slices.Contains(rightsRules, rule) {
		return b.object.Ref
	}
	role := p.model.Snapshot.Find(snapshot.Kind(b.role.Kind), b.role.Namespace, b.role.Name)
	if b.role.Kind == string(snapshot.Role) || role != nil && p.owned(role) {
		return b.role
	}
	return b.object.Ref
}

// leaveRights notes that what a binding gives too much stays.
func (p *rbacPlanner) leaveRights(b *bound, why string) {
	for _, rule := range rightsRules {
		p.leave(rule, p.foundAt(rule, b), nil, why)
		p.leave(rule, b.object.Ref, nil, why)
	}
	p.leave("AS308", b.object.Ref, nil, why)
	if b.wide() {
		p.leave("AS306", b.object.Ref, nil, why)
	}
}
