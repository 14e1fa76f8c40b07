package rules

import (
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// secretNeed says which components need one of Airflow's secrets.
type secretNeed struct {
	what      string
	variables []string
	needs     []airflow.Component
	// older need it in Airflow 2 beside the others.
	older []airflow.Component
	// gain is what code gains where nobody needs the secret.
	gain string
	// narrow is the official chart's version from which it gives the secret to
	// those that need it alone; empty where none does.
	narrow string
}

// judgedComponents run for long, or run what DAG authors wrote.
var judgedComponents = []airflow.Component{
	airflow.Webserver, airflow.APIServer, airflow.Scheduler, airflow.DagProcessor, airflow.Triggerer, airflow.Worker, airflow.TaskPod, airflow.Flower,
}

// Source: Airflow's documentation, Workload isolation and current limitations
// (Airflow 3); the official chart's release notes of 1.20.
var secretNeeds = []secretNeed{
	{
		what: "the login to the metadata database",
		variables: []string{
			"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC", "AIRFLOW__CORE__SQL_ALCHEMY_CONN", "AIRFLOW_CONN_AIRFLOW_DB",
		},
		needs: []airflow.Component{airflow.Webserver, airflow.APIServer, airflow.Scheduler, airflow.DagProcessor, airflow.Triggerer},
		older: []airflow.Component{airflow.Worker, airflow.TaskPod},
		gain:  "reads and writes the whole database",
	},
	{
		what: "the JWT key", variables: []string{"AIRFLOW__API_AUTH__JWT_SECRET"},
		needs: []airflow.Component{airflow.APIServer, airflow.Scheduler}, older: judgedComponents,
		gain: "makes itself a token of any user or task", narrow: "1.20.0",
	},
	{
		what: "the web secret key", variables: []string{"AIRFLOW__API__SECRET_KEY", "AIRFLOW__WEBSERVER__SECRET_KEY"},
		needs: []airflow.Component{airflow.Webserver, airflow.APIServer, airflow.Scheduler, airflow.Triggerer, airflow.Worker, airflow.TaskPod},
		older: []airflow.Component{airflow.DagProcessor},
		gain:  "makes itself a session as any user",
	},
	{
		what: "the Fernet key", variables: []string{"AIRFLOW__CORE__FERNET_KEY"},
		needs: []airflow.Component{airflow.Webserver, airflow.APIServer, airflow.Scheduler, airflow.DagProcessor, airflow.Triggerer, airflow.Worker, airflow.TaskPod},
		gain:  "decrypts all stored connections",
	},
}

// neededBy says whether a component needs the secret. A Celery worker keeps its
// results in the metadata database unless it is told of another place.
func (n *secretNeed) neededBy(p *rule.Pass, w *airflow.Workload) bool {
	if slices.Contains(n.needs, w.Component) || p.Airflow().Major < 3 && slices.Contains(n.older, w.Component) {
		return true
	}
	return n == &secretNeeds[0] && w.Component == airflow.Worker && keepsResults(p, w)
}

func keepsResults(p *rule.Pass, w *airflow.Workload) bool {
	main, _ := w.Main()
	s, exists := p.SettingIn(w, main.Name, "celery", "result_backend")
	return p.Airflow().Celery() && (!exists || !s.Known || s.Default || strings.HasPrefix(s.Value, "db+"))
}

// heldBy is the first of the secret's variables that a container holds; empty where it holds none.
func (n *secretNeed) heldBy(held []airflow.Setting) string {
	for _, name := range n.variables {
		if slices.ContainsFunc(held, func(s airflow.Setting) bool { return s.Name == name || s.Name == name+"_CMD" }) {
			return name
		}
	}
	return ""
}

// severity is what it is worth that a component holds the secret: nobody can
// help what a chart gives to all without a switch.
func (n *secretNeed) severity(p *rule.Pass, w *airflow.Workload, variable string) rule.Severity {
	switch {
	case isAskedFor(p, w, variable):
		return rule.High
	case n.narrow == "":
		return rule.Low
	case isOlderChart(p, n.narrow):
		return rule.Medium
	}
	return rule.High
}

// isAskedFor says that the user's values give a component the variable, and not the chart by itself.
func isAskedFor(p *rule.Pass, w *airflow.Workload, variable string) bool {
	if p.Airflow().Dialect != airflow.Official {
		return false
	}
	root := map[airflow.Component]string{
		airflow.Triggerer: "triggerer", airflow.DagProcessor: "dagProcessor", airflow.TaskPod: "workers",
	}[w.Component]
	if own := envRoots[w.Component]; own != "" {
		root = own
	}
	return valueAt(p, builtInSwitch+variable) == false || root != "" && namesVariable(valueAt(p, root+".env"), variable)
}

// builtInSwitch begins the official chart's keys that take a variable from all components.
const builtInSwitch = "enableBuiltInSecretEnvVars."

func isOlderChart(p *rule.Pass, than string) bool {
	version, err := semver.NewVersion(p.Airflow().Own.Version)
	return err == nil && version.LessThan(semver.MustParse(than))
}

// fix says which switch there is.
func (n *secretNeed) fix(p *rule.Pass, w *airflow.Workload, variable string) rule.Fix {
	switch key := p.Reachable(builtInSwitch + variable); {
	case isAskedFor(p, w, variable):
		return rule.Fix{Kind: rule.Manual, Summary: "take " + variable + " out of the " + string(w.Component) + "'s own variables"}
	case n.narrow != "" && isOlderChart(p, n.narrow):
		return rule.Fix{Kind: rule.Manual, Summary: "upgrade the chart to " + n.narrow + " or later, which gives " + n.what + " to those alone that need it"}
	case p.Airflow().Dialect == airflow.Official && n.narrow == "" && key != "":
		return rule.Fix{Kind: rule.Values, ValuesKey: key,
			Summary: "the chart has no switch for the " + string(w.Component) + " alone: set this one to false for all, and give " + variable + " from the same Secret to those that need it, jobs included, in their own env"}
	case p.Airflow().Dialect == airflow.Community:
		return rule.Fix{Kind: rule.Manual, Summary: "the chart gives its variables to all containers and has no switch for it: keep images that are not your own out of these pods, or change to a chart that tells components apart"}
	}
	return rule.Fix{Kind: rule.Manual, Summary: "take " + variable + " out of the " + string(w.Component)}
}
