package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var secureCookies = &rule.Rule{
	ID:       "AS506",
	Slug:     "secure-cookies",
	Title:    "Session cookies travel over https only, and not along with other sites' requests",
	Why:      "A session cookie is as good as a password. Without Secure it also goes over http, where whoever is on the way takes it; without SameSite other pages can use it.",
	Fix:      "Set cookie_secure = True and cookie_samesite = Lax or Strict, in [webserver] up to Airflow 2 and in [fab] from Airflow 3 on.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Web"},
	Refs: []rule.Ref{
		owasp("K09"), mitre("T1550.001"), mitre("T1190"),
		airflowDocs("Configuration reference", "configurations-ref.html"),
	},
	Needs: snapshot.Workloads,
	Uses:  slices.Concat(frontKinds, []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord, snapshot.Gateway}),
	Check: checkCookies,
}

// cookieRows are the flags, by option and by name in webserver_config.py.
var cookieRows = []struct {
	key, name, order string
	bad              func(p *rule.Pass, value string) string // what is wrong; empty where nothing is
}{
	{"cookie_secure", "SESSION_COOKIE_SECURE", "set it to True", func(_ *rule.Pass, value string) string {
		if on, ok := (airflow.Setting{Value: value, Known: true}).On(); ok && on {
			return ""
		}
		return "session cookies also go over http, where they can be read"
	}},
	{"cookie_samesite", "SESSION_COOKIE_SAMESITE", "set it to Lax or Strict", crossSite},
}

// crossSite: an empty value is Lax from Airflow 2 on. Source: airflow/www/app.py.
func crossSite(p *rule.Pass, value string) string {
	switch strings.ToLower(value) {
	case "lax", "strict":
		return ""
	case "":
		if p.Airflow().Major >= 2 {
			return ""
		}
	}
	return "session cookies go along with requests that other sites make"
}

func checkCookies(p *rule.Pass) {
	section, used := fabSection(p)
	if !used {
		return
	}
	for _, row := range cookieRows {
		for _, s := range webSettings(p, section, row.key) {
			p.Subjects++
			for _, s := range judgeable(p, lastWord(p, s, row.name)) {
				switch what := row.bad(p, s.Value); {
				case what != "":
					p.Report(settingFinding(s, fmt.Sprintf("%s is %s: %s", settingName(s), inWords(s.Value), what), safeFixes(p, s, row.order)))
				case mayBePassedOver(p, s):
					p.Unknown(settingName(s) + ": the FAB provider reads it from its version 2.4.0 on, and Airflow 3.0 may come with an older one, which only " + row.name + " in webserver_config.py reaches")
				}
			}
		}
	}
}

// mayBePassedOver: no object shows which FAB provider runs; Airflow 3.1 and
// later come with one that reads the options. Source: the provider's changelog.
func mayBePassedOver(p *rule.Pass, s airflow.Setting) bool {
	return s.Section == "fab" && !s.Default && p.Airflow().Major == 3 && !p.Airflow().AtLeast("3.1")
}

// lastWord are the values that count in place of an option's: Airflow 3 runs
// webserver_config.py after it has read the options, Airflow 2 before.
// Sources: airflow/www/app.py; airflow/providers/fab/www/app.py.
func lastWord(p *rule.Pass, option airflow.Setting, name string) []airflow.Setting {
	if p.Airflow().Major < 3 {
		return []airflow.Setting{option}
	}
	return overridden(p, option, name)
}

// overridden are an option's value and those that webserver_config.py may put
// in its place, whether or not they can be judged.
func overridden(p *rule.Pass, option airflow.Setting, name string) []airflow.Setting {
	out := []airflow.Setting{option}
	for _, file := range loginFiles(p) {
		if file.Workload != option.Workload {
			continue
		}
		values := file.Values(name)
		for _, s := range values {
			if !s.Conditional && s.Literal != nil {
				out = nil
			}
		}
		out = append(out, values...)
	}
	return out
}
