package airflow

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// keda is the autoscaler's own connection.
var keda = Flow{
	ID: "keda-database", Demand: Required, Why: "workers or triggerers are not scaled: KEDA asks the database how much there is to do",
	Source: "apache/airflow chart templates/workers/worker-kedaautoscaler.yaml and templates/pgbouncer/pgbouncer-networkpolicy.yaml",
}

// kedaVariables hold KEDA's own connection in the scaled pods, where it is not theirs.
// Source: apache/airflow chart 1.15 to 1.22, templates/workers/worker-deployment.yaml.
var kedaVariables = []string{"KEDA_DB_CONN", "AIRFLOW_CONN_AIRFLOW_DB"}

// kedaValues turn KEDA on. Source: apache/airflow chart 1.15 to 1.22, values.yaml.
var kedaValues = map[Component][][]string{
	Worker:    {{"workers", "keda", "enabled"}, {"workers", "celery", "keda", "enabled"}},
	Triggerer: {{"triggerer", "keda", "enabled"}},
}

// kedaFlows are the operator's queries of the release's database. The operator
// runs in a namespace of its own, which nothing in the release names.
func (m *Model) kedaFlows() []Flow {
	in := &inbound{model: m, from: End{
		Place: Pods, Name: "keda-operator", Namespaces: &metav1.LabelSelector{}, Labels: labelSelector(map[string]string{"app": "keda-operator"}),
	}}
	for _, w := range m.connecting() {
		shown, path := m.scaledByKEDA(w)
		if path == "" {
			continue
		}
		for _, d := range m.scalerStore(w).doors {
			in.add(keda, d.workload, d.port, shown, path)
		}
	}
	return in.flows
}

// scaledByKEDA finds what shows that KEDA scales a workload; path is empty
// where nothing does. Of a ScaledObject only its name is read, which the chart
// takes from the workload; KEDA makes an autoscaler from it and labels that.
func (m *Model) scaledByKEDA(w *Workload) (shown snapshot.Ref, path string) {
	for _, o := range m.recorded("ScaledObject") {
		if o.Name == w.Ref.Name && o.Namespace == w.Ref.Namespace {
			return o.Ref, "/metadata/name"
		}
	}
	for _, o := range m.Snapshot.OfKind(snapshot.Autoscaler) {
		if o.Labels()["app.kubernetes.io/managed-by"] == "keda-operator" && o.At("spec", "scaleTargetRef", "name") == w.Ref.Name {
			return o.Ref, "/spec/scaleTargetRef"
		}
	}
	for _, key := range kedaValues[w.Component] {
		if on, _ := m.value(key...).(bool); on && !w.Future {
			return w.Ref, w.PodPath
		}
	}
	return snapshot.Ref{}, ""
}

// scalerStore is the database that KEDA asks: by the variable that the chart
// gives the scaled pods for it, else as the pods themselves have it.
func (m *Model) scalerStore(w *Workload) store {
	main, found := w.Main()
	if !found {
		return store{}
	}
	for _, variable := range kedaVariables {
		s, set := m.Env(w, main.Name, variable)
		if !set || !s.Known {
			continue
		}
		if place, readable := m.storeAt(w, s.Value, storeOptions[metadataStore].components); readable {
			return place
		}
	}
	return m.storeOf(w, metadataStore)
}
