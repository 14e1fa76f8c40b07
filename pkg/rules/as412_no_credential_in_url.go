package rules

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var noCredentialInURL = &rule.Rule{
	ID:       "AS412",
	Slug:     "no-credential-in-url",
	Title:    "No URL that stands in clear carries a credential",
	Why:      "Programs print URLs: git, pip and database drivers write theirs into logs and error messages, where many may read the login in them. This is about URLs in pods and ConfigMaps; other credentials there are AS403's and AS404's, and values are AS402's and AS413's.",
	Fix:      "Keep the whole URL in a Secret, or give the login apart: to git-sync by a Secret, to pip by a mounted configuration file, to Airflow by the connection's Secret.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Git", "Sec"},
	Refs:     []rule.Ref{owasp("K03"), mitre("T1552.001"), {Source: "CWE", ID: "598", URL: "https://cwe.mitre.org/data/definitions/598.html"}},
	Needs:    snapshot.Workloads,
	Uses:     []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check:    checkNoCredentialInURL,
}

func checkNoCredentialInURL(p *rule.Pass) {
	pods, judged := clearInPods(p)
	p.Subjects += judged
	hooksUnseen(p)
	for _, c := range slices.DeleteFunc(pods, func(c *clearInPod) bool { return !c.inURL }) {
		fixes := urlFixes(p, c.inClear)
		if len(fixes) == 0 {
			fixes = c.fixes(p)
		}
		c.report(p, fixes)
	}
	places, texts := clearInMaps(p)
	p.Subjects += texts
	for _, c := range places {
		c.report(p, true, func(found inClear) []rule.Fix {
			if fixes := urlFixes(p, found); len(fixes) > 0 {
				return fixes
			}
			return c.fixes(p)
		})
	}
}

// urlFix is where a chart takes a URL or its login from.
type urlFix struct {
	// parts are those of the variables' and options' names that hold such a URL.
	parts []string
	keys  map[airflow.Dialect]string
	order string
}

// Source: both charts' values.yaml; git-sync's and pip's documentation.
var urlFixTable = []urlFix{
	{[]string{"gitsync_repo", "git_sync_repo", "--repo"}, map[airflow.Dialect]string{airflow.Official: "dags.gitSync.credentialsSecret", airflow.Community: "dags.gitSync.httpSecret"}, "take the login out of the repository's URL, and name a Secret of your own with user and token"},
	{[]string{"pip_index_url", "pip_extra_index_url", "index-url", "extra-index-url", "uv_index", "pip install", "pip3 install"}, nil, "mount a pip.conf or .netrc from a Secret of your own, or better build the packages into the image"},
	{[]string{"sql_alchemy_conn", "airflow_conn_airflow_db"}, map[airflow.Dialect]string{airflow.Official: "data.metadataSecretName", airflow.Community: "externalDatabase.passwordSecret"}, "take it out, and name a Secret of your own"},
	{[]string{"result_backend"}, map[airflow.Dialect]string{airflow.Official: "data.resultBackendSecretName", airflow.Community: "externalDatabase.passwordSecret"}, "take it out, and name a Secret of your own"},
	{[]string{"broker_url"}, map[airflow.Dialect]string{airflow.Official: "data.brokerUrlSecretName", airflow.Community: "externalRedis.passwordSecret"}, "take it out, and name a Secret of your own"},
}

func urlFixes(p *rule.Pass, found inClear) []rule.Fix {
	name := strings.ToLower(found.under + " " + found.name)
	for _, row := range urlFixTable {
		if !slices.ContainsFunc(row.parts, func(part string) bool { return strings.Contains(name, part) }) {
			continue
		}
		if key := p.Reachable(row.keys[p.Airflow().Dialect]); row.keys != nil && key != "" {
			return []rule.Fix{{Kind: rule.Values, Summary: row.order, ValuesKey: key}}
		}
		return []rule.Fix{{Kind: rule.Manual, Summary: row.order}}
	}
	return nil
}
