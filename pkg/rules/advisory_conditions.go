package rules

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// reach says whether what a flaw needs is so in a release.
type reach int

// The zero value: nothing tells.
const (
	reachUnknown reach = iota
	reached
	notReached
)

// flawCondition is what has to be so for a flaw to be reached, by the name that the
// table of advisories uses.
type flawCondition struct {
	Name  string
	Words string // what has to be so, after "needs"
	holds func(*rule.Pass) reach
}

// flawConditions. Sources: the texts of the records that name them (advisories.json).
var flawConditions = []flawCondition{
	{"load_examples", "[core] load_examples on", optionIs("core", "load_examples", readsTrue)},
	{"expose_config", "expose_config on or non-sensitive-only", anyOption(
		optionIs("webserver", "expose_config", readsNotFalse), optionIs("api", "expose_config", readsNotFalse))},
	{"open-api", "an API backend that lets everybody in", anyOption(
		optionIs("api", "auth_backend", namesOpenBackend), optionIs("api", "auth_backends", namesOpenBackend))},
	{"published-web-key", "the published default of [webserver] secret_key", publishedWebKey},
	{"database-sessions", "sessions in the database", anyOption(
		optionIs("webserver", "session_backend", valueIs("database")), optionIs("fab", "session_backend", valueIs("database")))},
	{"celery", "a Celery executor", executorIs("Celery")},
	{"kubernetes-executor", "a Kubernetes executor", executorIs("Kubernetes")},
	{"shared-logs", "a log volume that workers share with the API server", logsShared},
	{"dags-on-api-server", "DAG files in the API server's pod", dagsOnAPIServer},
	{"ldap", "LDAP login", loginIs("AUTH_LDAP")},
	{"oauth", "OAuth login", loginIs("AUTH_OAUTH")},
	{"elasticsearch-login", "a login in [elasticsearch] host", optionIs("elasticsearch", "host", holdsLogin)},
	{"opensearch-login", "a login in [opensearch] host", optionIs("opensearch", "host", holdsLogin)},
	{"multi-team", "[core] multi_team on", optionIs("core", "multi_team", readsTrue)},
	{"aws-auth-manager", "the AWS auth manager", optionIs("core", "auth_manager", valueHolds("AwsAuthManager"))},
	{"keycloak-auth-manager", "the Keycloak auth manager", optionIs("core", "auth_manager", valueHolds("KeycloakAuthManager"))},
	{"fab-auth-manager", "the FAB auth manager", optionIs("core", "auth_manager", valueHolds("FabAuthManager"))},
}

// conditionNamed is nil for a flaw of which nothing is known, or that needs nothing.
func conditionNamed(name string) *flawCondition {
	i := slices.IndexFunc(flawConditions, func(c flawCondition) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return &flawConditions[i]
}

// optionIs: one component whose value says yes is enough; no is no only where all values are known.
// An option that this version does not have cannot be on.
func optionIs(section, key string, yes func(string) bool) func(*rule.Pass) reach {
	return func(p *rule.Pass) reach {
		out := notReached
		for _, s := range p.Settings(section, key) {
			switch {
			case s.Known && yes(s.Value):
				return reached
			case !s.Known:
				out = reachUnknown
			}
		}
		return out
	}
}

func anyOption(list ...func(*rule.Pass) reach) func(*rule.Pass) reach {
	return func(p *rule.Pass) reach {
		out := notReached
		for _, one := range list {
			switch one(p) {
			case reached:
				return reached
			case reachUnknown:
				out = reachUnknown
			}
		}
		return out
	}
}

func valueIs(word string) func(string) bool {
	return func(value string) bool { return strings.EqualFold(strings.TrimSpace(value), word) }
}

func valueHolds(word string) func(string) bool {
	return func(value string) bool { return strings.Contains(value, word) }
}

// readsTrue and readsNotFalse read words as Airflow does; anything else but a false word is on to be safe.
func readsTrue(value string) bool { return isOn(airflow.Setting{Known: true, Value: value}) }

func readsNotFalse(value string) bool {
	on, ok := airflow.Setting{Known: true, Value: value}.On()
	return !ok || on
}

func namesOpenBackend(value string) bool {
	return slices.ContainsFunc(strings.Split(value, ","), func(b string) bool { return slices.Contains(openBackends, strings.TrimSpace(b)) })
}

// holdsLogin: a masked part of an address is its login.
func holdsLogin(value string) bool {
	return strings.Contains(value, "@") || len(snapshot.MaskedIn(value)) > 0
}

func publishedWebKey(p *rule.Pass) reach {
	return optionIs("webserver", "secret_key", func(value string) bool {
		return value == "temporary_key" || slices.ContainsFunc(snapshot.MaskedIn(value), func(m snapshot.Masked) bool { return len(m.Published) > 0 })
	})(p)
}

func executorIs(word string) func(*rule.Pass) reach {
	return func(p *rule.Pass) reach {
		list := p.Airflow().Executors
		switch {
		case slices.ContainsFunc(list, valueHolds(word)):
			return reached
		case len(list) > 0:
			return notReached
		}
		return reachUnknown
	}
}

// loginIs asks webserver_config.py. Without one Flask-AppBuilder's own default
// counts, the database, unless an image brings a file of its own.
func loginIs(kind string) func(*rule.Pass) reach {
	return func(p *rule.Pass) reach {
		list := p.WebserverConfig("AUTH_TYPE")
		if len(list) == 0 {
			return reachUnknown
		}
		out := notReached
		for _, s := range list {
			switch {
			case !s.Known:
				out = reachUnknown
			case s.Value == kind:
				return reached
			}
		}
		return out
	}
}

// webPods are those that serve pages and API.
func webPods(p *rule.Pass) []*airflow.Workload {
	return slices.DeleteFunc(slices.Clone(p.Workloads()), func(w *airflow.Workload) bool {
		return w.Component != airflow.APIServer && w.Component != airflow.Webserver
	})
}

// logsShared compares the claims that web pods and task pods mount for logs.
func logsShared(p *rule.Pass) reach {
	web, ours := map[string]bool{}, webPods(p)
	for _, w := range ours {
		for _, claim := range claimsAt(w, "logs") {
			web[claim] = true
		}
	}
	for _, w := range p.Workloads() {
		if w.Component == airflow.Worker && slices.ContainsFunc(claimsAt(w, "logs"), func(c string) bool { return web[c] }) {
			return reached
		}
	}
	return notReached
}

// claimsAt are the claims that a main container mounts at a path with a word in it.
func claimsAt(w *airflow.Workload, word string) []string {
	var out []string
	main, ok := w.Main()
	if !ok {
		return nil
	}
	for _, mount := range main.VolumeMounts {
		if !strings.Contains(mount.MountPath, word) {
			continue
		}
		for _, v := range w.Spec.Volumes {
			if v.Name == mount.Name && v.PersistentVolumeClaim != nil {
				out = append(out, v.PersistentVolumeClaim.ClaimName)
			}
		}
	}
	return out
}

// dagsOnAPIServer: a mount shows DAGs, but an image may hold them unseen.
func dagsOnAPIServer(p *rule.Pass) reach {
	for _, w := range webPods(p) {
		main, ok := w.Main()
		if !ok {
			continue
		}
		for _, mount := range main.VolumeMounts {
			if strings.Contains(mount.MountPath, "dags") {
				return reached
			}
		}
	}
	return reachUnknown
}
