package rotation

import (
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
)

// countTasks ends with an error while tasks run. In the queue of Celery they would start without a scheduler.
// Source: airflow/models/taskinstance.py and airflow/utils/state.py of 2.0 to 3.x.
const countTasks = `from airflow.models import TaskInstance
from airflow.utils.session import create_session
with create_session() as session:
    count = session.query(TaskInstance).filter(TaskInstance.state.in_([%s])).count()
raise SystemExit("%%d tasks still run" %% count if count else 0)`

// drain adds the steps after which no task runs, and hands over those that let tasks run again.
func (r *rotation) drain(why string) (after []Step, err error) {
	asked, found := r.inside(airflow.APIServer, airflow.Webserver, airflow.Triggerer, airflow.Scheduler)
	if !found {
		return nil, r.refuse("the release has no pod in which running tasks could be counted")
	}
	schedulers := r.schedulers()
	if !r.Local() && len(schedulers) > 0 {
		names := strings.Join(targets(schedulers), " ")
		r.step("Stop the scheduler", why+" Without it no task starts; those that run go on.", fmt.Sprintf("kubectl scale -n %s %s --replicas=0", r.Namespace, names))
		for _, w := range schedulers {
			after = append(after, Step{Title: "Start the scheduler again", Why: "With as many pods as before.", Commands: []string{
				fmt.Sprintf("kubectl scale -n %s %s --replicas=%d", r.Namespace, target(w), replicas(w)),
				fmt.Sprintf("kubectl rollout status -n %s --timeout=30m %s", r.Namespace, target(w)),
			}})
		}
	} else {
		r.warn("Tasks run in the scheduler's own pod, which must go on for them: choose a time at which nothing is scheduled, or pause DAGs.")
	}
	states := `"running", "restarting"`
	if r.Celery() {
		states += `, "queued"`
	}
	r.step("Wait until no task runs", why, "until "+python(asked, fmt.Sprintf(countTasks, states))+"\ndo sleep 10; done")
	return after, nil
}

func (r *rotation) schedulers() []*airflow.Workload {
	var out []*airflow.Workload
	for _, w := range r.Find(airflow.Scheduler) {
		if w.Owner == nil && restarts(w) {
			out = append(out, w)
		}
	}
	return out
}

func replicas(w *airflow.Workload) int64 {
	if n, ok := w.Object.At("spec", "replicas").(int64); ok {
		return n
	}
	return 1
}
