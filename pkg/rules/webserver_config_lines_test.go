package rules_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
)

// badLine is one line that somebody writes into webserver_config.py.
type badLine struct {
	// sets are the lines that the file holds already, without a finding.
	sets []string
	line string // uncommented where the template has it, else added
	// replace is what the line replaces in the file; empty where it is one of its own.
	replace string
	rule    string
	// on2 is the rule on Airflow 2 where it is another one.
	on2  string
	path string // the name that the finding points at
	// credential says that the line holds one: a finding where the file stands
	// in a ConfigMap, and that nothing keeps the Secret in step where it stands there.
	credential bool
}

var (
	byDirectory = []string{"AUTH_TYPE = AUTH_LDAP", "AUTH_LDAP_SERVER = 'ldaps://ldap.example.com'", "AUTH_LDAP_TLS_DEMAND = True", "AUTH_LDAP_BIND_PASSWORD = os.environ['LDAP_PASSWORD']"}
	byProvider  = []string{"AUTH_TYPE = AUTH_OAUTH", "OAUTH_PROVIDERS"}
	registered  = append(slices.Clone(byDirectory), "AUTH_USER_REGISTRATION = True", "AUTH_USER_REGISTRATION_ROLE = 'Public'", "AUTH_ROLES_MAPPING = {'operators': ['Op'], 'everybody': ['Viewer']}", "AUTH_ROLES_SYNC_AT_LOGIN = True")
)

