package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var settingTakesEffect = &rule.Rule{
	ID:       "AS521",
	Slug:     "setting-takes-effect",
	Title:    "Airflow uses every security setting that it is given",
	Why:      "Airflow passes over a name that its version does not know, and over whatever a stronger place sets, without a word. Whoever set it believes that the door is shut; whoever attacks finds it open.",
	Fix:      "Move the setting to the name that this version reads, and keep it in one place.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Cfg"},
	Refs: []rule.Ref{
		owasp("K08"), nsa("Upgrading and application security practices"),
		airflowDocs("Setting configuration options", "howto/set-config.html"),
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkSettingTakesEffect,
}

func checkSettingTakesEffect(p *rule.Pass) {
	for _, w := range p.Workloads() {
		if w.Component.RunsAirflow() {
			p.Subjects++
		}
	}
	if p.Subjects == 0 {
		return
	}
	ignored, unread := p.IgnoredSettings()
	for _, reason := range unread {
		p.Unknown("settings: " + reason)
	}
	own := newChartOwn(p)
	var lost []airflow.Ignored
	for _, i := range ignored {
		if !comfort[settingName(i.Setting)] && !own.set(i.Setting) && isLost(p, i) {
			lost = append(lost, i)
		}
	}
	for _, i := range oncePerName(lost) {
		p.Report(ignoredFinding(p, i))
	}
	checkCookiesInFile(p)
	checkUnitTestMode(p)
}

// comfort are options of the table that decide nothing about security by themselves.
var comfort = map[string]bool{
	"[core] executor": true, "[core] dags_folder": true, "[core] plugins_folder": true, "[celery] flower_url_prefix": true, "[celery] flower_host": true,
	"[metrics] statsd_on": true, "[scheduler] statsd_on": true, "[webserver] enable_swagger_ui": true, "[api] enable_swagger_ui": true,
	"[webserver] base_url": true, "[api] base_url": true, "[celery] worker_log_server_port": true, "[logging] worker_log_server_port": true,
	"[logging] trigger_log_server_port": true, "[core] dagbag_import_error_traceback_depth": true, "[core] simple_auth_manager_users": true,
	"[webserver] workers": true, "[api] workers": true, "[webserver] auth_backend": true, "[ldap] uri": true,
}

// isLost says whether what was set differs from what Airflow uses. Where a
// value cannot be seen the pass learns why.
func isLost(p *rule.Pass, i airflow.Ignored) bool {
	switch {
	case i.Wins.Via == "": // nothing took its place
		return i.Gone != ""
	case i.Wins.Section == "fab" && !usesFAB(p): // no name counts
		return false
	case i.Via == "image": // what Apache's image sets gives way to the pods, as it should
		return false
	case i.Wins.Ref.Same(i.Ref) && i.Wins.Path == i.Path:
		return false
	case i.Via == "cmd" || i.Via == "backend" || isIndirect(i.Name):
		return !i.Known || !i.Wins.Known || i.Value != i.Wins.Value
	case !i.Known || !i.Wins.Known:
		p.Unknown(fmt.Sprintf("%s beside %s: %s", i.Name, winner(i), cmp.Or(whyUnknown(i.Setting), whyUnknown(i.Wins))))
		return false
	}
	return !sameValue(i.Value, i.Wins.Value)
}

// isIndirect says that a name holds a command or a key of the secrets backend.
func isIndirect(name string) bool {
	name = strings.ToUpper(name)
	return strings.HasSuffix(name, "_CMD") || strings.HasSuffix(name, "_SECRET")
}

// sameValue compares as Airflow reads: truth values whatever their spelling.
func sameValue(a, b string) bool {
	on, isTruth := airflow.Setting{Value: a, Known: true}.On()
	other, isOther := airflow.Setting{Value: b, Known: true}.On()
	if isTruth && isOther {
		return on == other
	}
	return strings.TrimSpace(backendAsIn2(a)) == strings.TrimSpace(backendAsIn2(b))
}

// backendAsIn2 names API backends as Airflow 2 did: they only moved.
func backendAsIn2(value string) string {
	return strings.ReplaceAll(value, "airflow.providers.fab.auth_manager.api.auth.backend.", "airflow.api.auth.backend.")
}

// ignoredOnce is one name that is ignored, in the components that are given it.
type ignoredOnce struct {
	airflow.Ignored
	components []airflow.Component
}

func oncePerName(list []airflow.Ignored) []ignoredOnce {
	var out []ignoredOnce
	for _, i := range list {
		at := slices.IndexFunc(out, func(o ignoredOnce) bool {
			return o.Name == i.Name && o.Value == i.Value && o.Why == i.Why && o.Wins.Value == i.Wins.Value
		})
		if at < 0 {
			out = append(out, ignoredOnce{Ignored: i})
			at = len(out) - 1
		}
		if !slices.Contains(out[at].components, i.Component) {
			out[at].components = append(out[at].components, i.Component)
		}
	}
	return out
}

