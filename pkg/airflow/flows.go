package airflow

// Flows are the connections that this release needs, sorted by the ends'
// components and names, then by row.
func (m *Model) Flows(d Declarations) []Flow { return nil }
