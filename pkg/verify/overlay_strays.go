package verify

import (
	"encoding/json"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Stray is something that an overlay changes in a pod and nobody asked for.
type Stray struct {
	Target    snapshot.Ref `json:"target"`
	Component string       `json:"component"`
	Container string       `json:"container,omitempty"`
	Message   string       `json:"message"`
}

// strays compares the pods with those of the release as it stands: a security
// context may differ as far as it was asked for, and gain what hardens a
// container that is known; nothing else may differ.
func (o *overlayRun) strays(after *airflow.Model) []Stray {
	var out []Stray
	for _, w := range o.Model.Workloads {
		if w.Owner != nil {
			continue
		}
		note := func(container, message string) {
			out = append(out, Stray{Target: w.Ref, Component: string(w.Component), Container: container, Message: message})
		}
		i := slices.IndexFunc(after.Workloads, func(a *airflow.Workload) bool { return a.Ref == w.Ref && a.PodPath == w.PodPath && a.Owner == nil })
		if i < 0 {
			note("", "is no longer there")
			continue
		}
		next := after.Workloads[i]
		if bare(w) != bare(next) {
			note("", "its pods change beside their security contexts")
		}
		if message := o.lostToken(w, next, after); message != "" {
			note("", message)
		}
		for _, c := range o.plan.Contexts(w) {
			if message := c.Stray(next, o.claims); message != "" {
				note(c.Container, message)
			}
		}
	}
	return out
}

// bare is a pod's spec without what an overlay may change, as text.
func bare(w *airflow.Workload) string {
	spec := w.Spec.DeepCopy()
	spec.SecurityContext, spec.AutomountServiceAccountToken = nil, nil
	spec.ServiceAccountName, spec.DeprecatedServiceAccount = "", ""
	for _, list := range [][]corev1.Container{spec.InitContainers, spec.Containers} {
		for i := range list {
			list[i].SecurityContext = nil
		}
	}
	text, _ := json.Marshal(spec)                                             // Kubernetes' own type encodes
	return snapshot.Renumber(string(text), func(string) string { return "" }) // another rendering masks with another key
}

// lostToken says that a workload has lost a token that it needs.
func (o *overlayRun) lostToken(before, after *airflow.Workload, model *airflow.Model) string {
	needed, why := o.Model.NeedsAPI(before, o.Rights.Functions...)
	if needed && o.Model.MountsToken(before).Mounted && !model.MountsToken(after).Mounted {
		return "loses the token that it needs: " + why
	}
	return ""
}
