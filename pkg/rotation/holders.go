package rotation

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// holders are the workloads whose pods read one of some Secrets, Jobs and task pods apart: those read it anew each time.
func (r *rotation) holders(places ...place) []*airflow.Workload {
	var out []*airflow.Workload
	for _, w := range r.Workloads {
		if w.Owner != nil || w.Future || !restarts(w) {
			continue
		}
		if slices.ContainsFunc(places, func(p place) bool { return reads(w, p) }) {
			out = append(out, w)
		}
	}
	return out
}

func restarts(w *airflow.Workload) bool {
	switch snapshot.Kind(w.Ref.Kind) {
	case snapshot.Deployment, snapshot.StatefulSet, snapshot.DaemonSet:
		return true
	}
	return false
}

// reads says whether a pod gets a key of a Secret, as a variable or a file.
func reads(w *airflow.Workload, p place) bool {
	for _, c := range w.Containers() {
		for _, e := range c.Env {
			if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil && e.ValueFrom.SecretKeyRef.Name == p.secret && e.ValueFrom.SecretKeyRef.Key == p.key {
				return true
			}
		}
		for _, e := range c.EnvFrom {
			if e.SecretRef != nil && e.SecretRef.Name == p.secret {
				return true
			}
		}
	}
	return slices.ContainsFunc(w.Spec.Volumes, func(v corev1.Volume) bool {
		return v.Secret != nil && v.Secret.SecretName == p.secret
	})
}

// target is a workload as kubectl takes it, as deployment/af-scheduler.
func target(w *airflow.Workload) string {
	return strings.ToLower(w.Ref.Kind) + "/" + w.Ref.Name
}

func targets(list []*airflow.Workload) []string {
	var out []string
	for _, w := range list {
		out = append(out, target(w))
	}
	return out
}

// inside begins a command that runs in a component's main container; ok is
// false where the release has no such pod.
func (r *rotation) inside(components ...airflow.Component) (command string, ok bool) {
	for _, component := range components {
		for _, w := range r.Find(component) {
			if c, found := w.Main(); found && w.Owner == nil && restarts(w) {
				return fmt.Sprintf("kubectl exec -i -n %s %s -c %s --", r.Namespace, target(w), c.Name), true
			}
		}
	}
	return "", false
}

// airflowPods are the components in whose pods Airflow's command line reaches
// the database, the best first: the scheduler does in every version.
var airflowPods = []airflow.Component{airflow.Scheduler, airflow.APIServer, airflow.Webserver, airflow.Triggerer, airflow.DagProcessor}

// restart is the step that gives holders the new value, all at once.
func (r *rotation) restart(title, why string, list []*airflow.Workload) {
	names := targets(list)
	if len(names) == 0 {
		return
	}
	for _, name := range names {
		if !slices.Contains(r.plan.Restart, name) {
			r.plan.Restart = append(r.plan.Restart, name)
		}
	}
	commands := []string{fmt.Sprintf("kubectl rollout restart -n %s %s", r.Namespace, strings.Join(names, " "))}
	for _, name := range names {
		commands = append(commands, fmt.Sprintf("kubectl rollout status -n %s --timeout=30m %s", r.Namespace, name))
	}
	r.step(title, why, commands...)
}

// awaitTaskPods is the step that waits for task pods that began with the old value.
func (r *rotation) awaitTaskPods(why string) {
	if !r.Launches() {
		return
	}
	namespace := r.Namespace
	if pods := r.Find(airflow.TaskPod); len(pods) > 0 && safe(pods[0].Namespace()) {
		namespace = pods[0].Namespace()
	}
	r.step("Wait until task pods that began before have ended", why, script(
		`since=$(date -u +%Y-%m-%dT%H:%M:%SZ)`,
		fmt.Sprintf(`while pods=$(kubectl get pods -n %s -l kubernetes_executor=True --field-selector=status.phase=Running -o go-template='{{range .items}}{{.metadata.creationTimestamp}} {{.metadata.name}}{{"\n"}}{{end}}') && printf '%%s\n' "$pods" |
  awk -v since="$since" '$1 != "" && $1 < since { found = 1 } END { exit !found }'
do sleep 10; done`, namespace),
	))
}
