package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var noOpenRegistration = &rule.Rule{
	ID:       "AS505",
	Slug:     "no-open-registration",
	Title:    "Strangers cannot sign up, and a first login gives no more than the directory grants",
	Why:      "Where anybody may register, or every account of a directory begins as an administrator, an attacker needs no stolen password: he signs up, and runs code on the workers.",
	Fix:      "Leave AUTH_USER_REGISTRATION off with AUTH_DB. With a directory, register with AUTH_USER_REGISTRATION_ROLE = 'Public', give roles by AUTH_ROLES_MAPPING, and set AUTH_ROLES_SYNC_AT_LOGIN = True.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Web"},
	Refs: []rule.Ref{
		owasp("K09"), mitre("T1136.001"), mitre("T1078"),
		{Source: "Flask-AppBuilder documentation", ID: "Security", URL: "https://flask-appbuilder.readthedocs.io/en/latest/security.html"},
	},
	Needs: snapshot.Workloads,
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord},
	Check: checkRegistration,
}

func checkRegistration(p *rule.Pass) {
	for _, file := range loginFiles(p) {
		p.Subjects++
		on, registers := first(p, fileGives(&file, "AUTH_USER_REGISTRATION", "False"), saysYes)
		switch {
		case !registers:
		case logsInBy(p, &file, "AUTH_DB"):
			p.Report(fileFinding(p, on, "whoever reaches the login page can sign up: AUTH_USER_REGISTRATION is on, and accounts stand in Airflow's own database", "leave AUTH_USER_REGISTRATION out"))
		default:
			checkFirstRole(p, &file)
			checkRolesLast(p, &file)
		}
	}
}

// powerful are the roles that may change connections and users, or all that runs.
// Source: Airflow's security model, "authenticated UI users".
var powerful = []string{"Admin", "Op"}

// checkFirstRole looks at what an account may do after its first login. Where
// the file sets nothing it is the role of anonymous visitors, which AS501 judges.
func checkFirstRole(p *rule.Pass, file *airflow.WebserverFile) {
	admins := append(slices.Clone(powerful), valuesOf(file, "AUTH_ROLE_ADMIN")...)
	for _, s := range judgeable(p, file.Values("AUTH_USER_REGISTRATION_ROLE")) {
		if slices.Contains(admins, s.Value) {
			p.Report(fileFinding(p, s, fmt.Sprintf("every account of the directory begins as %s: its first login gives that role", s.Value), "register with the role Public, and give roles by AUTH_ROLES_MAPPING"))
			continue
		}
		if public := publicProvider(p, file); public != "" && givesRights(s.Value) {
			p.Report(fileFinding(p, s, fmt.Sprintf("everybody with an account at %s gets the role %s", public, s.Value),
				"register with the role Public, or let only your own people in: a whitelist on the provider, or your own SECURITY_MANAGER_CLASS"))
		}
	}
}

func valuesOf(file *airflow.WebserverFile, name string) []string {
	var out []string
	for _, s := range file.Values(name) {
		if s.Clear() {
			out = append(out, s.Value)
		}
	}
	return out
}

// publicProviders give accounts to everybody.
var publicProviders = []string{"google", "github", "linkedin", "twitter"}

// publicProvider is the provider through which everybody may log in; empty
// where there is none, or where something in the file may keep people out.
func publicProvider(p *rule.Pass, file *airflow.WebserverFile) string {
	if !mayLogInBy(file, "AUTH_OAUTH") {
		return ""
	}
	for _, s := range file.Values("OAUTH_PROVIDERS") {
		if s.Literal == nil {
			continue
		}
		for _, provider := range s.Literal.Items {
			name, _ := provider.At("name")
			_, limited := provider.At("whitelist")
			if !isProvider(provider, publicProviders...) || limited {
				continue
			}
			if len(file.Values(securityManagers[0])) > 0 {
				p.Unknown("SECURITY_MANAGER_CLASS: own code may say which accounts of " + name.Text + " get in")
				continue
			}
			return name.Text
		}
	}
	return ""
}

// checkRolesLast: roles given by a group stay when the group is left, unless each login sets them anew.
func checkRolesLast(p *rule.Pass, file *airflow.WebserverFile) {
	mapping := file.Values("AUTH_ROLES_MAPPING")
	if len(mapping) == 0 || strings.TrimSpace(mapping[0].Value) == "{}" {
		return
	}
	s, stay := first(p, fileGives(file, "AUTH_ROLES_SYNC_AT_LOGIN", "False"), saysNo)
	if !stay {
		return
	}
	if s.Default {
		s = mapping[0]
	}
	f := fileFinding(p, s, "who leaves a group keeps its role in Airflow: AUTH_ROLES_MAPPING counts at the first login only", "set AUTH_ROLES_SYNC_AT_LOGIN = True")
	f.Severity = rule.Low
	p.Report(f)
}
