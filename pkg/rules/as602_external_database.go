package rules

import (
	"fmt"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var externalDatabase = &rule.Rule{
	ID:       "AS602",
	Slug:     "external-database",
	Title:    "Airflow's database is not the one that its chart ships",
	Why:      "The charts' embedded databases are meant for trying out: one pod, a superuser's login, a published password by default, no TLS, no backup, and images that get no more fixes. Who takes over that pod has every connection and user of Airflow.",
	Fix:      "Run the database outside the chart, managed or by an operator, and point Airflow at it.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"DB"},
	Refs: []rule.Ref{
		owasp("K07"), mitre("T1525"), mitre("T1485"),
		{Source: "Apache Airflow Helm chart documentation", ID: "Production guide: database", URL: "https://airflow.apache.org/docs/helm-chart/stable/production-guide.html#database"},
	},
	Needs: snapshot.Workloads,
	Uses:  storeUses,
	Check: checkExternalDatabase,
}

func checkExternalDatabase(p *rule.Pass) {
	if firstAirflow(p.Workloads()) == nil {
		return
	}
	list := storeSettings(p, metadataOptions...)
	uses, _ := storeURLs(p, list) // an embedded server shows itself, also where the URL is kept secret
	if w := embeddedDatabase(p); w != nil {
		p.Subjects++
		reportEmbedded(p, w, uses)
	} else if len(list) == 0 {
		p.Unknown("nothing that was read says where the database is")
	} else {
		p.Subjects++
	}
	for _, u := range uses {
		if u.url.Scheme == "sqlite" {
			p.Report(u.finding(rule.Medium, settingName(u.setting)+" is a SQLite file in the pod: it is lost with the pod, and no two pods share it", serverFixes(p)))
		}
	}
}

// embeddedDatabase is the first database server that the release itself runs, or nil: its replicas are the same fact.
func embeddedDatabase(p *rule.Pass) *airflow.Workload {
	for _, w := range p.Workloads() {
		if w.Component == airflow.Database && w.Owner == nil {
			return w
		}
	}
	return nil
}

func reportEmbedded(p *rule.Pass, w *airflow.Workload, uses []storeUse) {
	message := fmt.Sprintf("Airflow keeps its state in the chart's own %s, which is meant for trying out", w.Ref)
	severity := rule.Medium
	if len(uses) > 0 && !slices.ContainsFunc(uses, func(u storeUse) bool { return embedded(p, u) }) {
		message, severity = fmt.Sprintf("%s runs beside the database that Airflow uses, and nothing uses it", w.Ref), rule.Low
	}
	p.Report(rule.Finding{
		Target: w.Ref, Component: string(w.Component), Path: w.SpecPath(), Message: message, Severity: severity,
		Fixes: externalFixes(p),
	})
}

func externalFixes(p *rule.Pass) []rule.Fix {
	order := "set it to false and name a database of your own in data.metadataSecretName"
	if p.Airflow().Dialect == airflow.Community {
		order = "set it to false and name a database of your own in externalDatabase"
	}
	return valuesFix(p, "postgresql.enabled", order)
}

// serverFixes are for where there is no database server at all.
func serverFixes(p *rule.Pass) []rule.Fix {
	if p.Airflow().Dialect == airflow.Community {
		return valuesFix(p, "externalDatabase.host", "name a database of your own there, and its user and password in Secrets")
	}
	return valuesFix(p, "data.metadataSecretName", "name a Secret whose key connection holds the URL of a database of your own")
}
