package airflow

import (
	"maps"
	"slices"
)

// StampedLabel is a label that Airflow itself puts on pods that it starts.
type StampedLabel struct {
	Name string
	// Value is the value, or an example of one where it is not Stable.
	Value string
	// Stable says that every such pod carries the label with this value, so that a selector may rely on it.
	Stable bool
}

// stampedLabels are those of the KubernetesExecutor's pods and of the
// KubernetesPodOperator's, under whatever template.
// Sources: airflow/providers/cncf/kubernetes/pod_generator.py (construct_pod,
// build_selector_for_k8s_executor_pod), operators/pod.py (build_pod_request_obj, _get_ti_pod_labels).
var stampedLabels = map[Component][]StampedLabel{
	TaskPod: {
		{"kubernetes_executor", "True", true},
		{"airflow-worker", "1", false}, {"airflow_version", "3.0.0", false}, {"dag_id", "dag", false},
		{"run_id", "run", false}, {"task_id", "task", false}, {"try_number", "1", false},
	},
	OperatorPod: {
		{"kubernetes_pod_operator", "True", true},
		{"airflow_kpo_in_cluster", "True", false}, // "False" where the task brings a kubeconfig
		{"airflow_version", "3.0.0", false}, {"dag_id", "dag", false},
		{"run_id", "run", false}, {"task_id", "task", false}, {"try_number", "1", false},
	},
}

// StampedLabels are the labels that Airflow puts on each pod of a component, whatever its template says.
func StampedLabels(c Component) []StampedLabel { return slices.Clone(stampedLabels[c]) }

// stamped adds them to a template's labels.
func stamped(c Component, template map[string]string) map[string]string {
	out := maps.Clone(template)
	if out == nil {
		out = map[string]string{}
	}
	for _, label := range stampedLabels[c] {
		out[label.Name] = label.Value
	}
	return out
}

// identityLabels are those by which the charts tell their pods apart, and
// which stay the same from one revision to the next.
// Source: both charts' templates and their subcharts.
var identityLabels = []string{
	"tier", "app", "component", "release", "role", "worker-set",
	"app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component",
}

// Selector is a set of labels that each live and each future pod of a workload
// carries and that no upgrade changes: never a chart's version, a hash or a
// run's number. Empty where the pods carry none: then no policy can pick them out.
func (m *Model) Selector(w *Workload) map[string]string {
	out := w.selector()
	pods := m.pods()
	for i := range pods {
		if pods[i].Workload != w {
			continue
		}
		maps.DeleteFunc(out, func(key, value string) bool {
			label, has := pods[i].Labels[key]
			return !has || label != value
		})
	}
	return out
}

// selector is what the workload itself says.
func (w *Workload) selector() map[string]string {
	out := map[string]string{}
	if w.Ref.Kind != "Job" && w.Object != nil { // a Job's selector is a random number
		labels, _ := w.Object.At("spec", "selector", "matchLabels").(map[string]any)
		for key, value := range labels {
			if text, isText := value.(string); isText && key != "pod-template-hash" {
				out[key] = text
			}
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, key := range identityLabels {
		if value, has := w.Meta.Labels[key]; has {
			out[key] = value
		}
	}
	for _, label := range stampedLabels[w.Component] {
		if label.Stable {
			out[label.Name] = label.Value
		}
	}
	if len(out) > 0 {
		return out
	}
	for key, value := range w.Meta.Labels { // neither chart's: its own labels, but for those that change
		if !slices.Contains(changingLabels, key) {
			out[key] = value
		}
	}
	return out
}

// changingLabels differ between a workload's pods, or from one revision to the next.
// Sources: k8s.io/api/apps/v1 and batch/v1; Helm's recommended labels.
var changingLabels = []string{
	"chart", "heritage", "helm.sh/chart", "app.kubernetes.io/version", "app.kubernetes.io/managed-by",
	"pod-template-hash", "controller-revision-hash", "pod-template-generation", "controller-uid", "job-name",
	"statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index", "batch.kubernetes.io/controller-uid",
	"batch.kubernetes.io/job-name", "batch.kubernetes.io/job-completion-index",
}
