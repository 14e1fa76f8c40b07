package collect

import (
	"slices"
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

// TestSecretsThatComeAndGo: an overlay's new Secrets are added, those that it takes away go, and hooks' stay.
func TestSecretsThatComeAndGo(t *testing.T) {
	named := func(name string, origin snapshot.Origin) snapshot.Object {
		return snapshot.Object{Ref: snapshot.Ref{APIVersion: "v1", Kind: "Secret", Name: name}, Origin: origin, Content: map[string]any{}}
	}
	set := func(list ...snapshot.Object) map[snapshot.Ref]snapshot.Object { return secretsOf(list) }
	stays, goes, comes, hook := named("stays", ""), named("goes", ""), named("comes", ""), named("hook", snapshot.Hook)
	c := secretChange{was: set(stays, goes), again: set(stays, goes), is: set(stays, comes)}
	var got []string
	for _, o := range c.in([]snapshot.Object{goes, hook, stays, named("own", "")}) {
		got = append(got, o.Name)
	}
	if want := []string{"hook", "stays", "own", "comes"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