var badLines = []badLine{
	{line: "AUTH_ROLE_PUBLIC = 'Admin'", rule: "AS501", path: "AUTH_ROLE_PUBLIC"},
	{line: "AUTH_ROLE_PUBLIC = 'Viewer'", rule: "AS501", path: "AUTH_ROLE_PUBLIC"},
	{line: "AUTH_ROLE_PUBLIC: str = \"Op\"  # everybody", rule: "AS501", path: "AUTH_ROLE_PUBLIC"},
	{line: "if os.environ.get('OPEN'): AUTH_ROLE_PUBLIC = 'Op'", rule: "AS501", path: "AUTH_ROLE_PUBLIC"},
	{line: "AUTH_TYPE = AUTH_REMOTE_USER", rule: "AS501", path: "AUTH_TYPE"},
	{line: "AUTH_TYPE = 3", rule: "AS501", path: "AUTH_TYPE"},

	{sets: byDirectory, line: "AUTH_LDAP_SERVER = 'ldap://ldap.example.com:389'", rule: "AS503", path: "AUTH_LDAP_SERVER"},
	{sets: byDirectory, line: "AUTH_LDAP_ALLOW_SELF_SIGNED = True", rule: "AS503", path: "AUTH_LDAP_ALLOW_SELF_SIGNED"},
	{sets: byDirectory, line: "AUTH_LDAP_TLS_DEMAND = False", rule: "AS503", path: "AUTH_LDAP_TLS_DEMAND"},
	{sets: append(slices.Clone(byDirectory), "AUTH_LDAP_SERVER = 'ldap://ldap.example.com:389'", "AUTH_LDAP_USE_TLS = True"), line: "AUTH_LDAP_USE_TLS = False", rule: "AS503", path: "AUTH_LDAP_SERVER"},

	{sets: byProvider, replace: "'verify_signature': True", line: "'verify_signature': False", rule: "AS504", path: "OAUTH_PROVIDERS/0"},
	{sets: byProvider, replace: ", 'verify_signature': True", line: "", rule: "AS504", path: "OAUTH_PROVIDERS/0"},
	{sets: byProvider, replace: "'verify_signature': True", line: "'verify_signature': True, 'verify': False", rule: "AS504", path: "OAUTH_PROVIDERS/0"},
	{sets: byProvider, replace: "'https://login.microsoftonline.com/TENANT/oauth2'", line: "'https://login.microsoftonline.com/common/oauth2'", rule: "AS504", path: "OAUTH_PROVIDERS/0"},
	{sets: byProvider, replace: "'https://login.microsoftonline.com/TENANT/oauth2'", line: "'http://login.example.com/oauth2'", rule: "AS504", path: "OAUTH_PROVIDERS/0"},
	{sets: byProvider, line: "os.environ['OAUTHLIB_INSECURE_TRANSPORT'] = '1'", rule: "AS504", path: "SECURITY_MANAGER_CLASS"},
	{sets: byProvider, line: "def claims(token): return jwt.decode(token, options={'verify_signature': False})", rule: "AS504", path: "SECURITY_MANAGER_CLASS"},
	{sets: byProvider, line: "def keys(url): return requests.get(url, verify=False)", rule: "AS504", path: "SECURITY_MANAGER_CLASS"},

	{line: "AUTH_USER_REGISTRATION = True", rule: "AS505", path: "AUTH_USER_REGISTRATION"},
	{sets: registered, line: "AUTH_USER_REGISTRATION_ROLE = 'Admin'", rule: "AS505", path: "AUTH_USER_REGISTRATION_ROLE"},
	{sets: registered, line: "AUTH_USER_REGISTRATION_ROLE = 'Op'", rule: "AS505", path: "AUTH_USER_REGISTRATION_ROLE"},
	{sets: registered, line: "AUTH_ROLES_SYNC_AT_LOGIN = False", rule: "AS505", path: "AUTH_ROLES_SYNC_AT_LOGIN"},
	{sets: []string{"AUTH_TYPE = AUTH_OAUTH", "AUTH_USER_REGISTRATION = True", "OAUTH_PROVIDERS = [{'name': 'google', 'remote_app': {'client_secret': os.environ['S']}}]"},
		line: "AUTH_USER_REGISTRATION_ROLE = 'Viewer'", rule: "AS505", path: "AUTH_USER_REGISTRATION_ROLE"},

	{line: "SESSION_COOKIE_SECURE = False", rule: "AS506", on2: "AS521", path: "SESSION_COOKIE_SECURE"},
	{line: "SESSION_COOKIE_SAMESITE = None", rule: "AS506", on2: "AS521", path: "SESSION_COOKIE_SAMESITE"},
	{line: "PERMANENT_SESSION_LIFETIME = timedelta(days=30)", rule: "AS507", path: "PERMANENT_SESSION_LIFETIME"},
	{line: "PERMANENT_SESSION_LIFETIME = 7 * 24 * 60 * 60", rule: "AS507", path: "PERMANENT_SESSION_LIFETIME"},
	{line: "FAB_API_SHOW_STACKTRACE = True", rule: "AS509", path: "FAB_API_SHOW_STACKTRACE"},
	{line: "WTF_CSRF_ENABLED = False", rule: "AS512", path: "WTF_CSRF_ENABLED"},
	{line: "WTF_CSRF_CHECK_DEFAULT = False", rule: "AS512", path: "WTF_CSRF_CHECK_DEFAULT"},
	{line: "app.config['WTF_CSRF_ENABLED'] = False", rule: "AS512", path: "WTF_CSRF_ENABLED"},
	{line: "RATELIMIT_ENABLED = False", rule: "AS513", path: "RATELIMIT_ENABLED"},
	{line: "AUTH_RATE_LIMITED = False", rule: "AS513", path: "AUTH_RATE_LIMITED"},
	{line: "AUTH_RATE_LIMIT = '1000 per second'", rule: "AS513", path: "AUTH_RATE_LIMIT"},

	{line: "SECRET_KEY = 'q8Zr4WmXk2T9vB7nLs3e'", rule: "AS404", credential: true},
	{line: "SQLALCHEMY_DATABASE_URI = 'postgresql://airflow:q8Zr4WmXk2T9vB7nLs3e@db/airflow'", rule: "AS412", credential: true},
	{line: "RATELIMIT_STORAGE_URI = 'redis://:q8Zr4WmXk2T9vB7nLs3e@redis:6379/1'", rule: "AS412", credential: true},
	{sets: byDirectory, line: "AUTH_LDAP_BIND_PASSWORD = 'q8Zr4WmXk2T9vB7nLs3e'", rule: "AS404", credential: true},
	{sets: byProvider, replace: "os.environ['CLIENT_SECRET']", line: "'q8Zr4WmXk2T9vB7nLs3e'", rule: "AS404", credential: true},
}

