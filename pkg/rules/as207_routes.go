package rules

import (
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// checkHTTPRoute looks at every listener the route hangs on. Source:
// gateway.networking.k8s.io/v1, HTTPRoute.spec.parentRefs and Gateway.spec.listeners.
func checkHTTPRoute(p *rule.Pass, route *snapshot.Object) {
	if onlyRedirects(route) {
		return
	}
	backend := ""
	if rules := entries(route.At("spec", "rules")); len(rules) > 0 {
		backend = serviceIn(rules[0])
	}
	for i, parent := range entries(route.At("spec", "parentRefs")) {
		kind, set := parent["kind"].(string)
		switch {
		case kind == "Service": // inside a mesh, not from outside
			continue
		case set && kind != "Gateway":
			p.Unknown(fmt.Sprintf("HTTPRoute %s hangs on a %s, which is not evaluated", route.Name, kind))
			continue
		}
		gateway := parentGateway(p, route, parent)
		if gateway == nil {
			continue
		}
		for _, l := range entries(gateway.At("spec", "listeners")) {
			if attached(parent, route, l) && admits(gateway, l, route) && clearProtocol(l) {
				reportClear(p, route, backend, fmt.Sprintf("/spec/parentRefs/%d", i),
					fmt.Sprintf("is served in clear by listener %v of Gateway %s", l["name"], gateway.Name))
			}
		}
	}
}

func parentGateway(p *rule.Pass, route *snapshot.Object, parent map[string]any) *snapshot.Object {
	name, _ := parent["name"].(string)
	namespace, _ := parent["namespace"].(string)
	if namespace == "" {
		namespace = route.Namespace
	}
	for _, g := range p.Objects(snapshot.Gateway) {
		if g.Name == name && g.Namespace == namespace && g.Group() == "gateway.networking.k8s.io" {
			return g
		}
	}
	p.Unknown(fmt.Sprintf("Gateway %s/%s, on which HTTPRoute %s hangs, was not read", namespace, name, route.Name))
	return nil
}

// attached says whether a parent reference picks a listener: by name, by port, by host name.
func attached(parent map[string]any, route *snapshot.Object, listener map[string]any) bool {
	if section, set := parent["sectionName"].(string); set && section != listener["name"] {
		return false
	}
	if port, set := parent["port"]; set && fmt.Sprint(port) != fmt.Sprint(listener["port"]) {
		return false
	}
	served, _ := listener["hostname"].(string)
	hosts, _ := route.At("spec", "hostnames").([]any)
	if served == "" || len(hosts) == 0 {
		return true
	}
	for _, host := range hosts {
		text, _ := host.(string)
		if meet(text, served) || meet(served, text) {
			return true
		}
	}
	return false
}

// admits says whether a listener takes routes of the route's namespace: by
// default only those of its Gateway's own. A selector is taken to admit it.
func admits(gateway *snapshot.Object, listener map[string]any, route *snapshot.Object) bool {
	allowed, _ := listener["allowedRoutes"].(map[string]any)
	namespaces, _ := allowed["namespaces"].(map[string]any)
	switch namespaces["from"] {
	case "All", "Selector":
		return true
	case "None":
		return false
	}
	return gateway.Namespace == route.Namespace
}

// meet says whether a pattern, which may begin with a wildcard for any number of labels, holds a host.
func meet(host, pattern string) bool {
	if suffix, wild := strings.CutPrefix(pattern, "*"); wild {
		return len(host) > len(suffix) && strings.HasSuffix(strings.ToLower(host), strings.ToLower(suffix))
	}
	return strings.EqualFold(host, pattern)
}

func clearProtocol(listener map[string]any) bool {
	protocol, _ := listener["protocol"].(string)
	return protocol != "HTTPS" && protocol != "TLS"
}

// onlyRedirects says whether all that a route does is to send everybody to https.
func onlyRedirects(route *snapshot.Object) bool {
	list := entries(route.At("spec", "rules"))
	for _, r := range list {
		found := false
		for _, filter := range entries(r["filters"]) {
			redirect, _ := filter["requestRedirect"].(map[string]any)
			found = found || filter["type"] == "RequestRedirect" && redirect["scheme"] == "https"
		}
		if !found {
			return false
		}
	}
	return len(list) > 0
}

// checkRoute looks at an OpenShift Route. Source: route.openshift.io/v1, TLSConfig.
func checkRoute(p *rule.Pass, o *snapshot.Object) {
	service, _ := o.At("spec", "to", "name").(string)
	if o.At("spec", "tls") == nil {
		reportClear(p, o, service, "/spec/tls", "has no TLS: logins and cookies pass in clear")
		return
	}
	if o.At("spec", "tls", "insecureEdgeTerminationPolicy") == "Allow" {
		reportClear(p, o, service, "/spec/tls/insecureEdgeTerminationPolicy", "also answers without TLS: a login sent there passes in clear")
	}
}
