package airflow

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/util/validation"
)

// TestStampedLabelsAreLabels: what stands in for a task's own labels must be what Kubernetes takes.
func TestStampedLabelsAreLabels(t *testing.T) {
	for _, component := range []Component{TaskPod, OperatorPod} {
		stable := 0
		for _, label := range StampedLabels(component) {
			problems := append(validation.IsQualifiedName(label.Name), validation.IsValidLabelValue(label.Value)...)
			if len(problems) > 0 {
				t.Errorf("%s %s=%s: %s", component, label.Name, label.Value, strings.Join(problems, "; "))
			}
			if label.Stable {
				stable++
			}
		}
		if stable != 1 {
			t.Errorf("%s has %d labels to rely on, want one", component, stable)
		}
	}
	if len(StampedLabels(Scheduler)) != 0 {
		t.Error("nothing stamps the scheduler's pods")
	}
}

// TestSelectorsTellPodsApart: a selector picks all pods of its workload, and no
// label of it changes with an upgrade.
func TestSelectorsTellPodsApart(t *testing.T) {
	for name, s := range scenes(t) {
		for _, p := range s.model.Pods() {
			if p.Workload == nil {
				continue
			}
			selector := s.model.Selector(p.Workload)
			if len(selector) == 0 {
				t.Errorf("%s: nothing selects %s", name, p.Name)
			}
			for key, value := range selector {
				if p.Labels[key] != value {
					t.Errorf("%s: %s lacks %s=%s", name, p.Name, key, value)
				}
				for _, label := range append(changingLabels, "dag_id", "task_id", "airflow_version") {
					if key == label {
						t.Errorf("%s: %s is selected by %s", name, p.Name, key)
					}
				}
			}
		}
	}
}
