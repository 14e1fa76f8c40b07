package verify

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// withoutOldTaskPods leaves out the live task pods that were made from a
// template which the changes replace: they end with their tasks, and the next
// ones come from the new template. A pod that differed from the template
// before stays, because whatever made it differ will do so again.
func withoutOldTaskPods(objects []snapshot.Object, before *snapshot.Snapshot, changes []change.Change) []snapshot.Object {
	inTemplate := func(c change.Change) bool { return strings.Contains(c.Path, "#/") }
	if !slices.ContainsFunc(changes, inTemplate) || !slices.ContainsFunc(objects, isTaskPod) {
		return objects
	}
	differ := map[snapshot.Ref]bool{}
	for _, w := range airflow.New(before).Workloads {
		differ[w.Ref] = true
	}
	return slices.DeleteFunc(objects, func(o snapshot.Object) bool { return isTaskPod(o) && !differ[o.Ref] })
}

// isTaskPod says whether the Kubernetes executor has made a live pod.
func isTaskPod(o snapshot.Object) bool {
	owners, _ := o.At("metadata", "ownerReferences").([]any)
	return o.Kind == "Pod" && o.Origin == snapshot.Live && len(owners) == 0 && o.Labels()["kubernetes_executor"] == "True"
}
