package airflow

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"sigs.k8s.io/yaml"
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

func workloads(s *snapshot.Snapshot, id Identity) []*Workload {
	var out []*Workload
	add := func(o *snapshot.Object) {
		if w := workload(o, id); w != nil {
			out = append(out, w)
		}
	}
	for i := range s.Objects {
		add(&s.Objects[i])
	}
	for i := range s.Release.Hooks {
		hook := &s.Release.Hooks[i]
		if !s.Offline() && s.Find(snapshot.Kind(hook.Kind), hook.Namespace, hook.Name) == nil {
			add(hook)
		}
	}
	out = withoutCovered(out)
	sortWorkloads(out)
	return out
}

// workload is the pods of one object, or nil where it has none.
func workload(o *snapshot.Object, id Identity) *Workload {
	if o.Kind == "ConfigMap" {
		return taskPod(o, id)
	}
	keys, known := podPaths[snapshot.Kind(o.Kind)]
	if !known || o.Kind == "ReplicaSet" || ownedByController(o) && o.Kind != "Pod" {
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
	w.Component, w.Set = componentOf(o, w, id)
	return w
}

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

// taskPodKeys are the ConfigMap keys under which both charts keep the KubernetesExecutor's pod template.
var taskPodKeys = []string{"pod_template_file.yaml", "pod_template.yaml"}

func taskPod(o *snapshot.Object, id Identity) *Workload {
	data, _ := o.At("data").(map[string]any)
	for _, key := range taskPodKeys {
		text, _ := data[key].(string)
		if strings.TrimSpace(text) == "" {
			continue
		}
		pod := map[string]any{}
		if yaml.Unmarshal([]byte(text), &pod) != nil {
			continue
		}
		w := &Workload{Component: TaskPod, Ref: o.Ref, Object: o, Origin: o.Origin, Future: true, PodPath: "/data/" + key + "#"}
		if w.decode(pod) && len(w.Spec.Containers) > 0 {
			return w
		}
	}
	return nil
}

func ownedByController(o *snapshot.Object) bool { return owner(o) != "" }

// owner is "Kind/name" of the object's controller, or empty.
func owner(o *snapshot.Object) string {
	refs, _ := o.At("metadata", "ownerReferences").([]any)
	for _, entry := range refs {
		ref, _ := entry.(map[string]any)
		if controller, _ := ref["controller"].(bool); controller {
			kind, _ := ref["kind"].(string)
			name, _ := ref["name"].(string)
			return kind + "/" + name
		}
	}
	return ""
}

// withoutCovered leaves out live pods whose containers all stand in their
// controller's template; a pod that carries more (an injected sidecar, an
// ephemeral container) stays, once per owner.
func withoutCovered(all []*Workload) []*Workload {
	var names []string
	for _, w := range all {
		if w.Ref.Kind != "Pod" {
			for _, c := range w.Containers() {
				names = append(names, c.Name)
			}
		}
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(w *Workload) bool {
		by := owner(w.Object)
		if w.Ref.Kind != "Pod" || by == "" {
			return false
		}
		extra := by
		for _, c := range w.Containers() {
			if !slices.Contains(names, c.Name) {
				extra += " " + c.Name
			}
		}
		if extra == by || seen[extra] {
			return true
		}
		seen[extra] = true
		return false
	})
}
