package controlplane

import (
	"context"
	"fmt"
	"strings"
)

// workloadKinds are the lists that WaitReady reads, and which status fields of
// an item must have reached the wanted number.
var workloadKinds = []struct {
	path  string // with the namespace for %s
	ready func(workload) bool
}{
	{"/apis/apps/v1/namespaces/%s/deployments", workload.available},
	{"/apis/apps/v1/namespaces/%s/statefulsets", workload.available},
	{"/apis/batch/v1/namespaces/%s/jobs", func(w workload) bool { return w.Status.Succeeded > 0 }},
}

// workload is what Deployments, StatefulSets and Jobs have in common here.
type workload struct {
	Metadata struct {
		Name       string
		Generation int
	}
	Spec   struct{ Replicas int }
	Status struct{ ObservedGeneration, UpdatedReplicas, AvailableReplicas, Succeeded int }
}

func (w workload) available() bool {
	s := w.Status
	return s.ObservedGeneration >= w.Metadata.Generation && s.AvailableReplicas == w.Spec.Replicas && s.UpdatedReplicas == w.Spec.Replicas
}

// WaitReady waits until every Deployment and StatefulSet of a namespace has all
// its replicas up to date and available and every Job has completed. When ctx
// ends first, the error names what is missing. A namespace without any of them
// is an error as well: it would be ready by having nothing.
func (c *Cluster) WaitReady(ctx context.Context, namespace string) error {
	return until(ctx, func(ctx context.Context) (string, error) {
		var waiting []string
		var count int
		for _, kind := range workloadKinds {
			var list struct{ Items []workload }
			if err := c.read(ctx, fmt.Sprintf(kind.path, namespace), &list); err != nil {
				return "", err
			}
			count += len(list.Items)
			for _, w := range list.Items {
				if !kind.ready(w) {
					waiting = append(waiting, kind.path[strings.LastIndex(kind.path, "/")+1:]+"/"+w.Metadata.Name)
				}
			}
		}
		if count == 0 {
			return "", fmt.Errorf("namespace %s holds no Deployment, StatefulSet or Job", namespace)
		}
		return strings.Join(waiting, ", "), nil
	})
}
