package rules

import (
	"fmt"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var airflowSupported = &rule.Rule{
	ID:       "AS701",
	Slug:     "airflow-supported",
	Title:    "The Airflow version gets security fixes",
	Why:      "Airflow's makers publish no fix, and no warning, for a line past its end of life. What is found in a newer line is a recipe against the old one.",
	Fix:      "Upgrade to a supported Airflow version.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Manual},
	Topics:   []string{"App"},
	Refs: []rule.Ref{
		{Source: "Apache Airflow version life cycle", URL: "https://github.com/apache/airflow#version-life-cycle"},
		nsa("Upgrading and application security practices"), mitre("T1190"), mitre("T1525"),
	},
	Needs: snapshot.Workloads,
	Check: checkAirflowSupported,
}

func checkAirflowSupported(p *rule.Pass) {
	w := firstAirflow(p.Workloads())
	if w == nil {
		return
	}
	version := p.Airflow().ImageVersion // what runs, whatever the values ask for
	if version == "" {
		version = p.Airflow().Version
	}
	if version == "" {
		p.Unknown("nothing tells which Airflow version runs: neither an image tag nor the chart")
		return
	}
	table, _ := p.EndOfLife("airflow")
	answer := table.At(version, p.Now())
	if answer.Unknown != "" {
		p.Unknown("Airflow " + answer.Unknown)
		return
	}
	p.Subjects++
	if !answer.Ended {
		return
	}
	f := rule.Finding{
		Target: w.Ref, Component: string(w.Component), Path: w.SpecPath(),
		Message: fmt.Sprintf("Airflow %s gets no security fixes %s", version, answer.When()),
		Fixes:   []rule.Fix{{Kind: rule.Manual, Summary: upgradeSummary(p.Airflow().Dialect, table.Newest())}},
	}
	if c, ok := w.Main(); ok {
		f.Container, f.Path = c.Name, c.Path+"/image"
	}
	p.Report(f)
}

func upgradeSummary(d airflow.Dialect, newest string) string {
	summary := fmt.Sprintf("upgrade Airflow; %s is the newest line this program knows", newest)
	if d == airflow.Community {
		summary += ". The community chart runs no Airflow 3: move to the official chart"
	}
	return summary
}

// firstAirflow is the workload that speaks for the release: the first one, in
// the order of reports, that runs Airflow itself.
func firstAirflow(list []*airflow.Workload) *airflow.Workload {
	for _, component := range airflow.Components {
		i := slices.IndexFunc(list, func(w *airflow.Workload) bool { return w.Component == component && component.RunsAirflow() })
		if i >= 0 {
			return list[i]
		}
	}
	return nil
}
