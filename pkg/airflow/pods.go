package airflow

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kjson "sigs.k8s.io/json"

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
	if spec == nil || Decode(spec, &w.Spec) != nil {
		return false
	}
	w.list = w.findContainers()
	if meta, _ := pod["metadata"].(map[string]any); meta != nil && Decode(meta, &w.Meta) != nil {
		w.Meta = metav1.ObjectMeta{}
	}
	return true
}

// Decode reads decoded JSON into one of the API's types, as strictly about
// upper and lower case as the API server. Going through text is faster than
// apimachinery's converter for the handful of pods a release has.
func Decode(content map[string]any, into any) error {
	text, err := json.Marshal(content)
	if err != nil {
		return err
	}
	return kjson.UnmarshalCaseSensitivePreserveInts(text, into)
}

func sortWorkloads(list []*Workload) {
	slices.SortStableFunc(list, func(a, b *Workload) int {
		return cmp.Or(cmp.Compare(a.Component, b.Component), a.Ref.Compare(b.Ref), cmp.Compare(a.PodPath, b.PodPath))
	})
}
