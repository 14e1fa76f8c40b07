package collect

import (
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// TestSecretsWithKeys: a live Secret keeps what renderings do not agree on, and follows an overlay in the rest.
func TestSecretsWithKeys(t *testing.T) {
	live := snapshot.Object{Content: map[string]any{"data": map[string]any{"random": "live", "fixed": "live", "gone": "live", "own": "live"}}}
	before := map[string]any{"random": "1", "fixed": "a", "gone": "x", "still": "s"}
	again := map[string]any{"random": "2", "fixed": "a", "gone": "x", "still": "s"}
	after := map[string]any{"random": "3", "fixed": "b", "new": "n", "still": "s"}
	got := dataOf(withKeys(live, before, again, after))
	want := map[string]any{"random": "live", "fixed": "b", "new": "n", "own": "live"}
	if len(got) != len(want) {
		t.Errorf("got %v", got)
	}
	for key, value := range want {
		if got[key] != value {
			t.Errorf("%s is %v, not %v", key, got[key], value)
		}
	}
	if dataOf(live)["fixed"] != "live" {
		t.Error("the live Secret itself has changed")
	}
}
