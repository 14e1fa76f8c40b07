package rules

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// countsOverHTTPS says that Airflow surely reads a cookie's option, and that users come over https alone.
func countsOverHTTPS(p *rule.Pass, s airflow.Setting) bool {
	s.Default = false // as it is once the option is set
	return !mayBePassedOver(p, s) && onlyHTTPS(p, s)
}

// onlyHTTPS says that the release shows users to come over https, and that
// nothing in it leads to the web server without TLS.
func onlyHTTPS(p *rule.Pass, s airflow.Setting) bool {
	if !readFronts(p) {
		return false
	}
	fronts := frontsOf(p, s.Workload)
	if slices.ContainsFunc(fronts, func(f front) bool { return !f.tls || servesClear(p, f) }) {
		return false
	}
	return len(fronts) > 0 || servesHTTPS(p, s.Workload)
}

// servesClear says that AS207 finds a way past TLS through an object, or
// cannot tell. Which ports of a load balancer have the certificate nobody can.
func servesClear(p *rule.Pass, f front) bool {
	trial := *p
	trial.Findings, trial.Unknowns = nil, nil
	switch snapshot.Kind(f.Kind) {
	case snapshot.Ingress:
		checkIngress(&trial, f.Object)
	case snapshot.HTTPRoute:
		checkHTTPRoute(&trial, f.Object)
	case snapshot.Route:
		checkRoute(&trial, f.Object)
	default:
		return true
	}
	return len(trial.Findings)+len(trial.Unknowns) > 0
}

// servesHTTPS says that the web server's own address is an https one.
func servesHTTPS(p *rule.Pass, w *airflow.Workload) bool {
	section := "webserver"
	if p.Airflow().Major >= 3 {
		section = "api"
	}
	return slices.ContainsFunc(p.Settings(section, "base_url"), func(s airflow.Setting) bool {
		return s.Workload == w && s.Clear() && strings.HasPrefix(strings.ToLower(strings.TrimSpace(s.Value)), "https://")
	})
}

// behindHTTPSProxy says that proxies which end TLS and set X-Forwarded headers
// are the only way in, and that nobody has switched the belief in them off.
func behindHTTPSProxy(p *rule.Pass, s airflow.Setting) bool {
	proxies := []string{string(snapshot.Ingress), string(snapshot.HTTPRoute)}
	other := func(f front) bool { return !f.tls || !slices.Contains(proxies, f.Kind) }
	return s.Default && readFronts(p) && !slices.ContainsFunc(frontsOf(p, s.Workload), other)
}

// readFronts says that all that may lead to the web server was read.
func readFronts(p *rule.Pass) bool {
	for _, kind := range frontKinds {
		if p.Unread(kind) != "" {
			return false
		}
	}
	return true
}
