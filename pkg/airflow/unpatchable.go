package airflow

import "github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"

// Unpatchable says why no patch of a live object reaches the workload's pods; empty where one does.
func (w *Workload) Unpatchable() string {
	switch {
	case w.Future:
		return "the task pod template is a text that no patch reaches: change it in the chart's values or the image"
	case w.Origin == snapshot.Hook:
		return "Helm makes hook objects anew each time: change the chart's values"
	}
	return UnpatchableKinds[w.Ref.Kind]
}

// UnpatchableKinds are the kinds whose pods cannot be changed where they stand, with the reason.
// Source: the API server's validation of Job and Pod updates.
var UnpatchableKinds = map[string]string{
	string(snapshot.Job): "a Job's pods cannot be changed: change what makes the Job",
	string(snapshot.Pod): "a running pod cannot be changed: change what makes it",
}
