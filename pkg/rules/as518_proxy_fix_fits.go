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

var proxyFixFits = &rule.Rule{
	ID:       "AS518",
	Slug:     "proxy-fix-fits",
	Title:    "Airflow believes X-Forwarded headers just where its own proxies set them",
	Why:      "Without a proxy in front whoever connects sets these headers himself: he chooses the address that logs and the login limit see, and the host that links lead to. Behind a proxy that ends TLS Airflow needs them, or it sends browsers to http.",
	Fix:      "Set enable_proxy_fix to True behind an Ingress, route or load balancer, to False elsewhere, and proxy_fix_x_for and its like to the number of your own proxies.",
	Severity: rule.Low,
	Level:    rule.Restricted,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Web"},
	Refs: []rule.Ref{
		owasp("K06"), mitre("T1190"),
		airflowDocs("Running Airflow behind a reverse proxy", "howto/run-behind-proxy.html"),
	},
	Needs: slices.Concat(snapshot.Workloads, frontKinds),
	Uses:  []snapshot.Kind{snapshot.Secret, snapshot.ReleaseRecord, snapshot.Gateway, snapshot.Namespace},
	Check: checkProxyFix,
}

func checkProxyFix(p *rule.Pass) {
	section, used := fabSection(p)
	if !used {
		return
	}
	for _, s := range webSettings(p, section, "enable_proxy_fix") {
		p.Subjects++
		fronts, inside := frontsOf(p, s.Workload), proxiesInPod(s.Workload)
		switch {
		case !isOn(s) && ends(fronts):
			p.Report(settingFinding(s, fmt.Sprintf("%s is off behind %s, which ends TLS: Airflow takes every request for http, and redirects logins to http addresses", settingName(s), nameOfEnding(fronts)),
				safeFixes(p, s, "set it to True")))
		case !isOn(s):
		case slices.ContainsFunc(fronts, func(f front) bool { return !f.through }) || inside > 0:
			checkProxyCounts(p, s, inside)
		case inMesh(p, s.Workload):
			p.Unknown(settingName(s) + ": a gateway of the mesh may stand in front, which is not evaluated")
		default:
			p.Report(settingFinding(s, settingName(s)+" is on, but nothing in the release that sets X-Forwarded headers stands in front of the web server: whoever connects sets X-Forwarded headers himself, and chooses the address that logs and the login limit see",
				settingFixes(p, s, "set it to False, or put an Ingress in front and let only that connect")))
		}
	}
}

func nameOfEnding(fronts []front) string {
	i := slices.IndexFunc(fronts, func(f front) bool { return f.tls })
	return fronts[i].Kind + " " + fronts[i].Name
}

// proxyCounts say how many proxies may have added to each header. Source: werkzeug.middleware.proxy_fix.
var proxyCounts = []string{"proxy_fix_x_for", "proxy_fix_x_proto", "proxy_fix_x_host", "proxy_fix_x_port", "proxy_fix_x_prefix"}

// checkProxyCounts: one proxy more than the release shows may well stand in
// front of it, such as a content network; more than that is nobody's.
func checkProxyCounts(p *rule.Pass, on airflow.Setting, inside int) {
	seen := 1 + inside
	for _, key := range proxyCounts {
		for _, s := range webSettings(p, on.Section, key) {
			if s.Workload != on.Workload {
				continue
			}
			count, err := strconv.Atoi(strings.TrimSpace(s.Value))
			switch {
			case err != nil:
				p.Unknown(settingName(s) + ": Airflow cannot read its value as a number")
			case count == seen+1:
				p.Unknown(fmt.Sprintf("%s is %d, and the release shows %d: whether another proxy stands in front cannot be seen", settingName(s), count, seen))
			case count > seen:
				p.Report(settingFinding(s, fmt.Sprintf("%s is %d, and the release shows %d: whoever connects fills the rest of the header himself, and is believed", settingName(s), count, seen),
					settingFixes(p, s, "set it to the number of your own proxies")))
			}
		}
	}
}
