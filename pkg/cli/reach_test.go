package cli

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/reach"
)

func TestReachWords(t *testing.T) {
	for args, want := range map[string][3]string{
		"":        {"", "", ""},
		"a":       {"a", "", ""},
		"a b":     {"", "a", "b"},
		"a b c:1": {"a", "b", "c:1"},
	} {
		release, from, to := reachWords(strings.Fields(args))
		if got := [3]string{release, from, to}; got != want {
			t.Errorf("%q became %q, want %q", args, got, want)
		}
	}
}

// TestReachExitCodes runs the command over saved snapshots that differ in what was read and what is in force.
func TestReachExitCodes(t *testing.T) {
	const release, policies = "../reach/testdata/release.yaml", "../reach/testdata/policies.yaml"
	saved := filepath.Join(t.TempDir(), "saved.yaml")
	s, _, errOut := streams()
	if code := Main(context.Background(), []string{"kubectl-airflowsec", "snapshot", "rel", "-f", release, "-o", saved}, s); code != exitClean {
		t.Fatal(errOut)
	}
	unread := saved + "-unread"
	text, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "- kind: NetworkPolicy\n  state: read", "- kind: NetworkPolicy\n  state: forbidden", 1)
	if changed == string(text) {
		t.Fatal("the snapshot says nothing of NetworkPolicy")
	}
	if err := os.WriteFile(unread, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"worker redis --from " + saved, exitClean, "worker to broker:6379: allowed"},
		{"--from " + saved, exitClean, "0 cut"},
		{"worker redis --from " + unread, exitIncomplete, "worker to broker:6379: not known"},
		{"triggerer redis --from " + unread, exitIncomplete, "triggerer to broker:6379: not known"},
		{"--from " + unread, exitIncomplete, "could not be read"},
		{"--from " + unread + " --with " + policies, exitIncomplete, "could not be read"},
		{"--from " + saved + " --with " + policies, exitFindings, "2 of them not applied yet"},
		{"rel worker api-server --from " + saved + " --with " + policies, exitFindings, "(not applied yet)"},
		{"rel triggerer api-server --from " + saved + " --with " + policies, exitClean, "Airflow does not need it"},
		{"worker nonsense --from " + saved, exitError, ""},
	} {
		s, out, errOut := streams()
		code := Main(context.Background(), append([]string{"kubectl-airflowsec", "reach"}, strings.Fields(c.args)...), s)
		if code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("reach %s: exit code %d, want %d\n%s%s", c.args, code, c.code, out, errOut)
		}
	}
}

func TestReachCompletesWithoutACluster(t *testing.T) {
	s, _, _ := streams()
	for _, args := range [][]string{{"rel"}, {"rel", "worker"}} {
		got, _ := completeReach(newKubeFlags(), s)(newReachCommand(s), args, "")
		if !slices.Equal(got, reach.Words()) {
			t.Errorf("after %q: %q", args, got)
		}
	}
}
