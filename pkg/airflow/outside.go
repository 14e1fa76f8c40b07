package airflow

// outsideFlows are the connections that the release's pods make to places
// outside it, from the settings that really hold in each container.
func (m *Model) outsideFlows(d Declarations) []Flow { return nil }
