package collect

import (
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

const defaultAccount = "default"

// ownership decides which live objects of a namespace are the release's.
type ownership struct {
	release   *snapshot.Release
	objects   []snapshot.Object
	own       []bool // by index of objects
	installed map[string]bool
	accounts  map[string]bool // the accounts of its pods
	only      bool            // no other Airflow release lives in the namespace
}

func newOwnership(release *snapshot.Release, objects []snapshot.Object) *ownership {
	w := &ownership{release: release, objects: objects, own: make([]bool, len(objects)), installed: map[string]bool{}, accounts: map[string]bool{}}
	for _, o := range w.recorded() {
		w.installed[identity(o.Ref)] = true
	}
	return w
}

// identity names an object whatever version of its API is used.
func identity(r snapshot.Ref) string {
	return strings.Join([]string{r.Group(), r.Kind, r.Namespace, r.Name}, " ")
}

// recorded are the objects of the release's record, hooks included.
func (w *ownership) recorded() []*snapshot.Object {
	var out []*snapshot.Object
	for _, list := range [][]snapshot.Object{w.release.Manifest, w.release.Hooks} {
		for i := range list {
			out = append(out, &list[i])
		}
	}
	return out
}

// decide marks, in this order: what Helm installed or the labels claim, what
// those control, and the task pods Airflow launched.
func (w *ownership) decide() {
	w.only = true
	for i := range w.objects {
		o := &w.objects[i]
		claimed := claimantOf(o)
		w.own[i] = claimed == w.release.Name || w.installed[identity(o.Ref)]
		if !w.own[i] && claimed != "" && isAirflow(o.Labels()) && o.Kind != string(snapshot.Pod) {
			w.only = false
		}
	}
	w.controlled(snapshot.Job)
	w.controlled(snapshot.Pod)
	w.noteAccounts()
	w.also(w.launched)
}

// claimantOf is the release that an object belongs to by what it says, or by
// what it says of its pods: there Argo CD leaves the instance label alone.
func claimantOf(o *snapshot.Object) string {
	labels, annotations := o.Labels(), o.Annotations()
	if name := sureClaimant(o.Namespace, labels, annotations); name != "" {
		return name
	}
	if len(templatePaths[snapshot.Kind(o.Kind)]) > 0 {
		ofPods, _ := in(podOf(o), "metadata", "labels").(map[string]any)
		if name := claimant(o.Namespace, texts(ofPods), nil); name != "" {
			return name
		}
	}
	return claimant(o.Namespace, labels, annotations)
}

// controlled marks the objects of one kind whose controller is owned: Jobs of a
// CronJob, pods of a Job, a StatefulSet or, through its ReplicaSet, a Deployment.
func (w *ownership) controlled(kind snapshot.Kind) {
	owned := named{}
	for _, o := range w.kept() {
		owned.put(snapshot.Kind(o.Kind), o.Name)
	}
	w.also(func(o *snapshot.Object) bool {
		return snapshot.Kind(o.Kind) == kind && owned.has(controller(o))
	})
}

// controller is what controls an object. A ReplicaSet is named after its
// Deployment and the pod template's hash, so it need not be read.
func controller(o *snapshot.Object) (kind snapshot.Kind, name string) {
	refs, _ := o.At("metadata", "ownerReferences").([]any)
	for _, entry := range refs {
		if is, _ := in(entry, "controller").(bool); is {
			text, _ := in(entry, "kind").(string)
			kind = snapshot.Kind(text)
			name, _ = in(entry, "name").(string)
		}
	}
	if hash := o.Labels()[podTemplateLabel]; kind == snapshot.ReplicaSet && hash != "" {
		return snapshot.Deployment, strings.TrimSuffix(name, "-"+hash)
	}
	return kind, name
}

// noteAccounts collects the release's accounts and those its pods run as.
func (w *ownership) noteAccounts() {
	for _, o := range append(w.kept(), w.recorded()...) {
		if o.Kind == string(snapshot.ServiceAccount) {
			w.accounts[o.Name] = true
		}
		if pod := podOf(o); pod != nil {
			w.accounts[accountOf(pod)] = true
		}
	}
}

func accountOf(pod map[string]any) string {
	if name, _ := in(pod, "spec", "serviceAccountName").(string); name != "" {
		return name
	}
	return defaultAccount
}

// launched says whether a pod is a task that this release's Airflow started.
// Such pods carry Airflow's labels and often none of the chart's.
func (w *ownership) launched(o *snapshot.Object) bool {
	labels := o.Labels()
	if o.Kind != string(snapshot.Pod) || labels[executorPod] != "True" && labels[operatorPod] != "True" {
		return false
	}
	if claimed := claimantOf(o); claimed != "" {
		return claimed == w.release.Name
	}
	account := accountOf(podOf(o))
	return w.only || account != defaultAccount && w.accounts[account]
}

// kept are the owned objects, in order.
func (w *ownership) kept() []*snapshot.Object {
	var out []*snapshot.Object
	for i := range w.objects {
		if w.own[i] {
			out = append(out, &w.objects[i])
		}
	}
	return out
}

// also marks every object that a test accepts.
func (w *ownership) also(accept func(*snapshot.Object) bool) {
	for i := range w.objects {
		if !w.own[i] && accept(&w.objects[i]) {
			w.own[i] = true
		}
	}
}

// asRecorded puts the record's objects in the place of the live ones: an older
// revision is judged as what it installed. Live objects that a hook made stay,
// for hooks outlive upgrades; pods of today are not the old revision's.
func (w *ownership) asRecorded() {
	hooks := map[string]bool{}
	for _, o := range w.release.Hooks {
		hooks[identity(o.Ref)] = true
	}
	var objects []snapshot.Object
	for i, o := range w.objects {
		if !w.own[i] || hooks[identity(o.Ref)] {
			objects = append(objects, o)
		}
	}
	own := make([]bool, len(objects), len(objects)+len(w.release.Manifest))
	for i, o := range objects {
		own[i] = hooks[identity(o.Ref)]
	}
	for _, o := range w.release.Manifest {
		objects, own = append(objects, copied(o)), append(own, true)
	}
	w.objects, w.own = objects, own
}
