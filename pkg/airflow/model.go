package airflow

import (
	"cmp"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Dialect is the family of charts a release speaks.
type Dialect string

const (
	// Community is the User Community chart, airflow-helm/charts 8.x, and its forks.
	Community Dialect = "community"
	// Official is the Apache chart, apache/airflow 1.15 and later, and its forks.
	Official Dialect = "official"
	// Unsupported is any other chart named airflow.
	Unsupported Dialect = "unsupported"
)

// Identity is what a release is, apart from its objects.
type Identity struct {
	Release   string
	Namespace string
	Dialect   Dialect
	Chart     snapshot.Chart
	// Version is Airflow's own, as "3.2.2"; empty where nothing tells.
	Version string
	// Major and Minor are Version's numbers; Major is 0 where unknown.
	Major, Minor int
	// Executors are Airflow's executors in the order given, without module paths; empty where nothing tells.
	Executors []string
}

// Launches says whether the executor starts a pod for each task.
func (i Identity) Launches() bool {
	return slices.ContainsFunc(i.Executors, func(e string) bool {
		return e == "KubernetesExecutor" || e == "CeleryKubernetesExecutor" || e == "LocalKubernetesExecutor"
	})
}

// Model is what rules look at.
type Model struct {
	Identity
	Snapshot *snapshot.Snapshot
	// Workloads are sorted by component, kind, namespace and name.
	Workloads []*Workload

	settings map[string][]Setting
}

// New reads a snapshot. The model points into it and changes nothing.
func New(s *snapshot.Snapshot) *Model {
	m := &Model{Snapshot: s}
	m.Identity = identify(s)
	m.Workloads = workloads(s, m.Identity)
	m.settings = effective(m)
	if m.Version == "" {
		m.setVersion(versionFromImages(m.Workloads))
	}
	if len(m.Executors) == 0 {
		m.Executors = executorsFrom(m)
	}
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

func sortWorkloads(list []*Workload) {
	slices.SortStableFunc(list, func(a, b *Workload) int {
		return cmp.Or(cmp.Compare(a.Component, b.Component), a.Ref.Compare(b.Ref))
	})
}
