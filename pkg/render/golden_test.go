package render_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares an output with testdata/<name>.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test ./pkg/render -update rewrites it); got\n%s", file, got)
	}
}

func TestGolden(t *testing.T) {
	one, two := []*check.Report{sample()}, []*check.Report{sample(), clean()}
	for _, c := range []struct {
		name    string
		format  render.Format
		reports []*check.Report
		options render.Options
	}{
		{"table.txt", render.Table, one, render.Options{Single: true}},
		{"table_80.txt", render.Table, one, render.Options{Single: true, Width: 80}},
		{"table_120.txt", render.Table, one, render.Options{Single: true, Width: 120}},
		{"table_color.txt", render.Table, one, render.Options{Single: true, Width: 120, Color: true}},
		{"table_quiet.txt", render.Table, one, render.Options{Single: true, Quiet: true}},
		{"table_several.txt", render.Table, two, render.Options{}},
		{"table_clean.txt", render.Table, []*check.Report{clean()}, render.Options{Single: true, Width: 80}},
		{"table_unreadable.txt", render.Table, []*check.Report{unreadable()}, render.Options{Single: true, Width: 80}},
		{"table_hostile.txt", render.Table, []*check.Report{hostile()}, render.Options{Single: true}},
		{"wide.txt", render.Wide, one, render.Options{Single: true, Width: 80}},
		{"report.json", render.JSON, one, render.Options{Single: true}},
		{"report.yaml", render.YAML, one, render.Options{Single: true}},
		{"list.json", render.JSON, two, render.Options{}},
		{"list_empty.yaml", render.YAML, nil, render.Options{}},
		{"report.sarif", render.SARIF, one, render.Options{Single: true, Tool: "v1.2.3"}},
		{"list.sarif", render.SARIF, two, render.Options{Tool: "v1.2.3", Source: "values.yaml"}},
		{"hostile.sarif", render.SARIF, []*check.Report{hostile()}, render.Options{}},
		{"report.junit.xml", render.JUnit, one, render.Options{}},
		{"hostile.junit.xml", render.JUnit, []*check.Report{hostile()}, render.Options{}},
		{"report.md", render.Markdown, two, render.Options{}},
		{"hostile.md", render.Markdown, []*check.Report{hostile()}, render.Options{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var first, second bytes.Buffer
			for _, b := range []*bytes.Buffer{&first, &second} {
				if err := render.Render(b, c.format, c.reports, c.options); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(first.Bytes(), second.Bytes()) {
				t.Error("two runs differ")
			}
			golden(t, c.name, first.Bytes())
		})
	}
}
