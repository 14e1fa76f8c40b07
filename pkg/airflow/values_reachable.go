package airflow

// Reachable is a values key of this release's dialect as its values spell it:
// below the chart's name where the chart is part of another. It is empty where
// this chart's values.yaml has no such key.
func (m *Model) Reachable(key string) string {
	if m.Dialect != Official && m.Dialect != Community {
		return ""
	}
	return m.known(key)
}
