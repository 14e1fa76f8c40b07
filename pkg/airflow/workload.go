package airflow

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Workload is one thing that has or makes pods: a controller, a hook Job, a
// bare pod, or the KubernetesExecutor's task pod template in its ConfigMap.
type Workload struct {
	Component Component
	// Set is the name of a Celery worker set; empty for the default set.
	Set    string
	Ref    snapshot.Ref
	Object *snapshot.Object
	Origin snapshot.Origin
	// Future marks pods that do not exist yet: the task pod template.
	Future bool
	Meta   metav1.ObjectMeta // the pod's
	Spec   corev1.PodSpec
	// PodPath is the JSON pointer of the pod (not its spec) in Object: "/spec/template" for a Deployment, "" for a Pod.
	// In a ConfigMap it is "/data/<key>#": the part after # points into the text.
	PodPath string
	// Owner is, for a live pod that carries more containers than its owner's
	// template (an injected sidecar, an ephemeral container), the workload of
	// that owner; Spec then holds only the containers the template has not.
	Owner *Workload

	// places are the containers' indices in the object where Spec leaves some out.
	places map[ContainerKind][]int
	// list are the containers of Spec; nil where Spec holds none.
	list []Container
}

// ContainerKind says which list a container stands in.
type ContainerKind string

// The three lists of a pod.
const (
	Init      ContainerKind = "initContainers"
	Regular   ContainerKind = "containers"
	Ephemeral ContainerKind = "ephemeralContainers"
)

// Container is one container of a workload, with the JSON pointer of its place in the object.
type Container struct {
	*corev1.Container
	Kind ContainerKind
	Path string
	Role Role
}

// Containers are all of them: init, regular, ephemeral. It is the one visitor
// every rule uses; the list is shared, and nobody changes it.
func (w *Workload) Containers() []Container { return w.list }

// findContainers follows every change of Spec.
func (w *Workload) findContainers() []Container {
	out := make([]Container, 0, len(w.Spec.InitContainers)+len(w.Spec.Containers)+len(w.Spec.EphemeralContainers))
	add := func(kind ContainerKind, i int, c *corev1.Container) {
		path := w.PodPath + "/spec/" + string(kind) + "/" + strconv.Itoa(w.place(kind, i))
		out = append(out, Container{Container: c, Kind: kind, Path: path})
	}
	for i := range w.Spec.InitContainers {
		add(Init, i, &w.Spec.InitContainers[i])
	}
	for i := range w.Spec.Containers {
		add(Regular, i, &w.Spec.Containers[i])
	}
	for i := range w.Spec.EphemeralContainers {
		c := corev1.Container(w.Spec.EphemeralContainers[i].EphemeralContainerCommon)
		add(Ephemeral, i, &c)
	}
	if w.Owner == nil {
		giveRoles(out)
		return out
	}
	for i := range out {
		if out[i].Role = roleOf(out[i].Name, out[i].Image); out[i].Role == Extra {
			out[i].Role = Injected
		}
	}
	return out
}

// Main is the container that makes the workload what it is; ok is false where none stands out.
func (w *Workload) Main() (c Container, ok bool) {
	for _, c := range w.Containers() {
		if c.Role == Main {
			return c, true
		}
	}
	return Container{}, false
}

// container finds one by name.
func (w *Workload) container(name string) (Container, bool) {
	for _, c := range w.Containers() {
		if c.Name == name {
			return c, true
		}
	}
	return Container{}, false
}

func (w *Workload) place(kind ContainerKind, i int) int {
	if places, trimmed := w.places[kind]; trimmed {
		return places[i]
	}
	return i
}

// SpecPath is the JSON pointer of the pod's spec.
func (w *Workload) SpecPath() string { return w.PodPath + "/spec" }

// Namespace is where the pods run.
func (w *Workload) Namespace() string {
	if w.Future && w.Meta.Namespace != "" {
		return w.Meta.Namespace
	}
	return w.Ref.Namespace
}

// ServiceAccount is the account the pods run as; "default" where none is named.
func (w *Workload) ServiceAccount() string {
	if w.Spec.ServiceAccountName == "" {
		return "default"
	}
	return w.Spec.ServiceAccountName
}
