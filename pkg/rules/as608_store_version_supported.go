package rules

import (
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var storeVersionSupported = &rule.Rule{
	ID:       "AS608",
	Slug:     "store-version-supported",
	Title:    "Database and broker run versions that get security fixes",
	Why:      "After the end of life of a version its makers publish no fix, and what is found in a newer one is a recipe against the old. Database and broker hold Airflow's credentials and the commands of its tasks.",
	Fix:      "Move to a supported version: PostgreSQL and MySQL by dump and restore or by an upgrade in place, Redis and RabbitMQ with an empty queue.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"DB", "Redis"},
	Refs: []rule.Ref{
		nsa("Upgrading and application security practices"), mitre("T1190"), mitre("T1525"),
		{Source: "PostgreSQL documentation", ID: "Versioning policy", URL: "https://www.postgresql.org/support/versioning/"},
		{Source: "endoflife.date", ID: "Redis", URL: "https://endoflife.date/redis"},
	},
	Needs: snapshot.Workloads,
	Uses:  storeUses,
	Check: checkStoreVersions,
}

func checkStoreVersions(p *rule.Pass) {
	judged := map[string]bool{} // a master and its replicas run the same image
	for _, w := range p.Workloads() {
		main, ok := w.Main()
		if !ok || w.Owner != nil || w.Component != airflow.Database && w.Component != airflow.Broker || judged[main.Image] {
			continue
		}
		judged[main.Image] = true
		judgeStoreVersion(p, w, main)
	}
	noteOutside(p, airflow.Database, metadataOptions...)
	if usesBroker(p.Airflow(), p.Workloads()) {
		noteOutside(p, airflow.Broker, option{"celery", "broker_url"})
	}
}

// noteOutside says that stores elsewhere show no version. A URL that cannot be
// read leads elsewhere where the release runs no such store.
func noteOutside(p *rule.Pass, component airflow.Component, options ...option) {
	uses, unread := storeURLs(p, storeSettings(p, options...))
	for _, u := range uses {
		for _, host := range servers(p, u) {
			p.Unknown(host + " is outside the release, where its version does not show")
		}
	}
	if !hasComponent(p.Workloads(), component) {
		for _, s := range unread {
			p.Unknown(settingName(s) + ": " + whyNoURL(s))
		}
	}
}

func judgeStoreVersion(p *rule.Pass, w *airflow.Workload, main airflow.Container) {
	product, version := storeVersion(p, parseImage(main.Image))
	table, known := p.EndOfLife(product)
	switch {
	case !known:
		p.Unknown(fmt.Sprintf("%s: which %s image %s holds is not known", w.Ref, w.Component, main.Image))
		return
	case version == "":
		p.Unknown(fmt.Sprintf("%s: the tag of image %s tells no version", w.Ref, main.Image))
		return
	}
	full := version
	if !strings.Contains(full, ".") { // its lines are major versions
		full += ".0"
	}
	answer := table.At(full, p.Now())
	if answer.Unknown != "" {
		p.Unknown(product + " " + answer.Unknown)
		return
	}
	p.Subjects++
	if !answer.Ended {
		return
	}
	p.Report(rule.Finding{
		Target: w.Ref, Component: string(w.Component), Container: main.Name, Path: main.Path + "/image",
		Message: fmt.Sprintf("%s %s gets no security fixes %s", product, version, answer.When()),
		Fixes:   storeUpgradeFixes(p, w, main, table.Newest()),
	})
}

// storeProducts are words in the path of an image, with the product it holds.
var storeProducts = []struct{ word, product string }{
	{"postgres", "postgresql"}, {"mysql", "mysql"}, {"valkey", "valkey"}, {"redis", "redis"}, {"rabbitmq", "rabbitmq"},
}

var tagVersion = pattern.New(`^v?(\d+)(?:\.(\d+))?(?:[.-]|$)`)

// storeVersion is what an image says it holds. Where a tag names no minor
// version and the product's lines are minor ones, it tells no version.
func storeVersion(p *rule.Pass, i image) (product, version string) {
	name := i.Path[strings.LastIndexByte(i.Path, '/')+1:]
	for _, known := range storeProducts {
		if strings.Contains(name, known.word) {
			product = known.product
			break
		}
	}
	found := tagVersion.FindStringSubmatch(i.Tag)
	if product == "" || found == nil {
		return product, ""
	}
	if found[2] != "" {
		return product, found[1] + "." + found[2]
	}
	if table, _ := p.EndOfLife(product); table.Names(found[1]) {
		return product, found[1]
	}
	return product, ""
}

// storeUpgradeFixes name a key only for a broker: a database of another major
// version does not start on the files that are there.
func storeUpgradeFixes(p *rule.Pass, w *airflow.Workload, main airflow.Container, newest string) []rule.Fix {
	if key := p.ValuesKey(w, main.Name, airflow.Image); key != "" && w.Component == airflow.Broker {
		return []rule.Fix{{Kind: rule.Values, Summary: fmt.Sprintf("name an image of a supported version (%s is the newest line this program knows)", newest), ValuesKey: key}}
	}
	return []rule.Fix{{Kind: rule.Manual, Summary: fmt.Sprintf("dump the data, start a supported version (%s is the newest line this program knows), better outside the chart, and restore", newest)}}
}
