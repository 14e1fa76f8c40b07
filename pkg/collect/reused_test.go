package collect

import (
	"reflect"
	"slices"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// reusedHistory stores two revisions whose user has set a password and a host, and dropped the former.
// The second keeps as its chart's values what is given.
func reusedHistory(t *testing.T, stored map[string]any) *snapshot.Snapshot {
	t.Helper()
	f := newFakeAPI(t, scheduler("team", "af"))
	connection := func(fields map[string]any) map[string]any {
		return map[string]any{"data": map[string]any{"metadataConnection": fields}, "executor": "CeleryExecutor"}
	}
	for i, config := range []map[string]any{connection(map[string]any{"pass": canary + "-1", "host": "pg"}), connection(map[string]any{"pass": "", "host": "pg"})} {
		r := releaseOf("af", i+1)
		r["namespace"], r["config"] = "team", config
		chart, _ := r["chart"].(map[string]any)
		if i == 1 {
			chart["values"] = stored
		}
		chart["schema"] = []byte(`{"properties": {"executor": {}, "fernetKeySecretName": {}}}`)
		f.addRecord("team", "af", i+1, []string{"superseded", "deployed"}[i], packed(t, r))
	}
	return readHistory(t, f, 0)
}

func TestReusedValuesStandInTheNewestRecord(t *testing.T) {
	s := reusedHistory(t, map[string]any{"executor": "CeleryExecutor", "other": canary + "-2",
		"data": map[string]any{"metadataConnection": map[string]any{"pass": canary + "-1", "host": "pg", "user": "postgres"}}})
	if len(s.Release.Past) != 2 || s.Release.Past[1].Revision != 2 || s.Release.Past[1].Values != nil {
		t.Fatalf("got %+v", s.Release.Past)
	}
	before := in(s.Release.Past[0].Values, "data", "metadataConnection", "pass")
	if left := in(s.Release.Past[1].Left, "data", "metadataConnection", "pass"); left == nil || left != before {
		t.Errorf("left is %+v, before was %v", s.Release.Past[1].Left, before)
	}
	if s.Release.AsChart != nil {
		t.Errorf("the user's own values are the chart's: %q", s.Release.AsChart)
	}
	if got, want := s.Release.Chart.ValueKeys, []string{"data", "executor", "fernetKeySecretName", "other"}; !slices.Equal(got, want) {
		t.Errorf("keys %q, want %q", got, want)
	}
}

func TestTheChartsOwnValuesAreNoLeftovers(t *testing.T) {
	s := reusedHistory(t, map[string]any{"executor": "CeleryExecutor", "data": map[string]any{"metadataConnection": map[string]any{"pass": canary + "-chart", "host": ""}}})
	if len(s.Release.Past) != 1 || s.Release.Past[0].Left != nil {
		t.Errorf("got %+v", s.Release.Past)
	}
	if want := []string{"executor"}; !slices.Equal(s.Release.AsChart, want) {
		t.Errorf("as the chart: %q, want %q", s.Release.AsChart, want)
	}
}

func TestWithoutUsers(t *testing.T) {
	values := map[string]any{"a": 1, "b": map[string]any{"c": 1, "d": 2}, "e": map[string]any{"f": 1}, "g": map[string]any{}, "h": []any{1}, "i": nil}
	user := map[string]any{"b": map[string]any{"c": 3}, "e": map[string]any{"f": nil}, "g": map[string]any{}, "h": []any{2}}
	want := map[string]any{"a": 1, "b": map[string]any{"d": 2}, "g": map[string]any{}}
	if got := withoutUsers(values, user); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAMapOfNullIsLikeAnEmptyOne(t *testing.T) {
	ref := &snapshot.Reference{}
	compareFiles(ref, map[string][]byte{"values.yaml": []byte(`{"a": {"b": {}}, "c": 1}`)}, map[string][]byte{"values.yaml": []byte(`{"a": {"b": {"http": null}}, "c": 2}`)})
	if got, want := differences(ref), []string{"values.yaml: c changed"}; !slices.Equal(got, want) {
		t.Errorf("differences %q, want %q", got, want)
	}
}
