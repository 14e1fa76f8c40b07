package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"
)

// Findings about values stand at their line, those that a set key would close at
// that key's, and all others at the head of the last file.
func TestFindingsPointIntoValuesFiles(t *testing.T) {
	chart, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	chart += "/../../testdata/charts/community"
	t.Chdir(t.TempDir())
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for name, text := range map[string]string{
		"base.yaml": "web:\n  replicas: 2\nflower:\n  resources: {}\n",
		"prod.yaml": "# production\nweb:\n  service:\n    type: LoadBalancer\nmisspelt:\n  deep: 1\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // the second run finds the rendered chart in the cache
		s, out, errOut := streams()
		if code := Main(context.Background(), []string{"kubectl-airflowsec", "check", "--chart", chart, "--values", "base.yaml", "--values", "prod.yaml", "-o", "sarif"}, s); code != 1 {
			t.Fatalf("exit code %d: %s", code, errOut)
		}
		places := sarifPlaces(t, out.Bytes())
		for rule, want := range map[string]string{"AS206": "prod.yaml:4", "AS712": "prod.yaml:5", "AS201": "prod.yaml:1", "AS110": "base.yaml:4"} {
			if !slices.Contains(places[rule], want) {
				t.Errorf("%s stands at %v, want %s", rule, places[rule], want)
			}
		}
	}
}

// sarifPlaces are the places of each rule's findings, as file:line.
func sarifPlaces(t *testing.T, text []byte) map[string][]string {
	t.Helper()
	var log struct {
		Runs []struct {
			Results []struct {
				RuleID    string
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, r := range log.Runs[0].Results {
		at := r.Locations[0].PhysicalLocation
		out[r.RuleID] = append(out[r.RuleID], fmt.Sprintf("%s:%d", at.ArtifactLocation.URI, at.Region.StartLine))
	}
	return out
}
