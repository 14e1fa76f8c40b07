package harden

import (
	"cmp"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// RBACOptions are what no manifest tells of the rights that a release needs.
type RBACOptions struct {
	// Functions are what DAGs do through the Kubernetes API, as the profile declares.
	Functions []airflow.Function
	// Namespaces, where there is any, are those Airflow launches pods in; else its own and that of its task pods.
	Namespaces []string
	// Label is on every object that the plan makes.
	Label Label
	// Keep says that a finding is excepted: what closes it is not planned. Nil excepts nothing.
	Keep func(rule string, target snapshot.Ref) bool
	// Found says that a check has a finding there, so that a change names the rules that ask
	// for it. Nil is for when nothing was checked: every rule that might ask is named.
	Found func(rule string, target snapshot.Ref) bool
}

// RBACPlan gives each component exactly the rights it needs, and a token only where it needs one.
type RBACPlan struct {
	// Objects are new or must be replaced: ServiceAccounts, Roles, RoleBindings, in this order, by namespace and name.
	Objects []PlannedObject
	// Changes are to objects of the release, sorted by object and path.
	Changes []Proposed
	// Left are the findings that the plan does not close. All others of AS301 to AS309 it claims to close.
	Left []LeftRight
	// Notes say what is wider than it may have to be, and why; one sentence each.
	Notes []string

	wanted []snapshot.Ref // all objects that the plan makes or finds made
}

// PlannedObject is an object that a plan makes.
type PlannedObject struct {
	// Component is whose pods it is for.
	Component airflow.Component
	// Content is the whole object, as decoded JSON.
	Content map[string]any
	// Why says what it is there for, one line each; Closes are the findings it helps to close, sorted.
	Why    []string
	Closes []Closed

	account accountKey // whose rights it decides on
}

// Closed is a finding that a change helps to close.
type Closed struct {
	Rule   string
	Target snapshot.Ref
}

// LeftRight is a finding about rights or tokens that no change of the plan closes.
type LeftRight struct {
	Rule   string
	Target snapshot.Ref
	// Component is empty where none fits.
	Component string
	// Reason says why, and what to do instead.
	Reason string
}

// Ref names the object as the snapshot would.
func (p PlannedObject) Ref() snapshot.Ref {
	meta, _ := p.Content["metadata"].(map[string]any)
	text := func(from map[string]any, key string) string { s, _ := from[key].(string); return s }
	return snapshot.Ref{
		APIVersion: text(p.Content, "apiVersion"), Kind: text(p.Content, "kind"),
		Namespace: text(meta, "namespace"), Name: text(meta, "name"),
	}
}

// Put makes the object.
func (p PlannedObject) Put() change.Change {
	return change.Change{Target: p.Ref(), Op: change.Put, Value: p.Content}
}

// Proposed are all changes of the plan, those that make objects first.
func (p RBACPlan) Proposed() []Proposed {
	var out []Proposed
	for _, o := range p.Objects {
		for _, c := range o.Closes {
			out = append(out, Proposed{Change: o.Put(), Rule: c.Rule, Component: string(o.Component), Finding: c.Target})
		}
	}
	return append(out, p.Changes...)
}

// Leaves says why the plan does not close a finding; left is false where it claims to.
func (p RBACPlan) Leaves(rule string, target snapshot.Ref) (reason string, left bool) {
	for _, l := range p.Left {
		if l.Rule == rule && l.Target.Same(target) {
			return l.Reason, true
		}
	}
	return "", false
}

// Stale are the objects of an older plan with the same label that this one does not hold.
func (p RBACPlan) Stale(m *airflow.Model, label Label) []snapshot.Ref {
	var out []snapshot.Ref
	for _, kind := range []snapshot.Kind{snapshot.ServiceAccount, snapshot.Role, snapshot.RoleBinding} {
		for _, o := range m.Snapshot.OfKind(kind) {
			if o.Labels()[label.Key] == label.Value && !slices.Contains(p.wanted, o.Ref) {
				out = append(out, o.Ref)
			}
		}
	}
	return out
}

// RBAC plans the rights of a release: for each component that needs the
// Kubernetes API an account, a Role with exactly its rules and a token that
// expires; no token anywhere else; and nothing more in the release's own Roles.
func RBAC(m *airflow.Model, o RBACOptions) RBACPlan {
	p := newRBACPlanner(m, o)
	p.sitDown()
	p.partAll()
	p.tokens()
	p.allow()
	p.trim()
	p.write()
	p.finish()
	return p.plan
}

func newRBACPlanner(m *airflow.Model, o RBACOptions) *rbacPlanner {
	p := &rbacPlanner{
		model: m, options: o, accounts: m.Accounts(),
		allowed: map[accountKey][]rbacv1.PolicyRule{}, held: map[place][]rbacv1.PolicyRule{}, serves: map[accountKey][]Closed{},
	}
	p.taskNamespaces, p.everywhere = m.TaskNamespaces()
	p.everywhere = p.everywhere && len(o.Namespaces) < 2
	return p
}

type rbacPlanner struct {
	model    *airflow.Model
	options  RBACOptions
	accounts []*airflow.Account
	seats    []*seat
	// keys are the accounts of today and of the plan; allowed is what each may
	// hold wherever it is, held what bindings that stay give it.
	keys     []accountKey
	allowed  map[accountKey][]rbacv1.PolicyRule
	held     map[place][]rbacv1.PolicyRule
	bindings []*bound
	ties     []tied
	// serves are the findings that the objects of an account help to close.
	serves         map[accountKey][]Closed
	taskNamespaces []string
	everywhere     bool
	plan           RBACPlan
}

// allow notes what each account may hold: what AS302 takes for needed.
func (p *rbacPlanner) allow() {
	add := func(key accountKey) {
		if !slices.Contains(p.keys, key) {
			p.keys = append(p.keys, key)
		}
	}
	for _, a := range p.accounts {
		add(accountKey{a.Namespace, a.Name})
	}
	for _, s := range p.seats {
		add(s.account)
		p.allowed[s.account] = append(p.allowed[s.account], p.model.NeededRules(s.w.Component, p.options.Functions...)...)
		if ref := (snapshot.Ref{APIVersion: "v1", Kind: string(snapshot.ServiceAccount), Namespace: s.account.namespace, Name: s.account.name}); !slices.Contains(p.plan.wanted, ref) {
			p.plan.wanted = append(p.plan.wanted, ref)
		}
	}
}

// finish sorts the plan, ties what belongs together, and says what stays.
func (p *rbacPlanner) finish() {
	p.providerNote()
	p.stillShared()
	for _, t := range p.ties {
		p.tie(t)
	}
	p.tieTokens()
	for i := range p.plan.Objects {
		o := &p.plan.Objects[i]
		o.Closes = p.serves[o.account]
		if len(o.Closes) == 0 {
			o.Closes = []Closed{{"AS302", o.Ref()}}
		}
	}
	kinds := []string{string(snapshot.ServiceAccount), string(snapshot.Role), string(snapshot.RoleBinding)}
	slices.SortStableFunc(p.plan.Objects, func(a, b PlannedObject) int {
		x, y := a.Ref(), b.Ref()
		return cmp.Or(cmp.Compare(slices.Index(kinds, x.Kind), slices.Index(kinds, y.Kind)), x.Compare(y))
	})
	slices.SortStableFunc(p.plan.Changes, func(a, b Proposed) int {
		return cmp.Or(a.Target.Compare(b.Target), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Rule, b.Rule), a.Closes().Compare(b.Closes()))
	})
	slices.SortStableFunc(p.plan.Left, func(a, b LeftRight) int { return cmp.Or(cmp.Compare(a.Rule, b.Rule), a.Target.Compare(b.Target)) })
	slices.Sort(p.plan.Notes)
	p.plan.Notes = slices.Compact(p.plan.Notes)
}

