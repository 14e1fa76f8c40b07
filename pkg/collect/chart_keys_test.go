package collect

import (
	"context"
	"errors"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart"
)

func TestChartKeys(t *testing.T) {
	sub := &chart.Chart{Metadata: &chart.Metadata{Name: "postgresql"}, Values: map[string]any{"primary": map[string]any{"context": map[string]any{"enabled": true}}}}
	ch := &chart.Chart{
		Metadata: &chart.Metadata{Name: "airflow"},
		Values: map[string]any{
			"web": map[string]any{"context": map[string]any{}, "replicas": 1, "kept": map[string]any{"user": 1}},
			"any": map[string]any{},
		},
		Schema: []byte(`{"properties": {
			"web": {"$ref": "#/definitions/web"},
			"closed": {"additionalProperties": false, "properties": {"a": {}}},
			"open": {"properties": {"a": {}}, "additionalProperties": {"properties": {"b": {}}}}
		}, "definitions": {"web": {"properties": {"context": {"additionalProperties": false, "properties": {"user": {}}}}}}}`),
	}
	ch.SetDependencies(sub)
	keys := keysOf(ch, []string{"redis"})
	for key, want := range map[string]bool{
		"web.context": true, "web.context.user": true, "web.context.other": false, "web.replicas": true, "web.kept.user": true, "web.kept.other": false,
		"closed.a": true, "closed.b": false, "open.a": true, "open.x.b": true, "any.a.b": true, "nothing": false, "nothing.a": false,
		"postgresql.primary.context": true, "postgresql.primary.other": false, "redis.enabled": false,
	} {
		if got := keys.Knows(strings.Split(key, ".")); got != want {
			t.Errorf("%s: got %v, want %v", key, got, want)
		}
	}
	if !keys.Absent([]string{"redis", "enabled"}) || keys.Absent([]string{"web"}) {
		t.Error("which subchart is at hand")
	}
	if got := keys.Default([]string{"postgresql", "primary", "context", "enabled"}); got != true {
		t.Errorf("the subchart's default is %v", got)
	}
}

// What a trial renders part by part is what the whole chart gives, and it does not change the base.
func TestTrialOfAChart(t *testing.T) {
	trial, err := Chart{Path: "../../testdata/charts/official", Release: "af", Namespace: "team"}.Trial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	overlay := map[string]any{"networkPolicies": map[string]any{"enabled": true}}
	for range 2 {
		got, err := trial.With(t.Context(), overlay)
		if err != nil {
			t.Fatal(err)
		}
		want, err := trial.Whole(t.Context(), overlay)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Objects) != len(want.Objects) || len(got.Objects) <= len(trial.Base.Objects) {
			t.Errorf("%d objects, as a whole %d, before %d", len(got.Objects), len(want.Objects), len(trial.Base.Objects))
		}
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := trial.With(ended, map[string]any{"executor": "LocalExecutor"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v after the end", err)
	}
	if trial.Renders() != 1 {
		t.Errorf("rendered %d times", trial.Renders())
	}
	if _, err := trial.With(t.Context(), map[string]any{"redis": map[string]any{"nonsense": 1}}); err == nil {
		t.Error("the schema does not count")
	}
}
