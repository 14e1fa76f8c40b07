package rules

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// gitBundle is one entry of [dag_processor] dag_bundle_config_list.
// Source: Airflow's DAG bundles and the git provider's GitDagBundle.
type gitBundle struct {
	Name   string `json:"name"`
	Class  string `json:"classpath"`
	Kwargs struct {
		Repo       string `json:"repo_url"`
		Connection string `json:"git_conn_id"`
	} `json:"kwargs"`
}

// bundleComponents fetch DAG bundles.
var bundleComponents = []airflow.Component{airflow.DagProcessor, airflow.Scheduler, airflow.Worker, airflow.TaskPod, airflow.Triggerer}

// judgeBundles looks at what Airflow 3 itself fetches with git.
func judgeBundles(g *gathered) {
	for _, at := range keyPlaces(g.pass.Settings("dag_processor", "dag_bundle_config_list"), bundleComponents) {
		if at.Default || isHidden(g.pass, at.Setting) {
			continue
		}
		var list []gitBundle
		if json.Unmarshal([]byte(at.Value), &list) != nil {
			g.pass.Unknown(settingName(at.Setting) + ": it is not a list of bundles in JSON")
			continue
		}
		for _, b := range list {
			if strings.HasSuffix(b.Class, ".GitDagBundle") {
				g.pass.Subjects++
				judgeBundle(g, at.Setting, b)
			}
		}
	}
}

func judgeBundle(g *gathered, at airflow.Setting, b gitBundle) {
	repo, checking := b.Kwargs.Repo, ""
	connection, shown := bundleConnection(g, at, b)
	if shown {
		checking = connection.Extra.Checking
		if repo == "" {
			repo = connection.Host
		}
	}
	bundle := "DAG bundle " + snapshot.Redact(b.Name)
	switch {
	case isClearGit(repo):
		g.add("bundle "+b.Name, settingFinding(at, fmt.Sprintf("%s is fetched over a connection without TLS: %s", bundle, snapshot.Redact(repo)),
			settingFixes(g.pass, at, "use https or ssh")))
	case strings.HasPrefix(repo, "https://"):
	case checking == "no":
		g.add("bundle "+b.Name, settingFinding(at, fmt.Sprintf("%s is fetched without a check of the git server's host key: strict_host_key_checking is no in its connection", bundle),
			settingFixes(g.pass, at, "set strict_host_key_checking to yes and known_hosts_file in the connection's extra")))
	case checking == "":
		g.pass.Unknown(fmt.Sprintf("%s: whether the git server's host key is checked stands in its connection, which no object shows (the git provider before 0.4.1 checks none by itself)", bundle))
	}
}

// gitConnection is what matters of an Airflow connection of type git.
type gitConnection struct {
	Host  string `json:"host"`
	Extra struct {
		Checking string `json:"strict_host_key_checking"`
	} `json:"extra"`
}

// bundleConnection is a bundle's connection, where a variable shows it.
func bundleConnection(g *gathered, at airflow.Setting, b gitBundle) (gitConnection, bool) {
	id := b.Kwargs.Connection
	if id == "" {
		id = "git_default"
	}
	var out gitConnection
	if at.Workload == nil {
		return out, false
	}
	main, _ := at.Workload.Main()
	found, set := g.pass.Env(at.Workload, main.Name, "AIRFLOW_CONN_"+strings.ToUpper(id))
	return out, set && found.Known && json.Unmarshal([]byte(found.Value), &out) == nil
}
