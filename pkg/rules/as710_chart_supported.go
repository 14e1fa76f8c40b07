package rules

import (
	_ "embed" // the table
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/airflowsec/kubectl-airflowsec/pkg/advisory"
	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var chartSupported = &rule.Rule{
	ID:       "AS710",
	Slug:     "chart-supported",
	Title:    "The chart is maintained, and no later version of it closes a hole of this one",
	Why:      "A chart that nobody mends keeps old images, weak defaults and secrets in the wrong pods. What a later version closed can be read in its release notes, by attackers too.",
	Fix:      "Upgrade the chart, or move to one that is maintained.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Manual},
	Topics:   []string{"Chart"},
	Refs: []rule.Ref{
		nsa("Upgrading and application security practices"), mitre("T1525"), owasp("K01"),
		{Source: "Apache Airflow chart", ID: "release notes", URL: "https://airflow.apache.org/docs/helm-chart/stable/release_notes.html"},
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkChartSupported,
}

// chartTable says which charts nobody mends any more, and what versions of the others did wrong.
type chartTable struct {
	Read  string       `json:"read"`
	Ended []endedChart `json:"ended"`
	Flaws []chartFlaw  `json:"flaws"`
}

type endedChart struct {
	Dialect  airflow.Dialect `json:"dialect"`
	Last     string          `json:"last"`
	Released string          `json:"released"`
	Sources  []string        `json:"sources"`
}

// chartFlaw is what chart versions from one on and before another do. It counts
// where a variable of the release shows it, for companies mend their own copies.
type chartFlaw struct {
	Dialect      airflow.Dialect     `json:"dialect"`
	From         string              `json:"from"`
	Before       string              `json:"before"`
	ID           string              `json:"id"`
	Severity     rule.Severity       `json:"severity"`
	Variable     string              `json:"variable"`
	Prefix       string              `json:"prefix"`
	Except       []airflow.Component `json:"except"`       // components that need the variable
	UnlessValues []string            `json:"unlessValues"` // values that put another in its place
	What         string              `json:"what"`
	Sources      []string            `json:"sources"`
}

//go:embed charts.json
var chartFile []byte

var charts = sync.OnceValue(readCharts)

func readCharts() (t chartTable) {
	if err := json.Unmarshal(chartFile, &t); err != nil {
		panic("charts.json: " + err.Error())
	}
	return t
}

func checkChartSupported(p *rule.Pass) {
	id := p.Airflow()
	if len(p.Workloads()) == 0 || id.Dialect == airflow.Unsupported {
		return
	}
	for _, c := range charts().Ended {
		if c.Dialect == id.Dialect {
			p.Subjects++
			reportEndedChart(p, c)
		}
	}
	version, err := advisory.ParseVersion(plainChartVersion(id.Own.Version))
	if err != nil && id.Dialect == airflow.Official {
		p.Unknown("nothing tells the chart's version")
		return
	}
	for _, f := range charts().Flaws {
		if f.Dialect != id.Dialect {
			continue
		}
		p.Subjects++
		if f.in(version) {
			f.look(p)
		}
	}
}

// plainChartVersion leaves out what a company added to a version: 1.18.0-acme.3 is 1.18.0.
func plainChartVersion(text string) string {
	end := strings.IndexFunc(text, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
	if end < 0 {
		return text
	}
	return strings.TrimRight(text[:end], ".")
}

func reportEndedChart(p *rule.Pass, c endedChart) {
	name := strings.TrimSpace(p.Airflow().Own.Name + " " + p.Airflow().Own.Version)
	if name == "" {
		name = "this chart"
	}
	p.Report(rule.Finding{
		Target: releaseRef(p), Path: "/chart",
		Message: fmt.Sprintf("%s is the %s chart, or made from it; its last release was %s of %s, so what is found since is mended only by those who keep a copy of their own", name, c.Dialect, c.Last, c.Released),
		Fixes:   []rule.Fix{{Kind: rule.Manual, Summary: "move to the official Apache chart, or mend your copy yourselves and say so with an exception"}},
	})
}

// in says whether a version has the flaw.
func (f chartFlaw) in(v advisory.Version) bool {
	from, errFrom := advisory.ParseVersion(f.From)
	before, errBefore := advisory.ParseVersion(f.Before)
	return (errFrom != nil || v.Compare(from) >= 0) && (errBefore != nil || v.Compare(before) < 0)
}

// look reports the first workload whose containers show the flaw, and how many do.
func (f chartFlaw) look(p *rule.Pass) {
	for _, key := range f.UnlessValues {
		if givesValue(p, key) {
			return
		}
	}
	var first *rule.Finding
	var others []string
	for _, w := range p.Workloads() {
		main, ok := w.Main()
		if !ok || slices.Contains(f.Except, w.Component) || !f.shown(p, w, main) {
			continue
		}
		if first == nil {
			first = &rule.Finding{Target: w.Ref, Component: string(w.Component), Container: main.Name, Path: main.Path + "/env", Aspect: f.ID, Severity: f.Severity}
		} else if name := string(w.Component); name != first.Component && !slices.Contains(others, name) {
			others = append(others, name)
		}
	}
	if first == nil {
		return
	}
	first.Message = fmt.Sprintf("chart %s %s", p.Airflow().Own.Version, f.What)
	if len(others) > 0 {
		first.Message += "; seen here and in " + strings.Join(others, ", ")
	}
	first.Fixes = []rule.Fix{{Kind: rule.Manual, Summary: fmt.Sprintf("upgrade the official chart to %s or later; in a copy of your own take the change over", f.Before)}}
	p.Report(*first)
}

// shown: a container has the variable, or one with the prefix.
func (f chartFlaw) shown(p *rule.Pass, w *airflow.Workload, c airflow.Container) bool {
	if f.Variable != "" {
		s, set := p.Env(w, c.Name, f.Variable)
		return set && (s.Known || s.Via != "env") // "env" without a value says only that it may be set
	}
	list, _ := p.Environment(w, c.Name)
	return slices.ContainsFunc(list, func(s airflow.Setting) bool { return strings.HasPrefix(s.Name, f.Prefix) })
}
