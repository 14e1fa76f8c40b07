package rules

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// NamespaceLevel is what the labels of one namespace should say, given the pods that Airflow runs in it.
type NamespaceLevel struct {
	Target snapshot.Ref
	// Enforce is the level that the namespace enforces after Changes.
	Enforce api.Level
	// Changes raise labels and never lower one; empty where all is said already.
	Changes []change.Change
	// Below says what keeps Enforce under the target, one clause for each
	// workload; empty where nothing does.
	Below []string
}

// NamespaceLabels are the Pod Security labels for each known namespace in which
// Airflow runs pods, sorted by name: enforce at the strictest level, up to the
// target's, that every pod passes as the model shows it; warn and audit at the
// target. The namespaces named are those that the profile adds.
func NamespaceLabels(m *airflow.Model, target rule.Level, namespaces ...string) ([]NamespaceLevel, error) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return nil, err
	}
	objects := m.Snapshot.OfKind(snapshot.Namespace)
	var out []NamespaceLevel
	for _, name := range airflowNamespaces(m.Namespace, namespaces, m.Workloads) {
		if i := slices.IndexFunc(objects, func(o *snapshot.Object) bool { return o.Name == name }); i >= 0 {
			q := labelling{objects[i], podSecurityOf(target), evaluator, podsIn(name, m.Workloads), m.TaskPods}
			out = append(out, q.decide())
		}
	}
	return out, nil
}

// airflowNamespaces are the namespaces in which Airflow runs pods, sorted, each
// once: task pods may have one of their own.
func airflowNamespaces(own string, more []string, workloads []*airflow.Workload) []string {
	names := append([]string{own}, more...)
	for _, w := range workloads {
		names = append(names, w.Namespace())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func podsIn(namespace string, workloads []*airflow.Workload) []*airflow.Workload {
	return slices.DeleteFunc(slices.Clone(workloads), func(w *airflow.Workload) bool { return w.Namespace() != namespace })
}

// labelling is the choice of one namespace's labels.
type labelling struct {
	namespace *snapshot.Object
	target    api.Level
	evaluator policy.Evaluator
	pods      []*airflow.Workload
	taskPods  airflow.TaskPodState
}

func (q labelling) decide() NamespaceLevel {
	out := NamespaceLevel{Target: q.namespace.Ref}
	current := max(rankOf(api.Level(q.label(api.EnforceLevelLabel))), 0)
	pinned := q.pinned(api.EnforceVersionLabel)
	passing, below := q.passing(pinned)
	out.Enforce, out.Below = levels[max(current, passing)], below
	if pinned != api.LatestVersion() {
		latest, belowLatest := q.passing(api.LatestVersion())
		if latest >= max(current, passing) && len(checksAfter(pinned, levels[max(current, latest)])) > 0 {
			out.Enforce, out.Below = levels[max(current, latest)], belowLatest
			out.Changes = append(out.Changes, q.set(api.EnforceVersionLabel, "latest"))
		}
	}
	for label, level := range map[string]api.Level{
		api.EnforceLevelLabel: out.Enforce, api.WarnLevelLabel: q.target, api.AuditLevelLabel: q.target,
	} {
		if rankOf(level) > max(rankOf(api.Level(q.label(label))), 0) {
			out.Changes = append(out.Changes, q.set(label, string(level)))
		}
	}
	slices.SortFunc(out.Changes, func(a, b change.Change) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// passing is the rank of the strictest level, up to the target's, that all pods
// pass in one version, and what keeps it under the target.
func (q labelling) passing(version api.Version) (rank int, below []string) {
	rank = rankOf(q.target)
	for _, w := range q.pods {
		level, refused := passes(q.evaluator, w, version)
		if rankOf(level) < rankOf(q.target) {
			below = append(below, fmt.Sprintf("%s passes only %s: %s", w.Ref, level, refused))
		}
		rank = min(rank, rankOf(level))
	}
	switch {
	case q.taskPods.Needed && !q.taskPods.Found:
		return 0, append(below, "the pods that run tasks are not known: "+q.taskPods.Reason)
	case len(q.pods) == 0:
		return 0, append(below, "no pod that Airflow runs in it is known")
	}
	return rank, below
}

func (q labelling) label(name string) string { return q.namespace.Labels()[name] }

// pinned is the version of the standards that a label names; one that cannot be read is ignored, as the API server does.
func (q labelling) pinned(label string) api.Version {
	version, err := api.ParseVersion(q.label(label))
	if q.label(label) == "" || err != nil {
		return api.LatestVersion()
	}
	return version
}

func (q labelling) set(label, value string) change.Change {
	return change.Change{Target: q.namespace.Ref, Op: change.Set, Path: "/metadata/labels/" + change.Escape(label), Value: value}
}
