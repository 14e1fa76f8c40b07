package rules_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
)

// TestCatalogue holds the list, the files and the cases together.
func TestCatalogue(t *testing.T) {
	var ids, slugs []string
	for _, r := range rules.All() {
		if err := r.Validate(); err != nil {
			t.Error(err)
		}
		ids, slugs = append(ids, r.ID), append(slugs, r.Slug)
		file := strings.ToLower(r.ID) + "_" + strings.ReplaceAll(r.Slug, "-", "_") + ".go"
		if _, err := os.Stat(file); err != nil {
			t.Errorf("%s should stand in %s", r.ID, file)
		}
		for _, prefix := range []string{"bad_", "good_"} {
			if found, _ := filepath.Glob(filepath.Join("testdata", r.ID, prefix+"*.txtar")); len(found) == 0 {
				t.Errorf("%s has no %s case in testdata/%s", r.ID, prefix, r.ID)
			}
		}
	}
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Errorf("rules are not in ID order, or an ID stands twice: %v", ids)
	}
	slices.Sort(slugs)
	if len(slices.Compact(slices.Clone(slugs))) != len(slugs) {
		t.Errorf("a slug stands twice: %v", slugs)
	}
	for _, pattern := range []string{"as[0-9]*_*.go", "testdata/AS*"} {
		found, _ := filepath.Glob(pattern)
		for _, path := range found {
			id := strings.ToUpper(filepath.Base(path)[:5])
			if !slices.Contains(ids, id) {
				t.Errorf("%s belongs to no rule of the catalogue", path)
			}
		}
	}
}
