package rules_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
)

const docsFolder = "../../docs/rules"

// TestDocs holds docs/rules to the rules: a page that differs, is missing or is
// left over fails; -update writes them.
func TestDocs(t *testing.T) {
	pages := map[string]string{"README.md": indexPage(rules.All())}
	for _, r := range rules.All() {
		pages[r.ID+".md"] = rulePage(t, r)
	}
	for name, want := range pages {
		file := filepath.Join(docsFolder, name)
		if *update {
			if err := os.MkdirAll(docsFolder, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(file)
		if err != nil || !bytes.Equal(got, []byte(want)) {
			t.Errorf("%s is not what the rules say (go test ./pkg/rules -update rewrites it)", file)
		}
	}
	found, err := filepath.Glob(filepath.Join(docsFolder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range found {
		if _, known := pages[filepath.Base(file)]; known {
			continue
		}
		if !*update {
			t.Errorf("%s belongs to no rule", file)
		} else if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
}

func indexPage(all []*rule.Rule) string {
	var b strings.Builder
	b.WriteString("# Rules\n\n")
	b.WriteString("Written by the tests from the rules themselves; `kubectl airflowsec explain RULE` prints the same. IDs are never reused.\n\n")
	b.WriteString("| rule | holds when | severity | from profile |\n| --- | --- | --- | --- |\n")
	for _, r := range all {
		fmt.Fprintf(&b, "| [%s](%s.md) %s | %s | %s | %s |\n", r.ID, r.ID, r.Slug, r.Title, r.Severity, r.Level)
	}
	return b.String()
}

// rulePage is what "explain RULE -o markdown" prints.
func rulePage(t *testing.T, r *rule.Rule) string {
	t.Helper()
	var b bytes.Buffer
	if err := render.Explain(&b, render.Markdown, r, render.Options{}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
