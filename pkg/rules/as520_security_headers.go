package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var securityHeaders = &rule.Rule{
	ID:       "AS520",
	Slug:     "security-headers",
	Title:    "What leads to Airflow's pages tells browsers to stay with https, and whose scripts to run",
	Why:      "Airflow sends neither header itself. Without Strict-Transport-Security a browser can be led to http, where logins are read; without a Content-Security-Policy a script that somebody gets into a page runs in the name of whoever opens it.",
	Fix:      "Let the Ingress or route send Strict-Transport-Security and a Content-Security-Policy; try the latter as Content-Security-Policy-Report-Only first.",
	Severity: rule.Low,
	Level:    rule.Paranoid,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Web"},
	Refs: []rule.Ref{
		owasp("K06"), mitre("T1190"),
		{Source: "OWASP HTTP Headers Cheat Sheet", URL: "https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html"},
	},
	Needs: slices.Concat(snapshot.Workloads, frontKinds),
	Uses:  []snapshot.Kind{snapshot.Gateway},
	Check: checkHeaders,
}

// wantedHeaders are what browsers should be told.
var wantedHeaders = []string{"Strict-Transport-Security", "Content-Security-Policy"}

func checkHeaders(p *rule.Pass) {
	for _, w := range p.Workloads() {
		if !slices.Contains(webComponents, w.Component) || w.Owner != nil {
			continue
		}
		for _, f := range frontsOf(p, w) {
			switch f.Kind {
			case string(snapshot.Ingress):
				checkIngressHeaders(p, w, f)
			case string(snapshot.HTTPRoute), string(snapshot.Route):
				reportHeaders(p, w, f, headersSet(f.At("spec")))
			}
		}
	}
}

// ingressController is what an Ingress is served by, and how it sends headers.
type ingressController struct {
	name  string
	class string // a part of the class that it is usually given
	own   string // what its annotations begin with
	// annotations are those that headers stand in, by the end of their names.
	annotations []string
	// hsts says that it sends Strict-Transport-Security by itself on hosts with TLS.
	hsts bool
	// hstsKey switches that header on.
	hstsKey string
	// elsewhere names what it keeps headers in that is not evaluated; empty where there is no such thing.
	elsewhere string
}

// ingressControllers in the order in which they are tried. Sources: the
// documentation of each of them.
var ingressControllers = []ingressController{
	{name: "ingress-nginx", own: "nginx.ingress.kubernetes.io/", class: "nginx", hsts: true, annotations: []string{"configuration-snippet", "server-snippet"}},
	{name: "F5's NGINX controller", own: "nginx.org/", annotations: []string{"server-snippets", "location-snippets"}, hstsKey: "nginx.org/hsts"},
	{name: "Traefik", own: "traefik.ingress.kubernetes.io/", class: "traefik", elsewhere: "traefik.ingress.kubernetes.io/router.middlewares"},
	{name: "HAProxy's controller", own: "haproxy.org/", annotations: []string{"response-set-header", "backend-config-snippet"}},
	{name: "HAProxy Ingress", own: "haproxy-ingress.github.io/", class: "haproxy", hsts: true, annotations: []string{"headers", "config-backend"}},
	{name: "the AWS load balancer controller", own: "alb.ingress.kubernetes.io/", class: "alb", annotations: []string{"listener-attributes"}},
}

// controllerOf finds the controller of an Ingress by its annotations, else by its class.
func controllerOf(o *snapshot.Object) (ingressController, bool) {
	class, _ := o.At("spec", "ingressClassName").(string)
	if class == "" {
		class = o.Annotations()["kubernetes.io/ingress.class"]
	}
	for _, c := range ingressControllers[1:] { // ingress-nginx's are left behind by many who moved on
		if hasAnnotationBelow(o, c.own) {
			return c, true
		}
	}
	if hasAnnotationBelow(o, ingressControllers[0].own) && class == "" {
		return ingressControllers[0], true
	}
	for _, c := range ingressControllers {
		if c.class != "" && strings.Contains(class, c.class) {
			return c, true
		}
	}
	return ingressController{}, false
}