// TestEachBadLineHasItsOwnFinding: the template gives none, nor do lines that
// are good; each bad line gives one finding of one rule at its own place.
func TestEachBadLineHasItsOwnFinding(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "webserver_config", "template.py"))
	if err != nil {
		t.Fatal(err)
	}
	template := string(text)
	for _, chart := range []string{"official", "community"} {
		for _, version := range []string{"2.10.5", "3.2.2"} {
			where := chart + " " + version
			untouched := fileFindings(t, chart, version, template)
			for _, f := range untouched {
				if strings.HasPrefix(f, "AS5") {
					t.Errorf("%s: the template gives a finding: %s", where, f)
				}
			}
			for _, bad := range badLines {
				good := withLines(t, template, bad.sets...)
				before := fileFindings(t, chart, version, good)
				if more := without(before, untouched); len(more) > 0 {
					t.Errorf("%s: %v give findings: %s", where, bad.sets, more)
				}
				got := without(fileFindings(t, chart, version, bad.in(t, good)), before)
				want := bad.want(chart, version)
				if len(got) != 1 || got[0] != want {
					t.Errorf("%s: %q in place of %q gives\n%q\nwant\n%q", where, bad.line, bad.replace, got, want)
				}
			}
		}
	}
}

// want is the finding that the line is to have.
func (b badLine) want(chart, version string) string {
	where, id := "ConfigMap/af-web /data/webserver_config.py", b.rule
	if chart == "community" {
		where = "Secret/af-web /data/webserver_config.py"
	}
	switch {
	case b.credential && chart == "community":
		return "AS415 Secret/af-web /data"
	case b.credential:
		return id + " " + where
	case version[0] == '2' && b.on2 != "":
		id = b.on2
	}
	return id + " " + where + "#" + b.path
}

// in is a file with the bad line in it.
func (b badLine) in(t *testing.T, text string) string {
	t.Helper()
	if b.replace == "" {
		return withLines(t, text, b.line)
	}
	if !strings.Contains(text, b.replace) {
		t.Fatalf("the template does not hold %s", b.replace)
	}
	return strings.ReplaceAll(text, b.replace, b.line)
}

// withLines uncomments lines of the template, and adds those that it has not.
// A name alone uncomments the block that begins with it. What the file sets
// before goes.
func withLines(t *testing.T, text string, list ...string) string {
	t.Helper()
	for _, line := range list {
		if !strings.Contains(line, " ") {
			text = uncommented(text, line)
			continue
		}
		name, _, _ := strings.Cut(line, " = ")
		var kept []string
		found := false
		for _, each := range strings.Split(text, "\n") {
			switch {
			case each == "# "+line:
				each, found = line, true
			case strings.HasPrefix(each, name+" = "):
				continue
			}
			kept = append(kept, each)
		}
		if !found {
			kept = append(kept, line)
		}
		text = strings.Join(kept, "\n")
	}
	return text
}

// uncommented frees the block that begins with a name.
func uncommented(text, name string) string {
	lines := strings.Split(text, "\n")
	inside := false
	for i, line := range lines {
		inside = inside || strings.HasPrefix(line, "# "+name+" = [")
		if inside {
			lines[i] = strings.TrimPrefix(line, "# ")
			inside = line != "# ]"
		}
	}
	return strings.Join(lines, "\n")
}

// without are the entries that another list has not as often.
func without(list, other []string) []string {
	rest := slices.Clone(other)
	var out []string
	for _, each := range list {
		if i := slices.Index(rest, each); i >= 0 {
			rest = slices.Delete(rest, i, i+1)
			continue
		}
		out = append(out, each)
	}
	return out
}

