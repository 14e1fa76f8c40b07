package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var httpsEndToEnd = &rule.Rule{
	ID:       "AS517",
	Slug:     "https-end-to-end",
	Title:    "Airflow's pages and its API between pods are reached over https, or through a mesh that encrypts",
	Why:      "Passwords, session cookies and, with Airflow 3, the tokens of tasks with the connections and variables they ask for pass between browser, web server and workers. Whoever listens in the cluster or on the way takes them and acts in their place.",
	Fix:      "Set base_url to an https address, and with Airflow 3 serve the API with [api] ssl_cert and ssl_key and an https execution_api_server_url, or let a service mesh encrypt.",
	Severity: rule.Medium,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Web", "Work"},
	Refs: []rule.Ref{
		nsa("Network separation: Encryption"), owasp("K05"), mitre("T1557"), mitre("T1040"),
		airflowDocs("Security model", "security/security_model.html"),
	},
	Needs: slices.Concat(snapshot.Workloads, frontKinds),
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord, snapshot.Gateway, snapshot.Namespace},
	Check: checkHTTPS,
}

func checkHTTPS(p *rule.Pass) {
	section, certificate := "webserver", "web_server_ssl_cert"
	if p.Airflow().Major >= 3 {
		section, certificate = "api", "ssl_cert"
	}
	for _, s := range p.Settings(section, "base_url") {
		if !slices.Contains(webComponents, s.Component) {
			continue
		}
		checkPages(p, s, section, certificate)
	}
	checkExecutionAPI(p)
}

// checkPages looks at what is between a browser and the web server.
func checkPages(p *rule.Pass, base airflow.Setting, section, certificate string) {
	if !base.Known && !base.Default {
		p.Unknown(settingName(base) + ": " + whyUnknown(base))
		return
	}
	p.Subjects++
	fronts := frontsOf(p, base.Workload)
	address := strings.ToLower(strings.TrimSpace(base.Value))
	if rest, clear := strings.CutPrefix(address, "http://"); clear && !isLocal(rest) {
		p.Report(settingFinding(base, settingName(base)+" is an http:// address: links and redirects lead browsers there, with passwords and cookies in clear", settingFixes(p, base, "give it the https address that users open")))
		return
	}
	if strings.HasPrefix(address, "https://") || ends(fronts) || inMesh(p, base.Workload) {
		return
	}
	for _, s := range webSettings(p, section, certificate) {
		if s.Workload == base.Workload && s.Value != "" {
			return
		}
	}
	what := "nothing in the release leads to it from outside"
	if len(fronts) > 0 {
		what = fronts[0].Kind + " " + fronts[0].Name + " ends none"
	}
	p.Report(withoutNote(settingFinding(base, fmt.Sprintf("passwords and cookies reach the web server in clear: %s is no https address, the pods have no certificate, and %s", settingName(base), what),
		settingFixes(p, base, "end TLS at an Ingress, and give base_url its https address"))))
}

// withoutNote drops what settingFinding says of defaults.
func withoutNote(f rule.Finding) rule.Finding {
	f.Message, _, _ = strings.Cut(f.Message, " (nothing sets it")
	return f
}

// checkExecutionAPI looks at what tasks of Airflow 3 ask the API server through.
func checkExecutionAPI(p *rule.Pass) {
	if p.Airflow().Major < 3 {
		return
	}
	var clear []airflow.Setting
	for _, s := range p.Settings("core", "execution_api_server_url") {
		if slices.Contains(webComponents, s.Component) || s.Default { // by default it is base_url, which the pages have told
			continue
		}
		if !s.Known {
			p.Unknown(settingName(s) + ": " + whyUnknown(s))
			continue
		}
		p.Subjects++
		if rest, found := strings.CutPrefix(strings.ToLower(s.Value), "http://"); found && !isLocal(rest) && !meshBetween(p, s.Workload) {
			clear = append(clear, s)
		}
	}
	for _, s := range oncePerValue(clear) {
		p.Report(settingFinding(s.Setting, settingName(s.Setting)+" is an http:// address: tokens of tasks, and the connections and variables they ask for, pass between the pods in clear",
			settingFixes(p, s.Setting, "serve the API with [api] ssl_cert and ssl_key and give its https address, or let a mesh encrypt")))
	}
}

// meshBetween says whether a workload and the API servers are all part of a mesh.
func meshBetween(p *rule.Pass, w *airflow.Workload) bool {
	if !inMesh(p, w) {
		return false
	}
	for _, each := range p.Workloads() {
		if each.Component == airflow.APIServer && each.Owner == nil && !inMesh(p, each) {
			return false
		}
	}
	return true
}
