package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/advisory"
	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var noKnownAirflowCVE = &rule.Rule{
	ID:       "AS702",
	Slug:     "no-known-airflow-cve",
	Title:    "No published CVE covers the Airflow version, nor a provider version that is known",
	Why:      "A published flaw comes with a description, often with working code. Whoever can reach the part it is in needs no discovery of their own.",
	Fix:      "Upgrade to a version that closes the flaws; until then switch off what enables them.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Manual},
	Topics:   []string{"App"},
	Refs: []rule.Ref{
		{Source: "Apache Airflow security records", URL: "https://security.apache.org/projects/airflow/"},
		{Source: "CISA Known Exploited Vulnerabilities", URL: "https://www.cisa.gov/known-exploited-vulnerabilities-catalog"},
		nsa("Upgrading and application security practices"), mitre("T1190"), mitre("T1525"),
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkKnownCVEs,
}

// software is one version of one package that some workload runs.
type software struct {
	name, version string
	words         string // for people: "Airflow 2.9.3"
	workload      *airflow.Workload
}

func checkKnownCVEs(p *rule.Pass) {
	list, unknown := airflowVersions(p)
	for _, reason := range unknown {
		p.Unknown(reason)
	}
	for _, s := range list {
		version, err := advisory.ParseVersion(s.version)
		if err != nil {
			p.Unknown(s.words + " is not a version that can be compared")
			continue
		}
		p.Subjects++
		c := &flawReport{pass: p, on: s, version: version}
		for _, r := range p.Advisories().Covering(s.name, version) {
			c.weigh(r)
		}
		c.report()
	}
	checkKubernetesProvider(p)
}

// airflowVersions are the versions that the release's pods run, each with the
// first workload that runs it. A tag that tells nothing leaves the word of the
// values or the chart.
func airflowVersions(p *rule.Pass) (list []software, unknown []string) {
	for _, component := range airflow.Components {
		for _, w := range p.Workloads() {
			main, ok := w.Main()
			if w.Component != component || !component.RunsAirflow() || !ok {
				continue
			}
			version := airflow.ImageVersion(main.Image)
			if version == "" {
				version = declaredVersion(p)
			}
			if version == "" {
				unknown = append(unknown, "nothing tells which Airflow version runs: neither an image tag nor the chart")
				continue
			}
			if !slices.ContainsFunc(list, func(s software) bool { return s.version == version }) {
				list = append(list, software{advisory.Airflow, version, "Airflow " + version, w})
			}
		}
	}
	return list, unknown
}

// declaredVersion is what the values or the chart say, a pre-release included.
func declaredVersion(p *rule.Pass) string {
	number := p.Airflow().Version
	value, _ := valueAt(p, "airflowVersion").(string)
	for _, text := range []string{value, strings.TrimPrefix(p.Airflow().Own.AppVersion, "v")} {
		if exact := airflow.ExactVersion(text); number != "" && strings.HasPrefix(exact, number) {
			return exact
		}
	}
	return number
}

// checkKubernetesProvider judges the one provider whose version images give
// away, and says of the others that they are not judged.
func checkKubernetesProvider(p *rule.Pass) {
	const name = "apache-airflow-providers-cncf-kubernetes"
	first := firstAirflow(p.Workloads())
	if first == nil {
		return
	}
	bounds := p.KubernetesProvider()
	known := bounds.Known() && p.Airflow().Major != 1 // Airflow 1 has no providers
	lowest, end := advisory.Bounds(bounds.From, bounds.Before)
	c := &flawReport{pass: p, on: software{name, lowest.String(), "the cncf-kubernetes provider of this Airflow's image", first}, version: lowest}
	others := 0
	for _, r := range p.Advisories().Records {
		switch {
		case r.Package == advisory.Airflow || r.Package == advisory.Core:
		case r.Package != name || !known:
			others++
		case r.CoversAll(lowest, end):
			c.weigh(r)
		case r.CoversSome(lowest, end):
			others++
		}
	}
	p.Note(fmt.Sprintf("the versions of the providers are not known from here, so %d records about them were not compared: compare the output of pip list with them", others))
	c.report()
}
