package rules

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// company is who shares a pod, as far as it matters for changing it.
type company struct {
	// held are the containers of the workload that stay as they are, by name.
	held map[string]hold
	// strangers are those that stay as they are and get what is set on the pod:
	// the held ones, and what a webhook adds to the pods. Debuggers do not
	// count, because no new pod has them.
	strangers []airflow.Container
}

// hold says why a container stays as it is.
type hold struct {
	why     string // goes on from what should be done to it, as an order
	instead string // the order in the place of that one; empty where it may be done by hand
}

// order is what a person is told to do in the place of a patch.
func (h hold) order(wanted string) string {
	if h.instead != "" {
		return h.instead
	}
	return wanted + h.why
}

// companyOf looks at a workload among all of the release.
func companyOf(w *airflow.Workload, all []*airflow.Workload) company {
	out := company{held: map[string]hold{}}
	for _, c := range w.Containers() {
		if h, held := holdOf(w, c); held {
			out.hold(c, h)
		}
	}
	for _, live := range all {
		if live.Owner == w {
			out.strangers = append(out.strangers, withoutDebuggers(live.Containers())...)
		}
	}
	if len(out.strangers) == 0 || podSecurityContext(w).FSGroup != nil {
		return out
	}
	others := named(out.strangers)
	for _, c := range w.Containers() {
		if _, held := out.held[c.Name]; !held && needsGroup(w, c) {
			out.hold(c, hold{why: ", with an fsGroup for its volume, if " + others + " works with that: the group reaches all containers"})
		}
	}
	return out
}

func (o *company) hold(c airflow.Container, h hold) {
	o.held[c.Name] = h
	o.strangers = append(o.strangers, withoutDebuggers([]airflow.Container{c})...)
}

func withoutDebuggers(list []airflow.Container) []airflow.Container {
	return slices.DeleteFunc(slices.Clone(list), func(c airflow.Container) bool { return c.Kind == airflow.Ephemeral })
}

// holdOf says whether a container stays as it is for its own sake: nobody
// knows what it needs, or no change of the object reaches it.
func holdOf(w *airflow.Workload, c airflow.Container) (hold, bool) {
	switch {
	case c.Kind == airflow.Ephemeral:
		return hold{instead: ephemeralFix}, true
	case w.Owner != nil:
		return hold{why: fmt.Sprintf(" where it is set up: something adds container %s to the pods of %s as they start", c.Name, w.Owner.Ref)}, true
	case w.Ref.Kind == "Pod" && w.Origin == snapshot.Live && (w.Component == airflow.TaskPod || w.Component == airflow.OperatorPod):
		return hold{why: " in the DAG or the pod template: Airflow makes this pod"}, true
	case preparesAsRoot(c):
		return hold{instead: "do without this init container, for example by fsGroup instead of chown, or by settings of the node"}, true
	case !needsAreKnown(w, c):
		return hold{why: ", if container " + c.Name + " works with it: nothing here knows what its image needs"}, true
	}
	return hold{}, false
}

// preparesAsRoot is true for an init container that asks for root itself: it
// has something to prepare, so another user would break it.
func preparesAsRoot(c airflow.Container) bool {
	if c.Kind != airflow.Init || c.RestartPolicy != nil || c.SecurityContext == nil {
		return false
	}
	user, privileged := c.SecurityContext.RunAsUser, c.SecurityContext.Privileged
	return user != nil && *user == 0 || privileged != nil && *privileged
}

// needsAreKnown is true for the images of the table, and for Airflow's own
// containers under any image as long as somebody has said which user they run
// as: a company's own build may have any other in it.
func needsAreKnown(w *airflow.Workload, c airflow.Container) bool {
	if _, known := userOf(c.Image); known {
		return true
	}
	user := effectiveUser(w, c)
	return isAirflowsOwn(w, c) && user != nil && *user != 0
}

// isAirflowsOwn says whether a container runs Airflow because of its place in
// the chart. Which container is the main one is a guess in a fork's pods, so
// that one has to look like Airflow, too.
func isAirflowsOwn(w *airflow.Workload, c airflow.Container) bool {
	if !w.Component.RunsAirflow() || !slices.Contains(airflowRoles, c.Role) {
		return false
	}
	words := append([]string{c.Name, c.Image}, append(slices.Clone(c.Command), c.Args...)...)
	return c.Role != airflow.Main || c.Name == string(w.Component) || c.Name == "base" ||
		slices.ContainsFunc(words, func(word string) bool { return strings.Contains(word, "airflow") })
}

// needsGroup says whether a container that stops running as root would lose a
// volume that root has written, because no group of the pod owns it.
func needsGroup(w *airflow.Workload, c airflow.Container) bool {
	user, known := userOf(c.Image)
	now := effectiveUser(w, c)
	isRoot := now == nil && user.rootByDefault || now != nil && *now == 0
	return known && isRoot && podSecurityContext(w).FSGroup == nil &&
		slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return belongsToRoot(w, m) })
}

// belongsToRoot is true for a volume that outlives its pod, and for files that
// only root may read. What a pod gets anew is open to all users.
func belongsToRoot(w *airflow.Workload, m corev1.VolumeMount) bool {
	i := slices.IndexFunc(w.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name })
	if i < 0 { // a claim of a StatefulSet's own
		return !m.ReadOnly
	}
	v := w.Spec.Volumes[i]
	switch {
	case v.EmptyDir != nil, v.HostPath != nil, v.Image != nil:
		return false // the last two take no group
	case v.Secret != nil:
		return closed(v.Secret.DefaultMode)
	case v.ConfigMap != nil:
		return closed(v.ConfigMap.DefaultMode)
	case v.Projected != nil:
		return closed(v.Projected.DefaultMode)
	case v.DownwardAPI != nil:
		return closed(v.DownwardAPI.DefaultMode)
	}
	return !m.ReadOnly
}

// closed says that a file mode keeps others than its owner and group from reading.
func closed(mode *int32) bool { return mode != nil && *mode&0o004 == 0 }
