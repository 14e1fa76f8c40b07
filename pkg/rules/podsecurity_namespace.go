package rules

import (
	"fmt"
	"slices"

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
	// Below says what keeps Enforce under the target, one clause for each workload that does.
	Below []string
	// Unknown says why the pods are not all known, so that nothing is enforced for their sake.
	Unknown string
}

// NamespaceLabels are the Pod Security labels for each known namespace in which
// Airflow runs pods, sorted by name: enforce at the strictest level, up to the
// target's, that every pod passes as the model shows it; warn and audit at the
// target. The namespaces named are those that the profile adds.
func NamespaceLabels(m *airflow.Model, target rule.Level, namespaces ...string) ([]NamespaceLevel, error) {
	objects := m.Snapshot.OfKind(snapshot.Namespace)
	gap := unknownPods(m.TaskPods, m.Snapshot.Offline(), func(kind snapshot.Kind) bool { return m.Snapshot.CoverageOf(kind).State == snapshot.Read })
	var out []NamespaceLevel
	for _, name := range airflowNamespaces(m.Namespace, namespaces, m.Workloads) {
		if i := slices.IndexFunc(objects, func(o *snapshot.Object) bool { return o.Name == name }); i >= 0 {
			q := labelling{objects[i], podSecurityOf(target), podsIn(name, m.Workloads), gap}
			n, err := q.decide()
			if err != nil {
				return nil, err
			}
			out = append(out, n)
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
	pods      []*airflow.Workload
	gap       string // why other pods may run in it, too
}

func (q labelling) decide() (NamespaceLevel, error) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return NamespaceLevel{}, err
	}
	out := NamespaceLevel{Target: q.namespace.Ref}
	current := max(rankOf(api.Level(q.label(api.EnforceLevelLabel))), 0)
	pinned := q.pinned(api.EnforceVersionLabel)
	if out.Unknown = q.unknown(); out.Unknown != "" {
		out.Enforce = levels[current]
		out.Changes = append(q.raise(api.AuditLevelLabel, q.target), q.raise(api.WarnLevelLabel, q.target)...)
		return out, nil
	}
	passing, below := q.passing(evaluator, pinned)
	out.Enforce, out.Below = levels[max(current, passing)], below
	if pinned != api.LatestVersion() {
		latest, belowLatest := q.passing(evaluator, api.LatestVersion())
		if latest >= max(current, passing) && len(checksAfter(pinned, levels[latest])) > 0 {
			out.Enforce, out.Below = levels[latest], belowLatest
			out.Changes = append(out.Changes, q.set(api.EnforceVersionLabel, "latest"))
		}
	}
	out.Changes = append(out.Changes, q.raise(api.AuditLevelLabel, q.target)...)
	out.Changes = append(out.Changes, q.raise(api.EnforceLevelLabel, out.Enforce)...)
	out.Changes = append(out.Changes, q.raise(api.WarnLevelLabel, q.target)...)
	return out, nil
}

// raise sets a level label that says less, or nothing.
func (q labelling) raise(label string, level api.Level) []change.Change {
	if rankOf(level) <= max(rankOf(api.Level(q.label(label))), 0) {
		return nil
	}
	return []change.Change{q.set(label, string(level))}
}

// passing is the rank of the strictest level, up to the target's, that all pods
// pass in one version, and what keeps it under the target.
func (q labelling) passing(evaluator policy.Evaluator, version api.Version) (rank int, below []string) {
	rank = rankOf(q.target)
	for _, w := range q.pods {
		level, refused := passes(evaluator, w, version)
		if rankOf(level) < rankOf(q.target) {
			below = append(below, fmt.Sprintf("%s passes only %s: %s", w.Ref, level, refused))
		}
		rank = min(rank, rankOf(level))
	}
	return rank, below
}

// unknown says why nothing can be said of all pods in the namespace.
func (q labelling) unknown() string {
	if q.gap == "" && len(q.pods) == 0 {
		return "no pod that Airflow runs in it is known"
	}
	return q.gap
}

// unknownPods says why a release may have more pods than are known.
func unknownPods(taskPods airflow.TaskPodState, offline bool, read func(snapshot.Kind) bool) string {
	for _, kind := range snapshot.Workloads {
		if !read(kind) && !(offline && kind == snapshot.Pod) {
			return string(kind) + " objects were not read"
		}
	}
	if taskPods.Needed && !taskPods.Found {
		return "the pods that run tasks are not known: " + taskPods.Reason
	}
	return ""
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
