package rules_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
)

// TestPublishedCredentialsOfRealCharts says what AS401 finds in both charts as
// they come. The scripts in the corpus are cut, so the community chart's first
// user does not show there; a case has him.
func TestPublishedCredentialsOfRealCharts(t *testing.T) {
	folder := os.Getenv("AIRFLOWSEC_CORPUS")
	if folder == "" {
		t.Skip("AIRFLOWSEC_CORPUS names no folder of rendered charts")
	}
	official := []string{
		"Secret/rel-metadata: the database password is a published default: the login is postgres/postgres",
		"Secret/rel-postgresql: the database password is a published default: postgres",
		"Job/rel-create-user: an Airflow user's password is a published default: the login is admin/admin",
	}
	for overlay, want := range map[string][]string{
		"community-8.9.0/00-defaults": {
			"Secret/rel-config-envs: the web secret key is the one that the User Community chart ships",
			"Secret/rel-postgresql: the database password is a published default: airflow",
			"Secret/rel-redis: the broker's password is a published default: airflow",
			"Secret/rel-config-envs: the Fernet key is the one that the User Community chart ships",
		},
		"official-1.22.0/00-defaults": official,
		"official-1.15.0/00-defaults": official,
	} {
		if got := foundIn(t, filepath.Join(folder, overlay, "manifest.yaml")); !slices.Equal(got, want) {
			t.Errorf("%s: got\n%s", overlay, strings.Join(got, "\n"))
		}
	}
	hardened, err := filepath.Glob(filepath.Join(folder, "*", "*hardened*", "manifest.yaml"))
	if err != nil || len(hardened) < 4 {
		t.Fatalf("hardened releases: %v, %v", hardened, err)
	}
	for _, file := range hardened {
		if got := foundIn(t, file); len(got) > 0 {
			t.Errorf("%s: a hardened release has %v", file, got)
		}
	}
}

func foundIn(t *testing.T, file string) []string {
	t.Helper()
	s, err := collect.FromFiles(context.Background(), collect.Files{Paths: []string{file}, Release: "rel", Namespace: "airflow", Now: caseTime})
	if err != nil {
		t.Fatal(err)
	}
	r, err := check.Run(airflow.New(s), []*rule.Rule{rules.Find("AS401")}, &profile.Profile{Name: "case", Level: rule.Paranoid})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range r.Results[0].Findings {
		out = append(out, f.Target.Kind+"/"+f.Target.Name+": "+f.Message)
	}
	return out
}
