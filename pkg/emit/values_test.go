package emit

import (
	"bytes"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func anyModel() *airflow.Model {
	return airflow.New(&snapshot.Snapshot{Release: snapshot.Release{Name: "af", Namespace: "team"}})
}

func TestValues(t *testing.T) {
	changes := []harden.ValuesChange{
		{Path: []string{"workers", "podLabels", "af-1.2-client"}, Value: "true", Rules: []string{"AS204"}, Why: "a\nhostile: line"},
		{Path: []string{"networkPolicies", "enabled"}, Value: true, Rules: []string{"AS201", "AS205"}, Why: "policies"},
		{Path: []string{"apiServer", "from"}, Value: []any{map[string]any{"podSelector": map[string]any{"b": "2", "a": "on"}}}, Rules: []string{"AS203"}, Why: "first"},
		{Path: []string{"apiServer", "from"}, Value: []any{int64(8080)}, Rules: []string{"AS203"}, Why: "later"},
	}
	const want = `# Values for the Airflow release af in namespace team
# Apply:   helm upgrade af CHART -n team --reset-then-reuse-values -f FILE
apiServer:
  # AS203: later
  from:
    - 8080
networkPolicies:
  # AS201, AS205: policies
  enabled: true
workers:
  podLabels:
    # AS204: a
    # hostile: line
    af-1.2-client: "true"
`
	for range 3 {
		var b bytes.Buffer
		if err := Values(&b, anyModel(), changes); err != nil {
			t.Fatal(err)
		}
		if b.String() != want {
			t.Errorf("got\n%s\nwant\n%s", b.String(), want)
		}
		back := map[string]any{}
		if err := yaml.Unmarshal(b.Bytes(), &back); err != nil || len(back) != 3 {
			t.Errorf("reads back as %v, %v", back, err)
		}
	}
}

func TestValuesWithNothingToChange(t *testing.T) {
	var b bytes.Buffer
	if err := Values(&b, anyModel(), nil); err != nil || !strings.HasSuffix(b.String(), "# There is nothing to change.\n") {
		t.Errorf("got %q, %v", b.String(), err)
	}
}

// What was masked cannot be written back: a token would take the real value's place.
func TestValuesHoldNoMaskedText(t *testing.T) {
	var b bytes.Buffer
	token := snapshot.Masked{ID: "1"}.Token()
	err := Values(&b, anyModel(), []harden.ValuesChange{{Path: []string{"a"}, Value: map[string]any{"b": []any{"x" + token}}, Why: "w"}})
	if err == nil || b.Len() != 0 {
		t.Errorf("wrote %q, %v", b.String(), err)
	}
}

func TestValuesSayHowTheyAreUndone(t *testing.T) {
	var b bytes.Buffer
	m := airflow.New(&snapshot.Snapshot{Release: snapshot.Release{Name: "af", Namespace: "team", Revision: 3}})
	if err := Values(&b, m, nil); err != nil || !strings.Contains(b.String(), "# Undo:    helm rollback af 3 -n team\n") {
		t.Errorf("%v\n%s", err, b.String())
	}
}
