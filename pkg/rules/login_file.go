package rules

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// loginFiles are the webserver_config.py files that decide about logins. They
// count under Flask-AppBuilder only, which Airflow 1.10 has to be told to use.
// What a file that could not be read says is unknown.
func loginFiles(p *rule.Pass) []airflow.WebserverFile {
	if !usesFAB(p) || p.Airflow().Major == 1 && !anyOn(webSettings(p, "webserver", "rbac")) {
		return nil
	}
	var out []airflow.WebserverFile
	for _, file := range p.WebserverFiles() {
		if file.Unread != "" {
			p.Unknown("webserver_config.py: " + file.Unread)
			continue
		}
		out = append(out, file)
	}
	return out
}

func anyOn(list []airflow.Setting) bool { return slices.ContainsFunc(list, isOn) }

// fileGives are the values that a file may give a name. Where it may leave the
// name alone, Flask-AppBuilder's default is the first of them.
func fileGives(file *airflow.WebserverFile, name, byDefault string) []airflow.Setting {
	values := file.Values(name)
	if slices.ContainsFunc(values, func(s airflow.Setting) bool { return !s.Conditional && s.Literal != nil }) {
		return values
	}
	return append([]airflow.Setting{{
		Key: name, Name: name, Value: byDefault, Known: true, Default: true, Via: "default",
		Component: file.Component, Workload: file.Workload, Ref: file.Ref, Path: file.Path + "#" + name,
	}}, values...)
}

// first is the first of a file's values for a name that is judged so; values
// that cannot be judged are noted.
func first(p *rule.Pass, values []airflow.Setting, is func(airflow.Setting) bool) (airflow.Setting, bool) {
	for _, s := range judgeable(p, values) {
		if is(s) {
			return s, true
		}
	}
	return airflow.Setting{}, false
}

func saysYes(s airflow.Setting) bool { return pythonTrue(s.Value) }
func saysNo(s airflow.Setting) bool  { return !pythonTrue(s.Value) }

// pythonTrue reads a constant as Python does.
func pythonTrue(value string) bool {
	return value != "" && value != "False" && value != "None" && value != "0"
}

// loginTypes are Flask-AppBuilder's kinds of login by their numbers. Source: flask_appbuilder/const.py.
var loginTypes = map[string]string{"0": "AUTH_OID", "1": "AUTH_DB", "2": "AUTH_LDAP", "3": "AUTH_REMOTE_USER", "4": "AUTH_OAUTH"}

// mayLogInBy says whether a file may choose a kind of login. A kind that the
// file computes may be any.
func mayLogInBy(file *airflow.WebserverFile, kind string) bool {
	return slices.ContainsFunc(fileGives(file, "AUTH_TYPE", "AUTH_DB"), func(s airflow.Setting) bool {
		return !s.Clear() || loginType(s.Value) == kind
	})
}

// logsInBy says whether a file chooses a kind of login, perhaps under a condition.
func logsInBy(p *rule.Pass, file *airflow.WebserverFile, kind string) bool {
	_, found := first(p, fileGives(file, "AUTH_TYPE", "AUTH_DB"), func(s airflow.Setting) bool { return loginType(s.Value) == kind })
	return found
}

func loginType(value string) string {
	if name := loginTypes[value]; name != "" {
		return name
	}
	return value[strings.LastIndexByte(value, '.')+1:]
}

// fileFinding is a finding at a name in a webserver_config.py.
func fileFinding(p *rule.Pass, s airflow.Setting, message, order string) rule.Finding {
	s.Default = false // the file stands in for its defaults
	s.Via = "webserver_config.py"
	return settingFinding(s, message, settingFixes(p, s, order))
}

// nameIn is a name in a file that the file need not set.
func nameIn(file *airflow.WebserverFile, name string) airflow.Setting {
	return fileGives(file, name, "")[0]
}
