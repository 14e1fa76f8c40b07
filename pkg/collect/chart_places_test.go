package collect

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func TestPlacesOfValues(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		full := filepath.Join(dir, name)
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return full
	}
	first := file("a.yaml", "# head\n---\nairflow:\n  fernetKey: x\n  users:\n  - username: u\n    password: p\nbase: &b\n  one: 1\nuses: *b\nweb: {a: 1,\n  \"c/d\": 2}\ngone: {deep: 1}\n")
	second := file("b.yaml", "airflow:\n  fernetKey: y\ngone: 3\n")
	gave, err := Chart{ValueFiles: []string{first, second}, Set: []string{"web.a=5", "new.key=1"}, Overlay: map[string]any{"base": map[string]any{"one": 2}}}.userValues()
	if err != nil {
		t.Fatal(err)
	}
	r := snapshot.Release{Places: gave.sorted()}
	for pointer, want := range map[string]string{
		"/airflow":                  "b.yaml:1",
		"/airflow/fernetKey":        "b.yaml:2",
		"/airflow/users/0/password": "a.yaml:7",
		"/airflow/users/0":          "a.yaml:6",
		"/airflow/users/1":          "a.yaml:5",
		"/airflow/config":           "b.yaml:1",
		"/uses/one":                 "a.yaml:10",
		"/web/c~1d":                 "a.yaml:12",
		"/gone/deep":                "b.yaml:3",
		"/web/a":                    "",
		"/new/key":                  "",
		"/base/one":                 "",
	} {
		at, found := r.PlaceOf(pointer)
		got := ""
		if found {
			got = fmt.Sprintf("%s:%d", filepath.Base(at.File), at.Line)
		}
		if got != want {
			t.Errorf("%s stands at %q, want %q", pointer, got, want)
		}
	}
}