func hasAnnotationBelow(o *snapshot.Object, prefix string) bool {
	for key := range o.Annotations() {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}

func checkIngressHeaders(p *rule.Pass, w *airflow.Workload, f front) {
	c, known := controllerOf(f.Object)
	if !known {
		p.Unknown(fmt.Sprintf("Ingress %s: its controller is not one whose headers are known", f.Name))
		return
	}
	if c.elsewhere != "" && f.Annotations()[c.elsewhere] != "" {
		p.Unknown(fmt.Sprintf("Ingress %s: the middlewares of %s that it names are not evaluated", f.Name, c.name))
		return
	}
	var sent []string
	if c.hsts && f.tls && f.Annotations()[c.own+"hsts"] != "false" || c.hstsKey != "" && f.Annotations()[c.hstsKey] == "true" {
		sent = append(sent, wantedHeaders[0])
	}
	for key, value := range f.Annotations() {
		if slices.ContainsFunc(c.annotations, func(each string) bool { return strings.HasPrefix(key, c.own+each) }) {
			sent = append(sent, strings.Fields(value)...)
		}
	}
	if named := f.Annotations()[ingressControllers[0].own+"custom-headers"]; named != "" && c.name == ingressControllers[0].name {
		headers, read := customHeaders(p, named, f.Namespace)
		if !read {
			p.Unknown(fmt.Sprintf("Ingress %s: ConfigMap %s with its headers was not read", f.Name, named))
			return
		}
		sent = append(sent, headers...)
	}
	reportHeaders(p, w, f, sent)
}

// customHeaders are the headers in a ConfigMap that ingress-nginx is told of as namespace/name.
func customHeaders(p *rule.Pass, named, namespace string) (headers []string, read bool) {
	at, name, found := strings.Cut(named, "/")
	if !found {
		at, name = namespace, named
	}
	for _, o := range p.Objects(snapshot.ConfigMap) {
		if o.Name == name && o.Namespace == at {
			data, _ := o.At("data").(map[string]any)
			for key := range data {
				headers = append(headers, key)
			}
			return headers, true
		}
	}
	return nil, false
}

// headersSet are the response headers that an HTTPRoute or an OpenShift Route
// sets, with what its annotation says. Sources: gateway.networking.k8s.io/v1,
// HTTPHeaderFilter; route.openshift.io/v1, RouteHTTPHeaders.
func headersSet(node any) []string {
	var out []string
	switch at := node.(type) {
	case []any:
		for _, entry := range at {
			out = append(out, headersSet(entry)...)
		}
	case map[string]any:
		for _, key := range []string{"rules", "filters", "httpHeaders", "actions"} {
			out = append(out, headersSet(at[key])...)
		}
		modifier, _ := at["responseHeaderModifier"].(map[string]any)
		for _, list := range []any{modifier["set"], modifier["add"], at["response"]} {
			for _, entry := range entries(list) {
				name, _ := entry["name"].(string)
				out = append(out, name)
			}
		}
	}
	return out
}

// reportHeaders reports what an object does not send, once for each.
func reportHeaders(p *rule.Pass, w *airflow.Workload, f front, sent []string) {
	p.Subjects++
	sent = append(sent, strings.Fields(f.Annotations()["haproxy.router.openshift.io/hsts_header"])...)
	var missing []string
	for _, header := range wantedHeaders {
		if !slices.ContainsFunc(sent, func(each string) bool { return strings.EqualFold(each, header) }) {
			missing = append(missing, header)
		}
	}
	if len(missing) == 0 {
		return
	}
	p.Report(rule.Finding{
		Target: f.Ref, Component: string(w.Component), Path: "/metadata/annotations", File: f.File, Line: f.Line,
		Message: fmt.Sprintf("%s %s sends browsers no %s, and neither does Airflow", f.Kind, f.Name, strings.Join(missing, " and no ")),
		Fixes:   headerFixes(p, w, f, "let it send "+andList(missing)),
	})
}

// headerFixes name the chart's key for the annotations of its Ingress.
func headerFixes(p *rule.Pass, w *airflow.Workload, f front, order string) []rule.Fix {
	key := "ingress.web.annotations"
	if w.Component == airflow.APIServer {
		key = "ingress.apiServer.annotations"
	}
	if key = p.Reachable(key); key != "" && f.Kind == string(snapshot.Ingress) && charted(p, f.Object) {
		return []rule.Fix{{Kind: rule.Values, Summary: order, ValuesKey: key}}
	}
	return []rule.Fix{{Kind: rule.Manual, Summary: order}}
}