// fileFindings judges a release with a file by all rules: each finding as its rule, object and path.
func fileFindings(t *testing.T, chart, version, text string) []string {
	t.Helper()
	release := fmt.Sprintf(fileReleases[chart], version, fileOptions[version[:1]], "    "+strings.ReplaceAll(text, "\n", "\n    "))
	if version[0] == '3' && chart == "official" {
		release = strings.ReplaceAll(release, "webserver\n", "api-server\n")
		release = strings.ReplaceAll(release, "component: webserver", "component: api-server")
	}
	model := airflow.New(caseSnapshot(t, &txtar.Archive{Files: []txtar.File{{Name: "release.yaml", Data: []byte(release)}}}))
	report, err := check.Run(model, rules.All(), &profile.Profile{Name: "lines", Level: rule.Paranoid})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, result := range report.Results {
		for _, f := range result.Findings {
			out = append(out, fmt.Sprintf("%s %s/%s %s", result.Rule, f.Target.Kind, f.Target.Name, f.Path))
		}
	}
	return out
}

// fileOptions are safe values of the options that the pages have beside the file.
var fileOptions = map[string]string{
	"2": `        - {name: AIRFLOW__CORE__LOAD_EXAMPLES, value: "False"}
        - {name: AIRFLOW__WEBSERVER__BASE_URL, value: "https://airflow.example.com"}
        - {name: AIRFLOW__WEBSERVER__COOKIE_SECURE, value: "True"}
        - {name: AIRFLOW__WEBSERVER__SESSION_LIFETIME_MINUTES, value: "60"}
        - {name: AIRFLOW__WEBSERVER__WORKERS, value: "1"}
        - {name: AIRFLOW__WEBSERVER__X_FRAME_ENABLED, value: "False"}`,
	"3": `        - {name: AIRFLOW__CORE__AUTH_MANAGER, value: airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager}
        - {name: AIRFLOW__CORE__LOAD_EXAMPLES, value: "False"}
        - {name: AIRFLOW__API__BASE_URL, value: "https://airflow.example.com"}
        - {name: AIRFLOW__API_AUTH__JWT_EXPIRATION_TIME, value: "3600"}
        - {name: AIRFLOW__FAB__COOKIE_SECURE, value: "True"}
        - {name: AIRFLOW__FAB__SESSION_LIFETIME_MINUTES, value: "60"}`,
}

// fileReleases mount the file as each chart does: from a ConfigMap, and from a Secret.
var fileReleases = map[string]string{
	"official": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: af-web
  labels: {tier: airflow, component: webserver, release: af}
spec:
  template:
    metadata:
      labels: {tier: airflow, component: webserver, release: af}
    spec:
      containers:
      - name: webserver
        image: apache/airflow:%s
        env:
%s
        volumeMounts:
        - {name: webserver-config, mountPath: /opt/airflow/webserver_config.py, subPath: webserver_config.py, readOnly: true}
      volumes:
      - {name: webserver-config, configMap: {name: af-web}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: af-web, labels: {tier: airflow, release: af}}
data:
  webserver_config.py: |
%s
`,
	"community": `apiVersion: apps/v1
kind: Deployment
metadata:
  name: af-web
  labels: {app: airflow, component: web, release: af, chart: airflow-8.9.0}
spec:
  template:
    metadata:
      labels: {app: airflow, component: web, release: af}
    spec:
      containers:
      - name: airflow-web
        image: apache/airflow:%s
        env:
%s
        volumeMounts:
        - {name: webserver-config, mountPath: /opt/airflow/webserver_config.py, subPath: webserver_config.py, readOnly: true}
      volumes:
      - {name: webserver-config, secret: {secretName: af-web}}
---
apiVersion: v1
kind: Secret
metadata: {name: af-web, labels: {app: airflow, release: af}}
stringData:
  webserver_config.py: |
%s
`,
}
