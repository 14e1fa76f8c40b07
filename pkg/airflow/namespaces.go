package airflow

import (
	"slices"
	"strings"
)

// TaskNamespaces are those that a Kubernetes executor makes pods in. everywhere
// says that it watches the pods of all namespaces, which no Role allows:
// multi_namespace_mode without a list.
func (m *Model) TaskNamespaces() (list []string, everywhere bool) {
	for _, w := range m.Find(TaskPod) {
		if w.Owner == nil && !slices.Contains(list, w.Namespace()) {
			list = append(list, w.Namespace())
		}
	}
	if len(list) == 0 {
		list = []string{m.Namespace}
	}
	if m.Launches() && m.schedulerSays("multi_namespace_mode") == "true" {
		named := namesIn(m.schedulerSays("multi_namespace_mode_namespace_list"))
		everywhere = len(named) == 0
		list = append(list, named...)
	}
	slices.Sort(list)
	return slices.Compact(list), everywhere
}

// schedulerSays is the scheduler's value of an option of the Kubernetes
// executor, in lower case; empty where it is not set or not known.
func (m *Model) schedulerSays(key string) string {
	for _, section := range []string{"kubernetes_executor", "kubernetes"} {
		for _, s := range m.Settings(section, key) {
			if s.Component == Scheduler && s.Clear() && s.Value != "" {
				return strings.ToLower(s.Value)
			}
		}
	}
	return ""
}

func namesIn(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}