func ignoredFinding(p *rule.Pass, i ignoredOnce) rule.Finding {
	message := i.Name + " " + i.Why
	if i.Wins.Via != "" && i.Wins.Clear() && i.Clear() {
		message += fmt.Sprintf(", and Airflow uses %s instead of %s", inWords(i.Wins.Value), inWords(i.Value))
	}
	if len(i.components) > 1 && i.Ref.Same(i.Workload.Ref) {
		message += " (in " + componentNames(i.components) + ")"
	}
	f := settingFinding(i.Setting, message, ignoredFixes(p, i.Ignored))
	met, _ := airflow.SecureValue(i.Wins.Section, i.Wins.Key).Met(i.Wins.Value)
	if i.Wins.Clear() && met || i.Wins.Via == "" && !i.NotYet { // the door is shut all the same, or gone
		f.Severity = rule.Low
	}
	return f
}

func inWords(value string) string {
	if value = strings.Join(strings.Fields(value), " "); value == "" {
		return "nothing"
	}
	return value
}

func winner(i airflow.Ignored) string { return cmp.Or(i.Wins.Name, settingName(i.Wins)) }

func ignoredFixes(p *rule.Pass, i airflow.Ignored) []rule.Fix {
	switch {
	case i.Wins.Via == "":
		return []rule.Fix{{Kind: rule.Manual, Summary: i.Gone}}
	case isIndirect(i.Name) && i.Lower:
		if key := p.Reachable("enableBuiltInSecretEnvVars." + i.Wins.Name); key != "" && p.Airflow().Dialect == airflow.Official && chartVariables[airflow.Official][i.Wins.Name] {
			return []rule.Fix{{Kind: rule.Values, Summary: "set it to false, so that the chart's variable goes away", ValuesKey: key}}
		}
		return []rule.Fix{{Kind: rule.Manual, Summary: "take " + winner(i) + " away"}}
	case i.Wins.Via == "image":
		return settingFixes(p, i.Setting, "take it out, or set "+i.Wins.Name+" in the pods")
	case i.Lower:
		return settingFixes(p, i.Wins, "give "+winner(i)+" that value, or take it away")
	case isIndirect(i.Name):
		return []rule.Fix{{Kind: rule.Manual, Summary: "set " + settingName(i.Wins) + " itself"}}
	}
	moved := i.Wins
	if moved.Via == "default" || moved.Via == "image" {
		moved.Via, moved.Ref, moved.Component = i.Via, i.Ref, i.Component
		if moved.Name = ""; i.Via == "env" { // the list that holds the old name takes the new one
			moved.Name = i.Name
		}
	}
	return settingFixes(p, moved, "move it to "+settingName(i.Wins))
}

// checkCookiesInFile: Airflow 2 sets the cookies' flags from airflow.cfg after it has run webserver_config.py.
// Source: airflow/www/app.py of 2.0 to 2.6.
func checkCookiesInFile(p *rule.Pass) {
	if p.Airflow().Major != 2 {
		return
	}
	for _, c := range fileCookies {
		list := clearInFile(p, c.name)
		if len(list) == 0 {
			continue
		}
		for _, effective := range webSettings(p, "webserver", c.key) {
			if s := list[0]; !sameValue(s.Value, effective.Value) {
				fixes := settingFixes(p, airflow.Setting{Section: "webserver", Key: c.key}, fmt.Sprintf("set [webserver] %s instead", c.key))
				p.Report(settingFinding(s, fmt.Sprintf("%s in webserver_config.py has no effect: Airflow %s sets it from [webserver] %s afterwards, which is %s",
					c.name, p.Airflow().Version, c.key, inWords(effective.Value)), fixes))
				break
			}
		}
	}
}

// clearInFile are the values that webserver_config.py gives a name; what keeps
// the file from being read is noted once for all names.
func clearInFile(p *rule.Pass, name string) []airflow.Setting {
	var out []airflow.Setting
	for _, s := range p.WebserverConfig(name) {
		if why := whyUnknown(s); why != "" {
			p.Unknown("webserver_config.py: " + why)
			continue
		}
		out = append(out, s)
	}
	return out
}

// fileCookies are the names in webserver_config.py, with the options that count.
var fileCookies = []struct{ name, key string }{
	{"SESSION_COOKIE_SECURE", "cookie_secure"},
	{"SESSION_COOKIE_SAMESITE", "cookie_samesite"},
}

// checkUnitTestMode: Airflow then reads its own test settings over many options.
func checkUnitTestMode(p *rule.Pass) {
	checkExpected(p, expected{section: "core", key: "unit_test_mode", components: dagComponents, risk: "Airflow's settings for its own tests replace many that were given"})
}
