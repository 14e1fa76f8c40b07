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
func workloads(s *snapshot.Snapshot, index *objectIndex) (all []*Workload, malformed []*snapshot.Object) {
	add := func(o *snapshot.Object) {
		switch w, fits := newWorkload(o); {
		case !fits:
			malformed = append(malformed, o)
		case w != nil:
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
	return all, malformed
}

// newWorkload is the pods of one object, or nil where it has none. It does not
// fit where the object should have pods and they are no Kubernetes pods.
func newWorkload(o *snapshot.Object) (w *Workload, fits bool) {
	keys, known := podPaths[snapshot.Kind(o.Kind)]
	if !known || o.Kind == "ReplicaSet" && isZero(o.At("spec", "replicas")) {
		return nil, true
	}
	w = &Workload{Ref: o.Ref, Object: o, Origin: o.Origin}
	if len(keys) > 0 {
		w.PodPath = "/" + strings.Join(keys, "/")
	}
	pod, _ := o.At(keys...).(map[string]any)
	if !w.decode(pod) {
		return nil, false
	}
	w.Component, w.Set = componentOf(w), w.Meta.Labels["worker-set"]
	return w, true
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

// Prepare decodes a pod nobody asked for. The first pod costs as much as
// hundreds of later ones, because the API's types are looked up by reflection;
// a caller who waits for files or a cluster can have it done meanwhile.
func Prepare() {
	var spec corev1.PodSpec
	_ = runtime.DefaultUnstructuredConverter.FromUnstructured(anyPod, &spec) // the pod is a constant
}

// anyPod has the fields that Airflow's pods have.
var anyPod = map[string]any{
	"securityContext":           map[string]any{"runAsUser": int64(1), "fsGroup": int64(1), "seccompProfile": map[string]any{"type": "RuntimeDefault"}},
	"affinity":                  map[string]any{"podAntiAffinity": map[string]any{}},
	"tolerations":               []any{},
	"topologySpreadConstraints": []any{},
	"imagePullSecrets":          []any{map[string]any{"name": "x"}},
	"volumes": []any{map[string]any{
		"name": "x", "emptyDir": map[string]any{}, "configMap": map[string]any{"name": "x", "items": []any{map[string]any{"key": "x", "path": "x"}}},
		"secret": map[string]any{"secretName": "x"},
	}},
	"containers": []any{map[string]any{
		"name": "x", "command": []any{"x"}, "ports": []any{map[string]any{"containerPort": int64(1)}},
		"securityContext": map[string]any{"capabilities": map[string]any{"drop": []any{"ALL"}}},
		"resources":       map[string]any{"limits": map[string]any{"cpu": "1"}},
		"envFrom":         []any{map[string]any{"secretRef": map[string]any{"name": "x"}}},
		"env":             []any{map[string]any{"name": "x", "valueFrom": map[string]any{"secretKeyRef": map[string]any{"name": "x", "key": "x"}}}},
		"volumeMounts":    []any{map[string]any{"name": "x", "mountPath": "x"}},
		"livenessProbe":   map[string]any{"exec": map[string]any{"command": []any{"x"}}, "httpGet": map[string]any{"port": int64(1)}},
	}},
}

func sortWorkloads(list []*Workload) {
	slices.SortStableFunc(list, func(a, b *Workload) int {
		return cmp.Or(cmp.Compare(a.Component, b.Component), a.Ref.Compare(b.Ref), cmp.Compare(a.PodPath, b.PodPath))
	})
}
