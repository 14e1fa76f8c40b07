package airflow

import (
	"cmp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// podPaths are where each kind keeps its pod.
var podPaths = map[snapshot.Kind][]string{
	snapshot.Deployment:  {"spec", "template"},
	snapshot.StatefulSet: {"spec", "template"},
	snapshot.DaemonSet:   {"spec", "template"},
	snapshot.ReplicaSet:  {"spec", "template"},
	snapshot.Job:         {"spec", "template"},
	snapshot.CronJob:     {"spec", "jobTemplate", "spec", "template"},
	snapshot.Pod:         {},
}

// workloads finds everything that has or makes pods, but for the task pod
// template. Hooks of a stored release count: most are gone from the cluster
// when nobody upgrades. DaemonSets of other namespaces are the cluster's own
// agents, read to tell its network plugin.
func workloads(s *snapshot.Snapshot, index *objectIndex) []*Workload {
	var all []*Workload
	add := func(o *snapshot.Object) {
		if w := newWorkload(o); w != nil {
			all = append(all, w)
		}
	}
	for i := range s.Objects {
		o := &s.Objects[i]
		if o.Kind == "DaemonSet" && o.Namespace != s.Release.Namespace {
			continue
		}
		if !index.ownerSeen(o) || o.Kind == "Pod" {
			add(o)
		}
	}
	for i := range s.Release.Hooks {
		hook := &s.Release.Hooks[i]
		if !s.Offline() && index.find(snapshot.Kind(hook.Kind), hook.Namespace, hook.Name) == nil {
			add(hook)
		}
	}
	all = withoutCovered(all, index)
	sortWorkloads(all)
	return all
}

// newWorkload is the pods of one object, or nil where it has none.
func newWorkload(o *snapshot.Object) *Workload {
	keys, known := podPaths[snapshot.Kind(o.Kind)]
	if !known || o.Kind == "ReplicaSet" && isZero(o.At("spec", "replicas")) {
		return nil
	}
	w := &Workload{Ref: o.Ref, Object: o, Origin: o.Origin}
	if len(keys) > 0 {
		w.PodPath = "/" + strings.Join(keys, "/")
	}
	pod, _ := o.At(keys...).(map[string]any)
	if !w.decode(pod) {
		return nil
	}
	w.Component, w.Set = componentOf(w), w.Meta.Labels["worker-set"]
	return w
}

func isZero(number any) bool { return number == int64(0) || number == float64(0) }

func (w *Workload) decode(pod map[string]any) bool {
	spec, _ := pod["spec"].(map[string]any)
	if spec == nil || runtime.DefaultUnstructuredConverter.FromUnstructured(spec, &w.Spec) != nil {
		return false
	}
	meta, _ := pod["metadata"].(map[string]any)
	var holder corev1.Pod
	if meta != nil && runtime.DefaultUnstructuredConverter.FromUnstructured(map[string]any{"metadata": meta}, &holder) == nil {
		w.Meta = holder.ObjectMeta
	}
	return true
}

func sortWorkloads(list []*Workload) {
	slices.SortStableFunc(list, func(a, b *Workload) int {
		return cmp.Or(cmp.Compare(a.Component, b.Component), a.Ref.Compare(b.Ref), cmp.Compare(a.PodPath, b.PodPath))
	})
}
