package cli

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// offline says that the source is no cluster.
func (f *sourceFlags) offline() bool {
	return f.sample || f.from != "" || len(f.files) > 0 || f.chart != ""
}

// rehearsal asks the release's cluster about a set: first whether it takes each
// object, then whether it would start a pod of each workload that the set changes.
func (f *sourceFlags) rehearsal(streams Streams) func(context.Context, *render.PatchSet, bool) ([]snapshot.Admission, error) {
	return func(ctx context.Context, set *render.PatchSet, force bool) ([]snapshot.Admission, error) {
		cluster, err := f.kube.cluster(streams, nil)
		if err != nil {
			return nil, err
		}
		out, err := cluster.Rehearse(ctx, set.Objects, force)
		if err != nil {
			return nil, err
		}
		pods, refs, err := trialPods(set)
		if err != nil {
			return nil, err
		}
		answers, err := cluster.RehearsePods(ctx, pods)
		for i := range answers {
			answers[i].Ref = refs[i]
		}
		return append(out, answers...), err
	}
}

// trialPods are pods as the templates of the changed workloads would make them
// after the set, but for accounts that the set is yet to make.
func trialPods(set *render.PatchSet) (pods []map[string]any, refs []snapshot.Ref, err error) {
	after, err := verify.Replay(set.Model.Snapshot, set.Plan.Changes())
	if err != nil {
		return nil, nil, err
	}
	targets := set.Plan.Targets()
	for _, w := range airflow.New(after).Workloads {
		if w.Future || w.Owner != nil || w.Ref.Kind == string(snapshot.Pod) || !slices.Contains(targets, w.Ref) {
			continue
		}
		template, found := change.Lookup(w.Object.Content, w.PodPath)
		content, ok := template.(map[string]any)
		if !found || !ok {
			return nil, nil, fmt.Errorf("%s has no pod template", w.Ref)
		}
		pod := podOf(w, content, set)
		mountClaims(pod, w)
		pods, refs = append(pods, pod), append(refs, w.Ref)
	}
	return pods, refs, nil
}

func podOf(w *airflow.Workload, template map[string]any, set *render.PatchSet) map[string]any {
	pod := runtime.DeepCopyJSON(template)
	meta, _ := pod["metadata"].(map[string]any)
	if meta == nil {
		meta = map[string]any{}
	}
	meta["name"], meta["namespace"] = "airflowsec-trial-"+w.Ref.Name, w.Ref.Namespace
	pod["apiVersion"], pod["kind"], pod["metadata"] = "v1", "Pod", meta
	spec, _ := pod["spec"].(map[string]any)
	if account, _ := spec["serviceAccountName"].(string); set.Makes(snapshot.ServiceAccount, w.Ref.Namespace, account) {
		delete(spec, "serviceAccountName")
		delete(spec, "serviceAccount")
	}
	return pod
}

// mountClaims gives a trial pod the volumes that a StatefulSet makes for each of its pods.
func mountClaims(pod map[string]any, w *airflow.Workload) {
	claims, _ := w.Object.At("spec", "volumeClaimTemplates").([]any)
	spec, _ := pod["spec"].(map[string]any)
	volumes, _ := spec["volumes"].([]any)
	for _, claim := range claims {
		name, _ := change.Lookup(map[string]any{"": claim}, "//metadata/name")
		volumes = append(volumes, map[string]any{"name": name, "persistentVolumeClaim": map[string]any{"claimName": name}})
	}
	if len(claims) > 0 {
		spec["volumes"] = volumes
	}
}
