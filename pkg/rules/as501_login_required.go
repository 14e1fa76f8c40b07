package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var loginRequired = &rule.Rule{
	ID:       "AS501",
	Slug:     "login-required",
	Title:    "Nobody uses Airflow's pages or API without a login",
	Why:      "Whoever reaches the web port then triggers DAGs, reads connections and logs, and runs code on the workers. Internet-wide scans look for exactly this (CVE-2020-13927 is on CISA's list of exploited flaws).",
	Fix:      "Use session, Kerberos or token login for the API, give anonymous visitors no role, and keep simple_auth_manager_all_admins off.",
	Severity: rule.Critical,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Web"},
	Refs: []rule.Ref{
		owasp("K09"), owasp("K06"), mitre("T1190"), mitre("T1133"),
		airflowDocs("Security model", "security/security_model.html"),
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkLoginRequired,
}

func checkLoginRequired(p *rule.Pass) {
	checkClassicUI(p)
	checkBackends(p)
	checkAllAdmins(p)
	checkPublicRole(p)
	checkRemoteUser(p)
}

// checkClassicUI: Airflow 1.10 asks for a login only with one of two switches on.
func checkClassicUI(p *rule.Pass) {
	if p.Airflow().Major != 1 {
		return
	}
	for _, w := range p.Workloads() {
		main, ok := w.Main()
		if !ok || w.Component != airflow.Webserver {
			continue
		}
		p.Subjects++
		rbac, _ := p.SettingIn(w, main.Name, "webserver", "rbac")
		authenticate, _ := p.SettingIn(w, main.Name, "webserver", "authenticate")
		if both := judgeable(p, []airflow.Setting{rbac, authenticate}); len(both) == 2 && !isOn(rbac) && !isOn(authenticate) {
			p.Report(settingFinding(rbac, "[webserver] rbac and authenticate are off: the pages ask for no login", safeFixes(p, rbac, "set it to True")))
		}
	}
}

func isOn(s airflow.Setting) bool {
	on, ok := s.On()
	return on && ok
}

// openBackends let every request in. Source: airflow/api/auth/backend/default.py and its move into the fab provider.
var openBackends = []string{
	"airflow.api.auth.backend.default",
	"airflow.providers.fab.auth_manager.api.auth.backend.default",
}

func checkBackends(p *rule.Pass) {
	for _, option := range []struct{ section, key string }{{"api", "auth_backend"}, {"api", "auth_backends"}, {"fab", "auth_backends"}} {
		if option.section == "fab" && !usesFAB(p) {
			continue
		}
		for _, s := range webSettings(p, option.section, option.key) {
			p.Subjects++
			for backend := range strings.SplitSeq(s.Value, ",") {
				if backend = strings.TrimSpace(backend); !slices.Contains(openBackends, backend) {
					continue
				}
				p.Report(settingFinding(s, fmt.Sprintf("%s lets every request in: it names %s", settingName(s), backend),
					safeFixes(p, s, "name "+safeBackend(s)+" instead")))
			}
		}
	}
}

// safeBackend is the default of the versions that have the option.
func safeBackend(s airflow.Setting) string {
	switch {
	case s.Section == "fab":
		return "airflow.providers.fab.auth_manager.api.auth.backend.session"
	case s.Key == "auth_backends":
		return "airflow.api.auth.backend.session"
	}
	return "airflow.api.auth.backend.deny_all"
}

// usesFAB says that a web component may use the FAB auth manager: its settings mean nothing under another.
func usesFAB(p *rule.Pass) bool { return mayUse(p, "Fab") }

// fabSection is where options of Flask-AppBuilder's pages stand; used is false where no web component has such pages.
func fabSection(p *rule.Pass) (section string, used bool) {
	if p.Airflow().Major >= 3 {
		return "fab", usesFAB(p)
	}
	return "webserver", true
}

func mayUse(p *rule.Pass, manager string) bool {
	found := false
	for _, s := range p.Settings("core", "auth_manager") {
		if !slices.Contains(webComponents, s.Component) {
			continue
		}
		if found = true; !s.Clear() || strings.Contains(s.Value, manager+"AuthManager") || !isShipped(s.Value) {
			return true
		}
	}
	return !found
}

// isShipped says that an auth manager comes with Airflow or its providers, so that its name tells what it does.
func isShipped(class string) bool { return strings.HasPrefix(class, "airflow.") }

func checkAllAdmins(p *rule.Pass) {
	if !mayUse(p, "Simple") {
		return
	}
	for _, s := range webSettings(p, "core", "simple_auth_manager_all_admins") {
		p.Subjects++
		if isOn(s) {
			p.Report(settingFinding(s, "everybody is an administrator without a login: [core] simple_auth_manager_all_admins is on", safeFixes(p, s, "set it to False")))
		}
	}
}

// checkPublicRole finds roles of anonymous visitors. Airflow 3 ignores
// AUTH_ROLE_PUBLIC in its own API up to some version of the fab provider,
// which no object shows (apache/airflow PR 65685): milder there.
func checkPublicRole(p *rule.Pass) {
	if !usesFAB(p) {
		return
	}
	for _, s := range judgeable(p, p.WebserverConfig("AUTH_ROLE_PUBLIC")) {
		p.Subjects++
		if !givesRights(s.Value) {
			continue
		}
		f := settingFinding(s, fmt.Sprintf("anonymous visitors have the role %s: AUTH_ROLE_PUBLIC in webserver_config.py", s.Value), settingFixes(p, s, "leave AUTH_ROLE_PUBLIC out"))
		if p.Airflow().Major >= 3 {
			f.Severity = rule.High
		}
		p.Report(f)
	}
	for _, s := range webSettings(p, "fab", "auth_role_public") {
		p.Subjects++
		if givesRights(s.Value) {
			p.Report(settingFinding(s, fmt.Sprintf("anonymous visitors have the role %s: [fab] auth_role_public", s.Value), safeFixes(p, s, "leave it empty")))
		}
	}
}

// givesRights says that a role is more than Airflow's Public, which has no rights.
func givesRights(role string) bool {
	role = strings.TrimSpace(role)
	return role != "" && role != "Public" && role != "None"
}

// checkRemoteUser finds logins that only a name in the request makes: whoever
// gets past the proxy that should set it names himself.
// Source: Flask-AppBuilder, AUTH_REMOTE_USER and AUTH_REMOTE_USER_ENV_VAR.
func checkRemoteUser(p *rule.Pass) {
	if !usesFAB(p) {
		return
	}
	for _, file := range p.WebserverFiles() {
		if file.Unread != "" {
			continue // the role of anonymous visitors has told it
		}
		for _, s := range judgeable(p, file.Values("AUTH_TYPE")) {
			p.Subjects++
			if loginType(s.Value) != "AUTH_REMOTE_USER" {
				continue
			}
			f := fileFinding(p, s, "whoever reaches the pods past the proxy can name himself as any user: AUTH_TYPE is AUTH_REMOTE_USER, which believes what the request says",
				"log in by OAuth or LDAP, or let only the proxy connect and have it drop the header from outside")
			f.Severity = rule.High
			p.Report(f)
		}
	}
}
