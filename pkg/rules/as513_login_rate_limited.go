package rules

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var loginRateLimited = &rule.Rule{
	ID:       "AS513",
	Slug:     "login-rate-limited",
	Title:    "Logins are limited, and all processes count together",
	Why:      "Without a limit a program tries passwords by the thousand. A limit that each process counts for itself allows as many times more as there are processes.",
	Fix:      "Leave auth_rate_limited on with its default or a lower rate, and set RATELIMIT_STORAGE_URI in webserver_config.py to a store that all processes share.",
	Severity: rule.Low,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Web"},
	Refs: []rule.Ref{
		owasp("K09"), mitre("T1110.001"), mitre("T1110.003"), mitre("T1110.004"),
		airflowDocs("Configuration reference", "configurations-ref.html"),
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkRateLimit,
}

func checkRateLimit(p *rule.Pass) {
	section := "webserver"
	switch id := p.Airflow(); {
	case id.Major >= 3 && !usesFAB(p):
		return
	case id.Version == "" || id.AtLeast("2.9"): // it reads the older name as well
		section = "fab"
	}
	for _, s := range webSettings(p, section, "auth_rate_limited") {
		p.Subjects++
		if !checkLimited(p, s) && !checkRate(p, section, s.Workload) {
			checkShared(p, s)
		}
	}
}

// checkLimited reports a limit that is off. In the file either of two names
// takes the option's place. Source: airflow/www/extensions/init_appbuilder.py.
func checkLimited(p *rule.Pass, option airflow.Setting) (reported bool) {
	for _, name := range []string{"RATELIMIT_ENABLED", "AUTH_RATE_LIMITED"} {
		for _, s := range judgeable(p, overridden(p, option, name)) {
			if on, ok := s.On(); ok && on {
				continue
			}
			p.Report(settingFinding(s, settingName(s)+" is "+inWords(s.Value)+": passwords can be tried without end", safeFixes(p, s, "set it to True")))
			return true
		}
	}
	return false
}

// checkRate reports a rate above Airflow's own.
func checkRate(p *rule.Pass, section string, w *airflow.Workload) (reported bool) {
	for _, option := range webSettings(p, section, "auth_rate_limit") {
		if option.Workload != w {
			continue
		}
		for _, s := range judgeable(p, overridden(p, option, "AUTH_RATE_LIMIT")) {
			switch met, judged := airflow.SecureValue(section, "auth_rate_limit").Met(s.Value); {
			case !judged:
				p.Unknown(settingName(s) + ": its value is no rate")
			case !met:
				p.Report(settingFinding(s, fmt.Sprintf("%s is %s: passwords can be tried more often than Airflow's default of 5 per 40 second allows", settingName(s), inWords(s.Value)),
					safeFixes(p, s, "set it to 5 per 40 second or less")))
				return true
			}
		}
	}
	return false
}

// storageNames say where attempts are counted; the second is the name before Flask-Limiter 1.4.
var storageNames = []string{"RATELIMIT_STORAGE_URI", "RATELIMIT_STORAGE_URL"}

// checkShared reports a limit that several processes count each for itself,
// where passwords are what logs in.
func checkShared(p *rule.Pass, option airflow.Setting) {
	at := option
	for _, file := range loginFiles(p) {
		if file.Workload != option.Workload {
			continue
		}
		if !mayLogInBy(&file, "AUTH_DB") && !mayLogInBy(&file, "AUTH_LDAP") {
			return
		}
		for _, name := range storageNames {
			for _, s := range file.Values(name) {
				if sharedStorage(p, s) {
					return
				}
				at = s
			}
		}
	}
	processes, known := processesOf(p, option.Workload)
	if known && processes > 1 {
		p.Report(settingFinding(withoutDefault(at), fmt.Sprintf("%d processes count logins each in its own memory: passwords can be tried as many times as often", processes),
			storageFixes(p, option.Workload)))
	}
}

// sharedStorage says whether a place to count in may be one for all processes; one that cannot be seen is unknown.
func sharedStorage(p *rule.Pass, s airflow.Setting) bool {
	if s.Literal == nil || s.Literal.Kind != airflow.Text || !strings.Contains(s.Literal.Text, "://") {
		p.Unknown(s.Name + ": " + computedStorage)
		return true
	}
	return !strings.HasPrefix(s.Literal.Text, "memory://")
}

const computedStorage = "the file computes it, so it cannot be seen whether all processes share it"

// withoutDefault is a place that needs no word about Airflow's default.
func withoutDefault(s airflow.Setting) airflow.Setting {
	s.Default = false
	return s
}

// storageFixes say where the store is to be named.
func storageFixes(p *rule.Pass, w *airflow.Workload) []rule.Fix {
	at := airflow.Setting{Via: "webserver_config.py", Component: w.Component, Workload: w}
	return settingFixes(p, at, `set RATELIMIT_STORAGE_URI = "redis://…" to a store that all processes share`)
}

// processesOf is how many processes serve logins: pods, each with its workers.
func processesOf(p *rule.Pass, w *airflow.Workload) (int, bool) {
	section := "webserver"
	if p.Airflow().Major >= 3 {
		section = "api"
	}
	list := slices.DeleteFunc(webSettings(p, section, "workers"), func(s airflow.Setting) bool { return s.Workload != w })
	if len(list) == 0 {
		return 0, false
	}
	workers, err := strconv.Atoi(strings.TrimSpace(list[0].Value))
	if err != nil {
		return 0, false
	}
	return workers * replicasOf(w), true
}

// replicasOf is how many pods a workload asks for; 1 where nothing says.
func replicasOf(w *airflow.Workload) int {
	if n, err := strconv.Atoi(fmt.Sprint(w.Object.At("spec", "replicas"))); err == nil && n > 1 {
		return n
	}
	return 1
}
