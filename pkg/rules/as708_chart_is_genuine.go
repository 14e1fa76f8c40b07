package rules

import (
	"fmt"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var chartIsGenuine = &rule.Rule{
	ID:       "AS708",
	Slug:     "chart-is-genuine",
	Title:    "The release's chart is, file by file, the one that its makers signed",
	Why:      "A chart decides what runs, as whom and with which secrets. Whoever can change it between its makers and the cluster, in a registry, a mirror or a repository, runs code with the release's rights, and nothing in the cluster looks unusual.",
	Fix:      "Install the signed archive (helm install --verify), or go through each difference and say why it is wanted.",
	Severity: rule.High,
	Level:    rule.Paranoid,
	FixKinds: []rule.FixKind{rule.Manual},
	Topics:   []string{"Chart", "Helm"},
	Refs: []rule.Ref{
		{Source: "Helm documentation", ID: "provenance and integrity", URL: "https://helm.sh/docs/topics/provenance/"},
		cis("5.5.1"), nsa("Upgrading and application security practices"), mitre("T1525"),
	},
	Needs: []snapshot.Kind{snapshot.ReleaseRecord},
	Check: checkChartIsGenuine,
}

func checkChartIsGenuine(p *rule.Pass) {
	release := p.Release()
	reference := release.Reference
	switch {
	case reference == nil && release.Record == snapshot.FromFiles:
		return
	case reference == nil:
		p.Unknown("no archive to compare with was given (--signed-chart with --keyring or --chart-digest)")
		return
	}
	p.Subjects++
	if reference.Refused != "" {
		p.Report(chartFinding(p, "", fmt.Sprintf("the archive %s is not what its makers signed: %s", reference.Archive, reference.Refused),
			"fetch the archive again from its makers, with its provenance file and their key"))
	}
	for _, reason := range reference.Unread {
		p.Unknown(reason)
	}
	for _, d := range reference.Differences {
		p.Report(chartFinding(p, change.Escape(d.File), fmt.Sprintf("%s %s (%s %s)", d.File, differenceWords[d.What], reference.Name, reference.Version),
			"install the signed archive, or keep the difference knowingly by an exception"))
	}
}

// differenceWords say what a difference means for the release.
var differenceWords = map[string]string{
	"changed": "is not as in the archive",
	"added":   "is not in the archive at all",
	"missing": "is in the archive, but not in the release's chart",
}

// chartFinding is a finding in the release's chart, at one of its files.
func chartFinding(p *rule.Pass, file, message, order string) rule.Finding {
	return rule.Finding{
		Target: releaseRef(p), Path: "/chart/" + file, Message: message,
		Fixes: []rule.Fix{{Kind: rule.Manual, Summary: order}},
	}
}
