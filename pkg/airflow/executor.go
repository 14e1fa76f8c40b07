package airflow

import (
	"slices"
	"strings"
)

// Launches says whether an executor starts a pod for each task.
func (i Identity) Launches() bool {
	return i.anyExecutor(func(name string) bool { return strings.HasSuffix(name, "KubernetesExecutor") })
}

// Local says whether tasks run inside the scheduler's pod.
func (i Identity) Local() bool {
	return i.anyExecutor(func(name string) bool {
		return strings.HasPrefix(name, "Local") || name == "SequentialExecutor"
	})
}

// Celery says whether tasks run on Celery workers.
func (i Identity) Celery() bool {
	return i.anyExecutor(func(name string) bool { return strings.HasPrefix(name, "Celery") })
}

func (i Identity) anyExecutor(is func(string) bool) bool { return slices.ContainsFunc(i.Executors, is) }

// parseExecutors reads [core] executor: one name, or from Airflow 2.10 a list
// with commas, each with or without an alias and a module path, as in
// "LocalExecutor,batch:corp.executors.BatchExecutor"; from 3.1 a team may
// stand before a list, as in "CeleryExecutor;team1=LocalExecutor".
// Source: airflow/executors/executor_loader.py.
func parseExecutors(text string) []string {
	var out []string
	for _, entry := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' }) {
		entry = strings.TrimSpace(entry)
		if _, list, found := strings.Cut(entry, "="); found {
			entry = list
		}
		entry = entry[strings.LastIndex(entry, ":")+1:]
		entry = entry[strings.LastIndex(entry, ".")+1:]
		if entry != "" && !slices.Contains(out, entry) {
			out = append(out, entry)
		}
	}
	return out
}

// findExecutors asks what the scheduler really gets, then the values, then the
// label of the official scheduler (which writes "-" for a comma), then
// Airflow's default. The task pod template is never asked: it always says LocalExecutor.
func (m *Model) findExecutors() []string {
	effective := m.Settings("core", "executor")
	for _, component := range []Component{Scheduler, Worker, APIServer, Webserver} {
		for _, s := range effective {
			if s.Component == component && s.Clear() && !s.Default {
				return parseExecutors(s.Value)
			}
		}
	}
	if text := first(m.clearValue("executor"), m.clearValue("airflow", "executor")); text != "" {
		return parseExecutors(text)
	}
	for _, w := range m.Find(Scheduler) {
		if text := w.Object.Labels()["executor"]; text != "" {
			return parseExecutors(strings.ReplaceAll(text, "-", ","))
		}
	}
	for _, s := range effective {
		if s.Default && s.Clear() {
			return parseExecutors(s.Value)
		}
	}
	return nil
}
