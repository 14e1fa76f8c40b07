package rules

import (
	"slices"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/advisory"
	"github.com/airflowsec/kubectl-airflowsec/pkg/endoflife"
)

// TestConditionsAreKnown: the table of advisories names only conditions that a rule can judge, and each of those is named.
func TestConditionsAreKnown(t *testing.T) {
	used := map[string]bool{}
	for _, r := range advisory.Builtin().Records {
		if r.When == "" {
			continue
		}
		used[r.When] = true
		if conditionNamed(r.When) == nil {
			t.Errorf("%s needs %q, which no rule knows", r.ID, r.When)
		}
	}
	for _, c := range flawConditions {
		if !used[c.Name] {
			t.Errorf("no record needs %s", c.Name)
		}
	}
}

// TestCharts keeps the table of charts readable.
func TestCharts(t *testing.T) {
	for _, f := range charts().Flaws {
		_, errFrom := advisory.ParseVersion(f.From)
		_, errBefore := advisory.ParseVersion(f.Before)
		if f.From != "" && errFrom != nil || errBefore != nil || f.ID == "" || f.What == "" || len(f.Sources) == 0 || f.Severity.Rank() == 0 || (f.Variable == "") == (f.Prefix == "") {
			t.Errorf("%+v lacks something", f)
		}
	}
	for _, c := range charts().Ended {
		if !endoflife.IsDay(c.Released) || c.Last == "" || len(c.Sources) == 0 {
			t.Errorf("%+v lacks something", c)
		}
	}
	for text, want := range map[string]string{"1.18.0": "1.18.0", "1.18.0-acme.3": "1.18.0", "v1": "", "": "", "8.9.0+x": "8.9.0"} {
		if got := plainChartVersion(text); got != want {
			t.Errorf("%q: got %q", text, got)
		}
	}
}

// TestGlobs: * stops at slashes, ** does not, and Docker Hub's images have several names.
func TestGlobs(t *testing.T) {
	for _, c := range []struct {
		glob, image string
		want        bool
	}{
		{"**", "apache/airflow:1", true},
		{"apache/*", "apache/airflow:1", true},
		{"index.docker.io/apache/airflow", "apache/airflow:1", true},
		{"docker.io/apache/airflow:2*", "apache/airflow:1", false},
		{"ghcr.io/*", "ghcr.io/a/b:1", false},
		{"ghcr.io/**", "ghcr.io/a/b:1", true},
		{"redis*", "redis:7", true},
		{"index.docker.io/library/*", "redis:7", true},
		{"a.b/c", "aXb/c", false},
	} {
		i := parseImage(c.image)
		if got := slices.ContainsFunc(spellings(i), globForm(c.glob).MatchString); got != c.want {
			t.Errorf("%s and %s: got %v", c.glob, c.image, got)
		}
	}
}
