package airflow

// OutsideIDs are the IDs of the rows that lead out of the release by its settings.
func OutsideIDs() []string {
	out := []string{"unread-settings"}
	for _, row := range outsideRows {
		out = append(out, row.id)
	}
	return out
}
