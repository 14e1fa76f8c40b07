package rules

import (
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var ingressUsesTLS = &rule.Rule{
	ID:       "AS207",
	Slug:     "ingress-uses-tls",
	Title:    "Every Ingress, Gateway route and OpenShift Route of the release ends in TLS",
	Why:      "Without TLS, passwords and session cookies of the web interface, and connections shown in it, can be read and replayed by anybody on the way.",
	Fix:      "Give each host a certificate: tls with its host on the Ingress, an HTTPS listener for the route, tls on the OpenShift Route.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Manual},
	Topics:   []string{"Web"},
	Refs: []rule.Ref{
		nsa("Network separation"), owasp("K06"), mitre("T1190"), mitre("T1557"), mitre("T1040"),
	},
	Needs: []snapshot.Kind{snapshot.Ingress, snapshot.HTTPRoute, snapshot.Route},
	Uses:  append([]snapshot.Kind{snapshot.Gateway, snapshot.Service}, snapshot.Workloads...),
	Check: checkIngressTLS,
}

func checkIngressTLS(p *rule.Pass) {
	for _, o := range p.Objects(snapshot.Ingress) {
		if o.Group() == "networking.k8s.io" || o.Group() == "extensions" {
			p.Subjects++
			checkIngress(p, o)
		}
	}
	for _, o := range p.Objects(snapshot.HTTPRoute) {
		p.Subjects++
		checkHTTPRoute(p, o)
	}
	for _, o := range p.Objects(snapshot.Route) {
		if o.Group() == "route.openshift.io" {
			p.Subjects++
			checkRoute(p, o)
		}
	}
}

// tlsAnnotations put a certificate in front of an Ingress without its tls field.
// Sources: AWS Load Balancer Controller, GKE Ingress, Azure Application Gateway Ingress Controller.
var tlsAnnotations = []string{
	"alb.ingress.kubernetes.io/certificate-arn",
	"networking.gke.io/managed-certificates", "ingress.gcp.kubernetes.io/pre-shared-cert",
	"appgw.ingress.kubernetes.io/appgw-ssl-certificate",
}

func checkIngress(p *rule.Pass, o *snapshot.Object) {
	for _, key := range tlsAnnotations {
		if _, set := o.Annotations()[key]; set {
			return
		}
	}
	certain, all := certified(o)
	if all {
		return
	}
	for i, entry := range entries(o.At("spec", "rules")) {
		host, _ := entry["host"].(string)
		switch {
		case host == "":
			reportClear(p, o, serviceIn(entry), fmt.Sprintf("/spec/rules/%d", i), "answers for any host name without TLS: logins and cookies pass in clear")
		case !covered(host, certain):
			reportClear(p, o, serviceIn(entry), fmt.Sprintf("/spec/rules/%d/host", i), "serves "+host+" without TLS: logins and cookies pass in clear")
		}
	}
	if backend := o.At("spec", "defaultBackend"); backend != nil {
		reportClear(p, o, serviceIn(backend), "/spec/defaultBackend", "answers for any host name without TLS: logins and cookies pass in clear")
	}
}

// certified are the hosts that an Ingress has certificates for. An entry
// without hosts holds for all.
func certified(o *snapshot.Object) (hosts []string, all bool) {
	for _, entry := range entries(o.At("spec", "tls")) {
		list, _ := entry["hosts"].([]any)
		all = all || len(list) == 0
		for _, host := range list {
			text, _ := host.(string)
			hosts = append(hosts, text)
		}
	}
	return hosts, all
}

// covered says whether a certificate holds for a host: the same, or a wildcard
// in the place of its first label. A wildcard host needs the same wildcard.
func covered(host string, certain []string) bool {
	_, parent, _ := strings.Cut(host, ".")
	for _, name := range certain {
		if strings.EqualFold(name, host) || strings.EqualFold(name, "*."+parent) {
			return true
		}
	}
	return false
}

// reportClear adds a finding about an object that serves without TLS the
// Service with this name, through which the component and the values key are found.
func reportClear(p *rule.Pass, o *snapshot.Object, service, path, what string) {
	f := rule.Finding{Target: o.Ref, Path: path, Message: o.Kind + " " + o.Name + " " + what, File: o.File, Line: o.Line}
	for _, s := range p.Objects(snapshot.Service) {
		if s.Name != service || s.Namespace != o.Namespace {
			continue
		}
		if behind := servedBy(s, p.Workloads()); behind != nil {
			f.Component = string(behind.Component)
			if key := p.ValuesKey(behind, "", airflow.IngressTLS); key != "" && o.Kind == "Ingress" && charted(p, o) {
				f.Fixes = []rule.Fix{{Kind: rule.Values, Summary: "switch TLS on for each host and name the Secret with its certificate", ValuesKey: key}}
			}
		}
	}
	if len(f.Fixes) == 0 {
		f.Fixes = []rule.Fix{{Kind: rule.Manual, Summary: tlsOrders[o.Kind]}}
	}
	p.Report(f)
}

var tlsOrders = map[string]string{
	"Ingress":   "add the host to spec.tls with the Secret that holds its certificate",
	"HTTPRoute": "attach the route to an HTTPS listener by sectionName, and let an HTTP listener only redirect",
	"Route":     "set spec.tls with termination edge or reencrypt, and insecureEdgeTerminationPolicy: Redirect",
}

// serviceIn is the first Service that a rule or backend of an Ingress or route leads to.
func serviceIn(node any) string {
	switch at := node.(type) {
	case map[string]any:
		if service, ok := at["service"].(map[string]any); ok { // networking.k8s.io/v1
			name, _ := service["name"].(string)
			return name
		}
		if name, ok := at["serviceName"].(string); ok { // v1beta1
			return name
		}
		for _, key := range []string{"http", "paths", "backend", "backendRefs"} {
			if name := serviceIn(at[key]); name != "" {
				return name
			}
		}
		name, _ := at["name"].(string)
		return name
	case []any:
		for _, entry := range at {
			if name := serviceIn(entry); name != "" {
				return name
			}
		}
	}
	return ""
}

// entries are those of a list that are maps.
func entries(node any) []map[string]any {
	list, _ := node.([]any)
	var out []map[string]any
	for _, entry := range list {
		if m, ok := entry.(map[string]any); ok {
			out = append(out, m)
		}
	}
	return out
}
