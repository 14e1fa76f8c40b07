package render_test

import (
	"bytes"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

func TestCatalogueGolden(t *testing.T) {
	rules := []*rule.Rule{noPrivilegeEscalation, noPublishedCredentials}
	releases := []render.Release{
		{Namespace: "airflow", Name: "rel", Revision: 3, Status: "deployed", Chart: "airflow", ChartVersion: "1.22.0", Dialect: "official",
			AirflowVersion: "3.2.2", Executor: "CeleryExecutor", Support: "supported"},
		{Namespace: "old", Name: "af\x1b[31m", Dialect: "unsupported", Support: "no chart this tool knows"},
	}
	version := render.Version{Version: "v1.2.3", Commit: "abc", Go: "go1.26", Platform: "linux/amd64", Helm: "v3.22.0"}
	for _, format := range []render.Format{render.Table, render.Wide, render.JSON, render.YAML, render.Markdown} {
		o := render.Options{Width: 80}
		outputs := map[string]func(*bytes.Buffer) error{
			"rules":    func(b *bytes.Buffer) error { return render.Rules(b, format, rules, o) },
			"explain":  func(b *bytes.Buffer) error { return render.Explain(b, format, rules[0], o) },
			"releases": func(b *bytes.Buffer) error { return render.Releases(b, format, releases, o) },
			"version":  func(b *bytes.Buffer) error { return render.PrintVersion(b, format, version) },
		}
		known := map[string][]render.Format{
			"rules":    {render.Table, render.Wide, render.JSON, render.YAML},
			"explain":  {render.Table, render.JSON, render.YAML, render.Markdown},
			"releases": {render.Table, render.Wide, render.JSON, render.YAML},
			"version":  {render.Table, render.JSON, render.YAML},
		}
		for name, write := range outputs {
			var b bytes.Buffer
			err := write(&b)
			if knows(known[name], format) {
				if err != nil {
					t.Errorf("%s as %s: %v", name, format, err)
				}
				golden(t, name+"_"+string(format)+".txt", b.Bytes())
			} else if err == nil {
				t.Errorf("%s takes the format %s", name, format)
			}
		}
	}
}

func knows(list []render.Format, format render.Format) bool {
	for _, f := range list {
		if f == format {
			return true
		}
	}
	return false
}
