package rules_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
)

// BenchmarkRules judges the community chart's defaults by all rules together,
// and by each alone to show where the time goes.
func BenchmarkRules(b *testing.B) {
	folder := os.Getenv("AIRFLOWSEC_CORPUS")
	if folder == "" {
		b.Skip("AIRFLOWSEC_CORPUS names no folder of rendered charts")
	}
	s, err := collect.FromFiles(context.Background(), collect.Files{
		Paths:   []string{filepath.Join(folder, "community-8.9.0", "00-defaults", "manifest.yaml")},
		Release: "rel", Namespace: "airflow", Now: caseTime,
	})
	if err != nil {
		b.Fatal(err)
	}
	model := airflow.New(s)
	judge := func(b *testing.B, list []*rule.Rule) {
		b.ReportAllocs()
		for b.Loop() {
			shared := rule.NewShared(model, rule.Paranoid, rule.Parameters{})
			for _, r := range list {
				r.Check(shared.Pass())
			}
		}
	}
	b.Run("all", func(b *testing.B) { judge(b, rules.All()) })
	for _, r := range rules.All() {
		b.Run(r.ID, func(b *testing.B) { judge(b, []*rule.Rule{r}) })
	}
}
