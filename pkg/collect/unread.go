package collect

import "helm.sh/helm/v3/pkg/chart"

// unreadValues are the paths of a user's values that no template of the chart reads, sorted.
func unreadValues(_ *chart.Chart, _ map[string]any) []string { return nil }
