package rules

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// asAdded is a live pod that has more than its owner's template, reduced to
// what was added. What the template says counts as the template says it now: a
// pod from before its last change is about to go.
func asAdded(w *airflow.Workload) *airflow.Workload {
	if w.Owner == nil {
		return w
	}
	out := *w
	out.Spec = w.Owner.Spec
	out.Spec.InitContainers, out.Spec.Containers, out.Spec.EphemeralContainers = w.Spec.InitContainers, w.Spec.Containers, w.Spec.EphemeralContainers
	out.Spec.Volumes = slices.Clone(w.Spec.Volumes) // each keeps its place
	for i, v := range out.Spec.Volumes {
		if slices.ContainsFunc(w.Owner.Spec.Volumes, func(own corev1.Volume) bool { return own.Name == v.Name }) {
			out.Spec.Volumes[i].VolumeSource = corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
		}
	}
	out.Meta.Annotations = maps.Clone(w.Meta.Annotations)
	for _, c := range w.Owner.Containers() {
		delete(out.Meta.Annotations, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix+c.Name)
	}
	return &out
}

// asMade is a pod as the API server will be asked for it: the template with
// all that is added to its pods. Nobody adds a debugger to a new pod.
func asMade(w *airflow.Workload) (*metav1.ObjectMeta, *corev1.PodSpec) {
	if w.Owner == nil {
		return &w.Meta, &w.Spec
	}
	added := asAdded(w)
	spec := w.Owner.Spec
	spec.InitContainers = slices.Concat(spec.InitContainers, added.Spec.InitContainers)
	spec.Containers = slices.Concat(spec.Containers, added.Spec.Containers)
	spec.Volumes = slices.Concat(spec.Volumes, added.Spec.Volumes)
	meta := w.Owner.Meta
	meta.Annotations = maps.Clone(meta.Annotations)
	for key, value := range added.Meta.Annotations {
		if strings.HasPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix) {
			if meta.Annotations == nil {
				meta.Annotations = map[string]string{}
			}
			meta.Annotations[key] = value
		}
	}
	return &meta, &spec
}
