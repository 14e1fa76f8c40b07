package collect

import (
	"slices"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
)

func TestAsChart(t *testing.T) {
	sub := &chart.Chart{Metadata: &chart.Metadata{Name: "postgresql"}, Values: map[string]any{"enabled": true, "auth": map[string]any{"username": "app"}}}
	ch := &chart.Chart{Metadata: &chart.Metadata{Name: "airflow"}, Values: map[string]any{
		"executor": "CeleryExecutor", "env": []any{}, "podSecurity": nil,
		"web": map[string]any{"replicas": float64(1), "labels": map[string]any{"a.b": "c"}, "probe": map[string]any{"path": "/health"}},
	}}
	ch.SetDependencies(sub)
	got := asChart(ch, map[string]any{
		"executor": "LocalExecutor", "env": []any{}, "podSecurity": nil, "extra": nil,
		"web":        map[string]any{"replicas": float64(1), "labels": map[string]any{"a.b": "c", "d": "e"}, "probe": map[string]any{"path": "/health"}},
		"postgresql": map[string]any{"enabled": false, "auth": map[string]any{"username": "app"}},
	})
	want := []string{"env", "podSecurity", "postgresql.auth", "web.labels[\"a.b\"]", "web.probe", "web.replicas"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}
