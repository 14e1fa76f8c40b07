package airflow

import (
	"cmp"
	"net/netip"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Pods are all pods that policies may select: the live ones, one for each
// workload that has no live pod yet, and the pods that tasks will start.
func (m *Model) Pods() []Pod { return slices.Clone(m.pods()) }

// connecting are all workloads whose pods open connections: those of the
// model without injected containers' own entries, and the pods that tasks may
// start and no manifest describes.
func (m *Model) connecting() []*Workload {
	var out []*Workload
	for _, w := range m.Workloads {
		if w.Owner == nil {
			out = append(out, w)
		}
	}
	return append(out, m.unwritten...)
}

// serving are the workloads of a component that other pods connect to: pods
// that tasks start serve nothing.
func (m *Model) serving(component Component) []*Workload {
	return slices.DeleteFunc(m.Find(component), func(w *Workload) bool { return w.Owner != nil || w.Future })
}

// findUnwritten makes one workload each for the pods that no manifest shows:
// the KubernetesPodOperator's where an executor makes pods (the same decision
// as needRows'), and the executor's own where its template could not be read.
func (m *Model) findUnwritten() []*Workload {
	if !m.Launches() {
		return nil
	}
	var out []*Workload
	for _, component := range []Component{OperatorPod, TaskPod} {
		if m.Has(component) {
			continue
		}
		ref := snapshot.Ref{APIVersion: "v1", Kind: string(snapshot.Pod), Namespace: m.taskNamespace(m.Namespace), Name: string(component)}
		w := &Workload{Component: component, Ref: ref, Future: true, Origin: snapshot.Rendered}
		w.Object = &snapshot.Object{Ref: ref, Origin: w.Origin, Content: map[string]any{}}
		out = append(out, w)
	}
	return out
}

// findPods is what Pods are made of.
func (m *Model) findPods() []Pod {
	owners := m.podOwners()
	served := map[*Workload]bool{}
	var out []Pod
	for _, o := range m.Snapshot.OfKind(snapshot.Pod) {
		if phase := o.At("status", "phase"); phase == "Succeeded" || phase == "Failed" {
			continue // it has ended: its address may be another's by now
		}
		w, _ := newWorkload(o)
		pod := livePod(o, w)
		pod.Workload = owners.of(o, w)
		served[pod.Workload] = true
		out = append(out, pod)
	}
	for i := range m.Snapshot.Around {
		if o := &m.Snapshot.Around[i]; o.Kind == string(snapshot.Pod) {
			w, _ := newWorkload(o)
			out = append(out, livePod(o, w))
		}
	}
	for _, w := range m.connecting() {
		if served[w] && !w.Future {
			continue
		}
		out = append(out, templatePod(w))
	}
	slices.SortStableFunc(out, func(a, b Pod) int {
		return cmp.Or(cmp.Compare(a.component(), b.component()), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return out
}

func (p Pod) component() Component { return End{Workload: p.Workload}.Component() }

// templatePod is the pod that a workload will make.
func templatePod(w *Workload) Pod {
	return Pod{
		Workload: w, Namespace: w.Namespace(), Name: w.Ref.Name, Labels: stamped(w.Component, w.Meta.Labels),
		HostNetwork: w.Spec.HostNetwork, Ports: w.ports(),
	}
}

// livePod reads a Pod object; w is nil where it is no pod that Kubernetes could run.
func livePod(o *snapshot.Object, w *Workload) Pod {
	pod := Pod{Namespace: o.Namespace, Name: o.Name, Labels: o.Labels(), Live: o.Origin == snapshot.Live}
	if w != nil {
		pod.HostNetwork, pod.Ports = w.Spec.HostNetwork, w.ports()
	}
	list, _ := o.At("status", "podIPs").([]any)
	for _, entry := range list {
		at, _ := entry.(map[string]any)
		text, _ := at["ip"].(string)
		if address, err := netip.ParseAddr(text); err == nil {
			pod.Addresses = append(pod.Addresses, address)
		}
	}
	return pod
}

// podOwners finds the workload that speaks for a pod.
type podOwners struct {
	model  *Model
	byKey  map[objectKey]*Workload // controllers, and pods that stand for themselves
	byPods map[objectKey]*Workload // controllers that were not read, by one of their pods
	shapes map[string]*Workload    // pods that tasks start, by shape
	kinds  map[Component]*Workload // the same, for a shape that is not known
}

func (m *Model) podOwners() podOwners {
	out := podOwners{m, map[objectKey]*Workload{}, map[objectKey]*Workload{}, map[string]*Workload{}, map[Component]*Workload{}}
	for _, w := range m.connecting() {
		if w.Component == TaskPod || w.Component == OperatorPod {
			out.shapes[string(w.Component)+w.shape()] = w
			if out.kinds[w.Component] == nil || w.Future {
				out.kinds[w.Component] = w
			}
		}
		if w.Future {
			continue
		}
		out.byKey[objectKey{snapshot.Kind(w.Ref.Kind), w.Ref.Namespace, w.Ref.Name}] = w
		if w.Ref.Kind != string(snapshot.Pod) {
			continue
		}
		if kind, name := m.index.owner(w.Object); kind != "" {
			out.byPods[objectKey{kind, w.Ref.Namespace, name}] = w
		}
	}
	return out
}

// of is nil for a pod that no workload of the model speaks for; pod is the object as a workload of its own.
func (p podOwners) of(o *snapshot.Object, pod *Workload) *Workload {
	if kind, name := p.model.index.owner(o); kind != "" {
		key := objectKey{kind, o.Namespace, name}
		if w := p.byKey[key]; w != nil {
			return w
		}
		return p.byPods[key]
	}
	if w := p.byKey[objectKey{snapshot.Pod, o.Namespace, o.Name}]; w != nil || pod == nil {
		return w
	}
	if same := p.shapes[string(pod.Component)+pod.shape()]; same != nil {
		return same
	}
	return p.kinds[pod.Component]
}
