package harden

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// place is an account and a namespace where it has rights.
type place struct {
	account   accountKey
	namespace string
}

// required is what the seats of each account need, and where.
func (p *rbacPlanner) required() (order []place, rules map[place][]rbacv1.PolicyRule) {
	rules = map[place][]rbacv1.PolicyRule{}
	for _, s := range p.seats {
		for _, need := range s.needs {
			for _, namespace := range p.namespacesOf(need, s.w) {
				at := place{s.account, namespace}
				if rules[at] == nil {
					order = append(order, at)
				}
				rules[at] = append(rules[at], need.Rules...)
			}
		}
	}
	for at, list := range rules {
		rules[at] = airflow.MergeRules(list)
	}
	return order, rules
}

// namespacesOf are where a need of some pods holds.
func (p *rbacPlanner) namespacesOf(need airflow.Need, w *airflow.Workload) []string {
	own := []string{w.Namespace()}
	switch {
	case len(need.Namespaces) > 0:
		return need.Namespaces
	case need.Function == airflow.CleanupPods: // the chart's job names its own namespace
		return own
	case len(p.options.Namespaces) > 0:
		return p.options.Namespaces
	}
	switch need.Function {
	case airflow.ExecutorPods, airflow.TaskLogs:
		return p.taskNamespaces
	case airflow.PodOperatorDeferrable, airflow.JobOperatorDeferrable:
		all := slices.Concat(own, p.taskNamespaces)
		slices.Sort(all)
		return slices.Compact(all)
	}
	return own
}

// write makes a Role and a RoleBinding for each account that lacks something.
func (p *rbacPlanner) write() {
	order, rules := p.required()
	for _, at := range order {
		if len(airflow.RightsMissing(p.held[at], rules[at])) == 0 {
			continue
		}
		p.writeRole(at, rules[at])
	}
}

func (p *rbacPlanner) writeRole(at place, rules []rbacv1.PolicyRule) {
	var components []string
	var why []string
	var component airflow.Component
	for _, s := range p.seats {
		if s.account != at.account || len(s.needs) == 0 {
			continue
		}
		component = s.w.Component
		components = append(components, string(s.w.Component))
		for _, need := range s.needs {
			if slices.Contains(p.namespacesOf(need, s.w), at.namespace) {
				why = append(why, string(s.w.Component)+": "+cmp.Or(need.Why, "declared"))
			}
		}
	}
	slices.Sort(components)
	name := "airflowsec-" + at.account.name
	if at.namespace != at.account.namespace {
		name = "airflowsec-" + at.account.namespace + "-" + at.account.name
	}
	meta := func() map[string]any { return p.metadata(at.namespace, shortened(name)) }
	group := rbacv1.GroupName
	api := rbacv1.SchemeGroupVersion.String()
	rolePut := map[string]any{"apiVersion": api, "kind": "Role", "metadata": meta(), "rules": asContent(rules)}
	bindingPut := map[string]any{
		"apiVersion": api, "kind": "RoleBinding", "metadata": meta(),
		"roleRef":  map[string]any{"apiGroup": group, "kind": "Role", "name": shortened(name)},
		"subjects": []any{map[string]any{"kind": rbacv1.ServiceAccountKind, "name": at.account.name, "namespace": at.account.namespace}},
	}
	p.put(PlannedObject{Component: component, Content: rolePut, Why: append([]string{"What " + strings.Join(slices.Compact(components), ", ") + " needs of the Kubernetes API, and no more:"}, distinct(why)...)}, at.account)
	p.put(PlannedObject{Component: component, Content: bindingPut, Why: []string{"For service account " + at.account.name + "."}}, at.account)
}

// account makes the account that a seat moves to.
func (p *rbacPlanner) account(s *seat, rule string, finding snapshot.Ref) {
	content := map[string]any{
		"apiVersion": "v1", "kind": string(snapshot.ServiceAccount),
		"metadata": p.metadata(s.account.namespace, s.account.name), "automountServiceAccountToken": false,
	}
	if s.old.Object != nil {
		if secrets, _ := s.old.Object.At("imagePullSecrets").([]any); len(secrets) > 0 {
			content["imagePullSecrets"] = secrets
		}
	}
	why := "For the pods of " + string(s.w.Component) + " alone; none gets a token by itself."
	p.put(PlannedObject{Component: s.w.Component, Content: content, Why: []string{why}}, s.account)
	p.serve(s.account, rule, finding)
}

func (p *rbacPlanner) metadata(namespace, name string) map[string]any {
	meta := map[string]any{"name": name, "labels": map[string]any{p.options.Label.Key: p.options.Label.Value}}
	if namespace != "" {
		meta["namespace"] = namespace
	}
	return meta
}

// put notes an object that the plan wants, and plans it where it is not there as wanted.
func (p *rbacPlanner) put(o PlannedObject, account accountKey) {
	ref := o.Ref()
	if slices.Contains(p.plan.wanted, ref) {
		return
	}
	p.plan.wanted = append(p.plan.wanted, ref)
	if there := p.model.Snapshot.Find(snapshot.Kind(ref.Kind), ref.Namespace, ref.Name); there != nil && p.isOwn(there) && sameRights(there.Content, o.Content) {
		return
	}
	o.account = account
	p.plan.Objects = append(p.plan.Objects, o)
}

// sameRights compares what decides, whatever the server added.
func sameRights(a, b map[string]any) bool {
	return !slices.ContainsFunc([]string{"rules", "roleRef", "subjects"}, func(field string) bool { return !reflect.DeepEqual(a[field], b[field]) })
}

// asContent is rules as they stand in a Role.
func asContent(list []rbacv1.PolicyRule) []any {
	out := []any{}
	for _, r := range list {
		content := map[string]any{"apiGroups": asAny(r.APIGroups), "resources": asAny(r.Resources), "verbs": asAny(r.Verbs)}
		if len(r.ResourceNames) > 0 {
			content["resourceNames"] = asAny(r.ResourceNames)
		}
		out = append(out, content)
	}
	return out
}

func asAny(list []string) []any {
	out := make([]any, len(list))
	for i, text := range list {
		out[i] = text
	}
	return out
}

// providerNote says that the triggerer's rights are wider than they may have to be.
func (p *rbacPlanner) providerNote() {
	if p.model.KubernetesProvider().Known() || !slices.ContainsFunc(p.seats, func(s *seat) bool {
		return slices.ContainsFunc(s.needs, func(n airflow.Need) bool { return n.Function == airflow.PodOperatorDeferrable })
	}) {
		return
	}
	p.note(fmt.Sprintf("which version of the cncf.kubernetes provider Airflow %s runs is not known, so the triggerer gets what any version needs", p.model.Version))
}
