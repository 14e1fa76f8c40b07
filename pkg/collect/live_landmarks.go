package collect

import (
	"context"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// getLandmark reads one of the Services that tell where DNS and the API server
// are. One that the cluster does not have is no gap.
func (c *Cluster) getLandmark(ctx context.Context, what reading, name string, to *answers) error {
	content, err := c.reader.get(ctx, what.in(what.versions[0]), what.namespace, name)
	if apierrors.IsNotFound(err) {
		to.note(snapshot.Coverage{Kind: what.kind, State: snapshot.Read})
		return ctx.Err()
	}
	return to.take(ctx, what.kind, "get the cluster's own "+what.String(), content, err)
}

// mostNeighbours bounds the pods of a namespace that are kept beside a release's.
const mostNeighbours = 500

// neighbours are the running pods of the namespace that are not the release's:
// policies can name them as peers. Only what policies look at stays, of one pod
// for each set of labels.
func (r *run) neighbours(w *ownership) []snapshot.Object {
	var pods []*snapshot.Object
	for i := range w.objects {
		if o := &w.objects[i]; !w.own[i] && o.Kind == string(snapshot.Pod) && !finished(o) {
			pods = append(pods, o)
		}
	}
	slices.SortFunc(pods, func(a, b *snapshot.Object) int { return a.Compare(b.Ref) })
	var out []snapshot.Object
	seen := map[string]bool{}
	for _, o := range pods {
		if shape := networkShape(o); !seen[shape] {
			seen[shape] = true
			out = append(out, asNeighbour(o))
		}
	}
	if len(out) > mostNeighbours {
		r.note(snapshot.Coverage{Kind: snapshot.Pod, State: snapshot.Read,
			Reason: fmt.Sprintf("of %d kinds of pods beside the release, %d are kept", len(out), mostNeighbours)})
		out = out[:mostNeighbours]
	}
	return out
}

func finished(pod *snapshot.Object) bool {
	phase, _ := pod.At("status", "phase").(string)
	return phase == "Succeeded" || phase == "Failed"
}

// eachPods are labels that differ between the pods of one workload or task.
// Sources: k8s.io/api/apps/v1 and batch/v1, and Airflow's KubernetesExecutor and KubernetesPodOperator.
var eachPods = set(
	podTemplateLabel, "controller-revision-hash", "pod-template-generation", "statefulset.kubernetes.io/pod-name",
	"apps.kubernetes.io/pod-index", "controller-uid", "batch.kubernetes.io/controller-uid", "job-name",
	"batch.kubernetes.io/job-name", "batch.kubernetes.io/job-completion-index",
	"run_id", "try_number", "map_index", "airflow-worker", "already_checked",
)

// networkShape is what policies tell a pod by, as text.
func networkShape(pod *snapshot.Object) string {
	labels := pod.Labels()
	var shape []string
	for key, value := range labels {
		if !eachPods[key] {
			shape = append(shape, key+"="+value)
		}
	}
	slices.Sort(shape)
	return fmt.Sprint(pod.At("spec", "hostNetwork") == true, " ", strings.Join(shape, ","))
}

// asNeighbour is what is kept of a pod that is not the release's.
func asNeighbour(pod *snapshot.Object) snapshot.Object {
	meta := map[string]any{"name": pod.Name, "namespace": pod.Namespace}
	if labels := pod.At("metadata", "labels"); labels != nil {
		meta["labels"] = labels
	}
	content := map[string]any{"apiVersion": pod.APIVersion, "kind": pod.Kind, "metadata": meta}
	if pod.At("spec", "hostNetwork") == true {
		content["spec"] = map[string]any{"hostNetwork": true}
	}
	if addresses := pod.At("status", "podIPs"); addresses != nil {
		content["status"] = map[string]any{"podIPs": addresses}
	}
	return snapshot.Object{Ref: pod.Ref, Origin: snapshot.Live, Content: content}
}

// survey puts into the snapshot what only tells where things are.
func (r *run) survey(w *ownership) {
	for _, o := range r.marks {
		r.keepAround(copied(o))
	}
	for _, o := range r.neighbours(w) {
		r.keepAround(o)
	}
}

func (r *run) keepAround(o snapshot.Object) {
	r.masker.object(o.Content)
	r.s.Around = append(r.s.Around, o)
}
