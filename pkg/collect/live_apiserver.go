package collect

import (
	"context"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// flagsKept are the API server's flags that rules ask for. That they are set tells enough.
// Source: https://kubernetes.io/docs/tasks/administer-cluster/encrypt-data/.
var flagsKept = []string{"encryption-provider-config"}

// readAPIServers reads the API server's own pods and keeps the names of a few of their flags.
func (c *Cluster) readAPIServers(ctx context.Context, got *answers) error {
	objects, err := c.reader.objects(ctx, controlPlane, controlPlane.versions[0], controlPlane.namespace)
	got.note(coverageOf(controlPlane.kind, "list the API server's pods in namespace "+controlPlane.namespace, err))
	if err != nil {
		return ctx.Err()
	}
	slices.SortFunc(objects, func(a, b snapshot.Object) int { return a.Compare(b.Ref) })
	var found []snapshot.APIServer
	for i := range objects {
		found = append(found, snapshot.APIServer{Namespace: objects[i].Namespace, Name: objects[i].Name, Flags: flagsOf(&objects[i])})
	}
	c.shared.apiServers = found
	return nil
}

func flagsOf(pod *snapshot.Object) []string {
	var out []string
	containers, _ := pod.At("spec", "containers").([]any)
	for _, c := range containers {
		for _, field := range []string{"command", "args"} {
			words, _ := in(c, field).([]any)
			for _, word := range words {
				text, _ := word.(string)
				flag, value, _ := strings.Cut(strings.TrimLeft(text, "-"), "=")
				if value != "" && slices.Contains(flagsKept, flag) && !slices.Contains(out, flag) {
					out = append(out, flag)
				}
			}
		}
	}
	slices.Sort(out)
	return out
}
