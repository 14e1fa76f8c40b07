package airflow

// inboundFlows are the flows into the release from what stands beside it:
// users' way in, the collectors of metrics, and the autoscaler.
func (m *Model) inboundFlows(d Declarations) []Flow { return nil }
