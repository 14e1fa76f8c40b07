package rules

import (
	"os"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// wordsAlone are options whose rules say in words what no literal can: an address, a list of the user's own.
var wordsAlone = []string{"[webserver] base_url", "[api] base_url", "[core] execution_api_server_url", "[celery] extra_celery_config"}

// TestEveryOptionHasAValueOrAReason holds the table to the list of Airflow's
// options that was written down apart from the code: an option that a rule
// about Airflow's own settings judges has a value to write, or the reason why somebody decides.
func TestEveryOptionHasAValueOrAReason(t *testing.T) {
	text, err := os.ReadFile("../airflow/testdata/options.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var list []struct {
		Option, Rule string
		Safe, Unsafe []string
	}
	if err := yaml.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	var known []string
	for _, o := range list {
		section, key, _ := strings.Cut(o.Option, "/")
		name := "[" + section + "] " + key
		known = append(known, name)
		if !strings.HasPrefix(o.Rule, "AS5") || slices.Contains(wordsAlone, name) {
			continue
		}
		row, found := valueOf(airflow.Setting{Section: section, Key: key})
		switch {
		case !found || row.value == "" && row.of == nil && row.asks == "":
			t.Errorf("%s: %s has neither a value to write nor the reason why somebody decides", o.Rule, name)
		case row.fits != nil && row.asks == "":
			t.Errorf("%s: nothing says why somebody decides where the value does not fit", name)
		case slices.Contains(o.Unsafe, row.value) && row.fits == nil:
			t.Errorf("%s: %q is unsafe", name, row.value)
		}
		if met, judged := airflow.SecureValue(section, key).Met(row.value); row.value != "" && judged && !met {
			t.Errorf("%s: %q is not what its rule takes for safe", name, row.value)
		}
	}
	for _, row := range settingValues {
		for _, name := range row.options {
			if !slices.Contains(known, name) {
				t.Errorf("%s is none of Airflow's options", name)
			}
		}
	}
}

// The bound of the profile is written in each option's own unit, and never more than it.
func TestSessionsEndAtTheProfilesBound(t *testing.T) {
	for minutes, want := range map[int][3]string{480: {"480", "28800", ""}, 1440: {"1440", "86400", "1"}, 2000: {"2000", "120000", "1"}} {
		p := &rule.Pass{Parameters: rule.Parameters{MaxSessionMinutes: &minutes}}
		if got := [3]string{boundInMinutes(p), boundInSeconds(p), boundInDays(p)}; got != want {
			t.Errorf("%d minutes: %q, not %q", minutes, got, want)
		}
	}
}

func TestOnlyKeysOfOneOptionAreWritten(t *testing.T) {
	for key, want := range map[string]bool{
		"config.api.expose_config": true, "airflow.config.AIRFLOW__API__EXPOSE_CONFIG": true,
		"airflow.extraEnv": false, "env": false, "webserver.webserverConfig": false, "": false,
		"airflow.config.AIRFLOW__API__AUTH_BACKENDS_CMD": false, "airflow.config.AIRFLOW__API__AUTH_BACKENDS_SECRET": false,
	} {
		if got := holdsOneOption(key); got != want {
			t.Errorf("%s: %t", key, got)
		}
	}
}
