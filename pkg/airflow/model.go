package airflow

import (
	"slices"
	"sync"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Model is what rules look at. Several may ask it at once: it keeps what each
// container is configured by (its variables, its airflow.cfg and the output of
// its commands) and the list of pods, all worked out at the first question and
// never changed after. What it hands out is shared, so that nobody may change it.
type Model struct {
	Identity
	Snapshot *snapshot.Snapshot
	// Workloads are sorted by component, kind, namespace and name.
	Workloads []*Workload
	// Malformed are the objects that should have pods and whose pods do not fit Kubernetes' API: nothing else can be said of them.
	Malformed []*snapshot.Object
	// TaskPods says whether the KubernetesExecutor's pods are needed and known.
	TaskPods TaskPodState

	index  *objectIndex
	kept   kept
	config map[*Workload]*config // of workloads that run Airflow
	prefix string                // of the chart's own values where it is a subchart, as "airflow."
	// unwritten are the pods that tasks may start and no manifest describes; rules do not see them.
	unwritten []*Workload
	pods      func() []Pod
	// provider is what is known of the cncf.kubernetes provider; own are the user's declared needs.
	provider func() ProviderVersions
	own      []DeclaredNeed
	// chartVersion is the Airflow chart's own, as the labels tell, also below a company's chart.
	chartVersion string
}

// New reads a snapshot. The model points into it and changes nothing; it is
// safe for use by several rules at once. Needs are those that users declare.
func New(s *snapshot.Snapshot, needs ...DeclaredNeed) *Model {
	m := &Model{
		Snapshot: s, index: newIndex(s), config: map[*Workload]*config{},
		kept: newKept(), own: needs,
	}
	m.Workloads, m.Malformed = workloads(s, m.index)
	labels := chartLabels(s)
	m.prefix = valuesPrefix(s, m.Workloads)
	m.Identity = identify(s, labels, m.Workloads, m.prefix != "" || s.Release.Airflow != nil)
	m.chartVersion = first(labels.version, m.Own.Version)
	m.readConfigs()
	m.setVersion(m.findVersion())
	m.Executors = m.findExecutors()
	m.addTaskPods()
	sortWorkloads(m.Workloads)
	m.unwritten = m.findUnwritten()
	m.pods = sync.OnceValue(m.findPods)
	m.provider = sync.OnceValue(m.findProvider)
	return m
}

// Find are the workloads of one component.
func (m *Model) Find(component Component) []*Workload {
	var out []*Workload
	for _, w := range m.Workloads {
		if w.Component == component {
			out = append(out, w)
		}
	}
	return out
}

// Has says whether the release has any of these components.
func (m *Model) Has(components ...Component) bool {
	return slices.ContainsFunc(m.Workloads, func(w *Workload) bool { return slices.Contains(components, w.Component) })
}
