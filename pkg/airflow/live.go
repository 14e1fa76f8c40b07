package airflow

import (
	"encoding/json"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// withoutCovered leaves out live pods that their owner's template speaks for.
// A pod with more containers than the template stays, once for each owner and
// set of added containers, and holds only what was added. Pods that nothing
// seen speaks for stay too, once for each owner, or, where they have none, as
// the KubernetesExecutor's task pods, once for each shape.
func withoutCovered(all []*Workload, index *objectIndex) []*Workload {
	templates := map[objectKey]*Workload{}
	for _, w := range all {
		if w.Ref.Kind != "Pod" {
			templates[objectKey{snapshot.Kind(w.Ref.Kind), w.Ref.Namespace, w.Ref.Name}] = w
		}
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(all, func(w *Workload) bool {
		if w.Ref.Kind != "Pod" {
			return false
		}
		kind, name := index.owner(w.Object)
		mark := string(kind) + "/" + w.Ref.Namespace + "/" + name
		if template := templates[objectKey{kind, w.Ref.Namespace, name}]; template != nil {
			added := w.keepAdded(template)
			if added == "" {
				return true
			}
			mark += added
		} else if kind == "" {
			if w.Component != TaskPod && w.Component != OperatorPod {
				return false
			}
			mark = string(w.Component) + w.shape()
		}
		covered := seen[mark]
		seen[mark] = true
		return covered
	})
}

// keepAdded reduces a live pod to the containers its owner's template has not,
// and names them; empty where there are none.
func (w *Workload) keepAdded(template *Workload) string {
	known := map[string]bool{}
	for _, c := range template.Containers() {
		known[c.Name] = true
	}
	places := map[ContainerKind][]int{}
	var names strings.Builder
	added := func(kind ContainerKind, i int, name, image string) bool {
		if known[name] {
			return false
		}
		places[kind] = append(places[kind], i)
		names.WriteString(" " + name + "=" + image)
		return true
	}
	w.Spec.InitContainers = keep(w.Spec.InitContainers, func(i int, c *corev1.Container) bool { return added(Init, i, c.Name, c.Image) })
	w.Spec.Containers = keep(w.Spec.Containers, func(i int, c *corev1.Container) bool { return added(Regular, i, c.Name, c.Image) })
	w.Spec.EphemeralContainers = keep(w.Spec.EphemeralContainers, func(i int, c *corev1.EphemeralContainer) bool { return added(Ephemeral, i, c.Name, c.Image) })
	w.places, w.Owner = places, template
	w.Component, w.Set, w.list = template.Component, template.Set, w.findContainers()
	return names.String()
}

func keep[T any](list []T, wanted func(int, *T) bool) []T {
	var out []T
	for i := range list {
		if wanted(i, &list[i]) {
			out = append(out, list[i])
		}
	}
	return out
}

// shape is what matters of a task pod for its security, as text: hundreds of
// task pods come from one template, and only overrides make them differ. It
// leaves out what the API server fills in.
func (w *Workload) shape() string {
	type part struct {
		Kind        ContainerKind
		Name, Image string
		Context     corev1.SecurityContext
		Resources   corev1.ResourceRequirements
	}
	spec := &w.Spec
	shape := struct {
		Account                       string
		Token                         *bool
		HostNetwork, HostPID, HostIPC bool
		Context                       corev1.PodSecurityContext
		Volumes                       []string
		Containers                    []part
	}{
		Account: w.ServiceAccount(), Token: spec.AutomountServiceAccountToken,
		HostNetwork: spec.HostNetwork, HostPID: spec.HostPID, HostIPC: spec.HostIPC,
		Volumes: volumeKinds(spec.Volumes),
	}
	if spec.SecurityContext != nil {
		shape.Context = *spec.SecurityContext
	}
	for _, c := range w.Containers() {
		p := part{Kind: c.Kind, Name: c.Name, Image: c.Image, Resources: c.Resources}
		if c.SecurityContext != nil {
			p.Context = *c.SecurityContext
		}
		shape.Containers = append(shape.Containers, p)
	}
	text, err := json.Marshal(shape)
	if err != nil {
		return w.Ref.Name
	}
	return w.Namespace() + string(text)
}

// volumeKinds names each volume with its type; the token volume, which the API server adds, is left out.
func volumeKinds(volumes []corev1.Volume) []string {
	var out []string
	for _, v := range volumes {
		if strings.HasPrefix(v.Name, "kube-api-access-") {
			continue
		}
		var source map[string]any
		if text, err := json.Marshal(v.VolumeSource); err != nil || json.Unmarshal(text, &source) != nil {
			continue
		}
		for kind := range source {
			out = append(out, v.Name+" "+kind)
		}
	}
	slices.Sort(out)
	return out
}
