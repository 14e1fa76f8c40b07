package harden

import (
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
}

// PlannedObject is an object that a plan makes.
type PlannedObject struct {
	// Component is whose pods it is for.
	Component airflow.Component
	// Content is the whole object, as decoded JSON.
	Content map[string]any
	// Why says what it is there for, one line each; Rules are the rules whose findings it helps to close, sorted.
	Why   []string
	Rules []string
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
		for _, rule := range o.Rules {
			out = append(out, Proposed{Change: o.Put(), Rule: rule, Component: string(o.Component)})
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

// RBAC plans the rights of a release: for each component that needs the
// Kubernetes API an account, a Role with exactly its rules and a token that
// expires; no token anywhere else; and nothing more in the release's own Roles.
func RBAC(m *airflow.Model, o RBACOptions) RBACPlan {
	return RBACPlan{}
}
