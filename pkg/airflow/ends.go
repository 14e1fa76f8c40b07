package airflow

// Pods are all pods that policies may select: the live ones, one for each
// workload that has no live pod yet, and the pods that tasks will start.
func (m *Model) Pods() []Pod { return nil }