// change proposes a change to a workload's object.
func (p *rbacPlanner) change(w *airflow.Workload, rule string, finding snapshot.Ref, container string, c change.Change) {
	c.Target = w.Ref
	p.plan.Changes = append(p.plan.Changes, Proposed{
		Change: c, Rule: rule, Component: string(w.Component), Container: container, Unpatchable: w.Unpatchable(), Finding: finding,
	})
}

func (p *rbacPlanner) serve(account accountKey, rule string, finding snapshot.Ref) {
	if c := (Closed{rule, finding}); !slices.Contains(p.serves[account], c) {
		p.serves[account] = append(p.serves[account], c)
	}
}

func (p *rbacPlanner) leave(rule string, target snapshot.Ref, w *airflow.Workload, why string) {
	if !p.found(rule, target) {
		return
	}
	l := LeftRight{Rule: rule, Target: target, Reason: why}
	if w != nil {
		l.Component = string(w.Component)
	}
	if _, known := p.plan.Leaves(rule, target); !known {
		p.plan.Left = append(p.plan.Left, l)
	}
}

func (p *rbacPlanner) note(text string) { p.plan.Notes = append(p.plan.Notes, text) }

func (p *rbacPlanner) keeps(rule string, target snapshot.Ref) bool {
	return p.options.Keep != nil && p.options.Keep(rule, target)
}

func (p *rbacPlanner) found(rule string, target snapshot.Ref) bool {
	return p.options.Found == nil || p.options.Found(rule, target)
}

// isOwn says that an earlier plan made an object.
func (p *rbacPlanner) isOwn(o *snapshot.Object) bool {
	return o.Labels()[p.options.Label.Key] == p.options.Label.Value && p.options.Label.Key != ""
}

// owned says whether an object is the release's own, so that nobody else should depend on it.
func (p *rbacPlanner) owned(o *snapshot.Object) bool {
	release := p.model.Release
	return p.model.Snapshot.Offline() || o.Labels()["release"] == release || o.Labels()["app.kubernetes.io/instance"] == release ||
		o.Annotations()["meta.helm.sh/release-name"] == release || p.isOwn(o)
}
