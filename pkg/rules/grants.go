package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// heldGrants are the grants of all accounts, and notes why they may be incomplete.
func heldGrants(p *rule.Pass) []heldGrant {
	var out []heldGrant
	allRead := !slices.ContainsFunc(rbacKinds, func(kind snapshot.Kind) bool { return !p.Read(kind) })
	for _, a := range p.Accounts() {
		p.Subjects++
		for _, gap := range a.Gaps {
			if allRead { // else the rule's needs say what was not read
				p.Unknown(gap)
			}
		}
		for _, g := range a.Grants {
			out = append(out, heldGrant{Grant: g, Account: a})
		}
	}
	return out
}

// heldGrant is one rule that one account holds.
type heldGrant struct {
	airflow.Grant
	Account *airflow.Account
}

// excess is one place that gives accounts of the release what they should not hold.
type excess struct {
	target   snapshot.Ref
	path     string
	role     snapshot.Ref
	group    string // the binding names this group instead of the accounts
	builtin  bool   // the cluster brings the role along
	accounts []*airflow.Account
	rights   map[*airflow.Account][]rbacv1.PolicyRule
}

// excesses collects, place by place, what a rule objects to.
type excesses struct {
	pass *rule.Pass
	list []*excess
}

// add notes rights that a grant gives too much; field is the place below the grant's rule, or "/rules" for the whole role.
func (e *excesses) add(g heldGrant, field string, rights ...rbacv1.PolicyRule) {
	target, path := g.Role, g.Path+field
	if field == wholeRole {
		path = wholeRole
	}
	if !atRole(e.pass, g.Grant) {
		target, path = g.Binding, "/roleRef"
	}
	i := slices.IndexFunc(e.list, func(x *excess) bool { return x.target == target && x.path == path })
	if i < 0 {
		i = len(e.list)
		e.list = append(e.list, &excess{target: target, path: path, role: g.Role, group: g.Group, builtin: g.Builtin, rights: map[*airflow.Account][]rbacv1.PolicyRule{}})
	}
	x := e.list[i]
	if !slices.Contains(x.accounts, g.Account) {
		x.accounts = append(x.accounts, g.Account)
	}
	x.rights[g.Account] = append(x.rights[g.Account], rights...)
}

const wholeRole = "/rules"

// atRole says whether a finding belongs at the role that grants, rather than
// at the binding: not where the cluster or a group brings the role along.
func atRole(p *rule.Pass, g airflow.Grant) bool {
	if g.Builtin || g.Group != "" {
		return false
	}
	return g.Role.Kind == string(snapshot.Role) || owned(p, findRole(p, g.Role))
}

// owned says whether a role is the release's own, so that nobody else should depend on it.
func owned(p *rule.Pass, role *snapshot.Object) bool {
	if role == nil {
		return false
	}
	release := p.Airflow().Release
	return p.Offline() || role.Labels()["release"] == release || role.Labels()["app.kubernetes.io/instance"] == release ||
		role.Annotations()["meta.helm.sh/release-name"] == release
}

// names are the accounts in words.
func (x *excess) names() string {
	var out []string
	for _, a := range x.accounts {
		out = append(out, a.Name)
	}
	if len(out) == 1 {
		return "service account " + out[0]
	}
	return "service accounts " + andList(out)
}

// component is the one whose pods hold the rights; empty where there are several.
func (x *excess) component() string {
	var out []airflow.Component
	for _, a := range x.accounts {
		out = append(out, a.Components()...)
	}
	if len(out) == 0 || slices.ContainsFunc(out, func(c airflow.Component) bool { return c != out[0] }) {
		return ""
	}
	return string(out[0])
}

// all are the rights of every account together.
func (x *excess) all() []rbacv1.PolicyRule {
	var out []rbacv1.PolicyRule
	for _, a := range x.accounts {
		out = append(out, x.rights[a]...)
	}
	return merged(out)
}

