package cli

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/wire"
)

// TestVariablesThatNobodyReads: a Secret of which all keys are variables, and
// which no file shows, may set anything. Then it is not told what pods use, and
// no key is wired that only it could ask for.
func TestVariablesThatNobodyReads(t *testing.T) {
	chart := changedChart(t, "templates/_airflow.tpl", "  env: {{- include", "  envFrom: [{secretRef: {name: not-here}}]\n  env: {{- include")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for _, c := range []struct {
		sync   wire.Sync
		unsure []string
	}{
		{wire.ExternalSecrets, []string{"[secrets] backend"}},
		{wire.NoSync, []string{"the Fernet key", "the API server's secret key", "the key that signs API tokens", "the address of the metadata database, with its password", "the broker's address, with its password", "[secrets] backend"}},
	} {
		s, o, e := streams()
		args := []string{"kubectl-airflowsec", "generate", "secrets", "af", "-n", "team", "--chart", chart, "--backend", "vault", "-o", "json"}
		if c.sync != wire.NoSync {
			args = append(args, "--sync", string(c.sync))
		}
		code := Main(context.Background(), append(args, managers[wire.Vault]...), s)
		var w struct {
			Proof struct {
				Holds          bool
				Broken, Unsure []string
			}
		}
		if err := json.Unmarshal(o.Bytes(), &w); err != nil {
			t.Fatalf("%v: %s", err, e)
		}
		if code != exitIncomplete || !w.Proof.Holds || len(w.Proof.Broken) > 0 || strings.Contains(o.String(), "kedaConnection") {
			t.Errorf("%s: code %d, broken %q\n%s", c.sync, code, w.Proof.Broken, e)
		}
		for _, want := range c.unsure {
			if !slices.ContainsFunc(w.Proof.Unsure, func(text string) bool {
				return strings.HasPrefix(text, want+": ") && strings.HasSuffix(text, ": Secret not-here is not among the objects that were read")
			}) {
				t.Errorf("%s: %q is not among what cannot be told: %q", c.sync, want, w.Proof.Unsure)
			}
		}
		if len(w.Proof.Unsure) != len(c.unsure) || !strings.Contains(e.String(), "Cannot be told: "+c.unsure[0]+": ") {
			t.Errorf("%s: %q\n%s", c.sync, w.Proof.Unsure, e)
		}
	}
}

// TestCredentialsThatNobodyUses stand in the values all the same: those of a
// store that is switched off, and of another version of Airflow.
func TestCredentialsThatNobodyUses(t *testing.T) {
	for chart, c := range map[string]struct{ values, key string }{
		"community": {"postgresql: {enabled: false, postgresqlPassword: hunter2-of-nobody}\nexternalDatabase: {host: pg.example.com, user: u, password: hunter3-in-use}\n", "postgresql.postgresqlPassword"},
		"official":  {"executor: KubernetesExecutor\nredis: {enabled: false, password: hunter2-of-nobody}\n", "redis.password"},
	} {
		code, out, errOut := generateSecrets(t, chart, c.values, wire.Vault, wire.ExternalSecrets, "-o", "json")
		var w struct {
			wiring
			Notes []string `json:"notes"`
		}
		if err := json.Unmarshal([]byte(out), &w); err != nil || code != exitClean || !w.Proof.Holds {
			t.Fatalf("%s: code %d: %v %s", chart, code, err, errOut)
		}
		var at any = w.Values
		for key := range strings.SplitSeq(c.key, ".") {
			below, _ := at.(map[string]any)
			at = below[key]
		}
		if at != "" {
			t.Errorf("%s: %s stays %v", chart, c.key, at)
		}
		if want := "Not moved, for no pod is given it: " + c.key + "."; !slices.ContainsFunc(w.Notes, func(text string) bool { return strings.HasPrefix(text, want) }) {
			t.Errorf("%s: nothing says %q: %q", chart, want, w.Notes)
		}
		if strings.Contains(out+errOut, "hunter") {
			t.Errorf("%s: it shows a credential", chart)
		}
	}
}