// report turns the places into findings.
func (e *excesses) report(message func(*excess) string) {
	slices.SortFunc(e.list, func(a, b *excess) int { return cmp.Or(a.target.Compare(b.target), cmp.Compare(a.path, b.path)) })
	for _, x := range e.list {
		text := message(x)
		if x.group != "" {
			text = fmt.Sprintf("through group %s: %s", x.group, text)
		}
		e.pass.Report(rule.Finding{
			Target: x.target, Component: x.component(), Path: x.path, Message: text,
			Fixes: e.fixes(x),
		})
	}
}

// fixes take the rights away: by the chart's switch, by a patch of the role, or in words.
func (e *excesses) fixes(x *excess) []rule.Fix {
	if x.target.Kind != x.role.Kind {
		if v := rbacValue(e.pass, x, nil, x.group == "" && x.builtin); v != nil && v.role != "" {
			return []rule.Fix{{Kind: rule.Values, Summary: v.order, ValuesKey: e.pass.Reachable(v.key), Value: false}}
		}
		return []rule.Fix{{Kind: rule.Manual, Summary: bindingAdvice(x)}}
	}
	least, fits := e.least(x)
	var out []rule.Fix
	if v := rbacValue(e.pass, x, least, fits); v != nil {
		out = append(out, rule.Fix{Kind: rule.Values, Summary: v.order, ValuesKey: e.pass.Reachable(v.key), Value: false})
	}
	if fits {
		summary := "leave only: " + rightsInWords(least)
		if len(least) == 0 {
			summary = "leave no rule: nothing that runs as these accounts needs the Kubernetes API"
		}
		return append(out, rule.Fix{Kind: rule.Patch, Summary: summary, Changes: []change.Change{
			{Target: x.target, Op: change.Set, Path: wholeRole, Value: asContent(least)},
		}})
	}
	if len(out) == 0 {
		out = append(out, rule.Fix{Kind: rule.Manual, Summary: ownRoles(e.pass, x.accounts)})
	}
	return out
}

func bindingAdvice(x *excess) string {
	if x.group != "" {
		return fmt.Sprintf("bind %s to the accounts that need it instead of the group", x.role)
	}
	return fmt.Sprintf("replace %s by a Role that holds only what the accounts' pods need", x.role)
}

// ownRoles says which Role each account should get.
func ownRoles(p *rule.Pass, accounts []*airflow.Account) string {
	var out []string
	for _, a := range accounts {
		words := "needs none"
		if rights := neededBy(p, a); len(rights) > 0 {
			words = "needs one with only: " + rightsInWords(rights)
		}
		out = append(out, a.Name+" "+words)
	}
	return "bind a Role of its own to each account: " + strings.Join(out, ". ")
}

// least are the rights of a role that its accounts need. fits is false where
// others are bound to the role too, or where one of its accounts would still
// hold what only another needs.
func (e *excesses) least(x *excess) (rights []rbacv1.PolicyRule, fits bool) {
	role := findRole(e.pass, x.role)
	if !owned(e.pass, role) || role.At("aggregationRule") != nil {
		return nil, false
	}
	accounts := e.pass.Accounts()
	var bound []*airflow.Account
	for _, binding := range bindings(e.pass) {
		if !roleOf(binding).Same(x.role) {
			continue
		}
		for _, s := range subjects(binding) {
			i := slices.IndexFunc(accounts, func(a *airflow.Account) bool { return isAccount(s, a.Namespace, a.Name) })
			if i < 0 {
				return nil, false
			}
			bound = append(bound, accounts[i])
		}
	}
	var needed []rbacv1.PolicyRule
	for _, a := range bound {
		needed = append(needed, neededBy(e.pass, a)...)
	}
	rights = overlap(needed, airflow.PolicyRules(role))
	return rights, !slices.ContainsFunc(bound, func(a *airflow.Account) bool { return len(beyond(rights, neededBy(e.pass, a))) > 0 })
}

// neededBy are the rights that the pods of an account need, all together.
func neededBy(p *rule.Pass, a *airflow.Account) []rbacv1.PolicyRule {
	var out []rbacv1.PolicyRule
	for _, component := range a.Components() {
		out = append(out, p.NeededRules(component)...)
	}
	return out
}
