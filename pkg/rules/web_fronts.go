package rules

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// front is an object through which somebody from outside reaches a workload.
type front struct {
	*snapshot.Object
	tls bool // it ends TLS, or passes it on
	// through says that it hands connections through as they are, and sets no header.
	through bool
}

// frontKinds are the kinds that a front may be, and those that tell whether it is one.
var frontKinds = []snapshot.Kind{snapshot.Service, snapshot.Ingress, snapshot.HTTPRoute, snapshot.Route}

// frontsOf are the objects of the release that lead from outside to a workload's pods.
func frontsOf(p *rule.Pass, w *airflow.Workload) []front {
	var out []front
	var names []string
	for _, s := range p.Objects(snapshot.Service) {
		selector, _ := s.At("spec", "selector").(map[string]any)
		if s.Namespace != w.Namespace() || len(selector) == 0 || !selects(selector, w.Meta.Labels) {
			continue
		}
		names = append(names, s.Name)
		if s.At("spec", "type") == "LoadBalancer" {
			tls := hasAnnotation(s, loadBalancerCertificates...)
			out = append(out, front{Object: s, tls: tls, through: !tls})
		}
	}
	add := func(kind snapshot.Kind, tls func(*snapshot.Object) bool, places ...string) {
		for _, o := range p.Objects(kind) {
			if o.Namespace == w.Namespace() && namesService(o.At("spec"), names, places) {
				out = append(out, front{Object: o, tls: tls(o)})
			}
		}
	}
	add(snapshot.Ingress, endsTLS, "rules", "http", "paths", "backend", "defaultBackend", "service")
	add(snapshot.HTTPRoute, func(o *snapshot.Object) bool { return listensTLS(p, o) }, "rules", "backendRefs")
	add(snapshot.Route, func(o *snapshot.Object) bool { return o.At("spec", "tls") != nil }, "to", "alternateBackends")
	return out
}

// namesService says whether a Service of some names is named below some keys of a spec.
func namesService(node any, services, keys []string) bool {
	switch at := node.(type) {
	case []any:
		return slices.ContainsFunc(at, func(entry any) bool { return namesService(entry, services, keys) })
	case map[string]any:
		for _, field := range []string{"name", "serviceName"} {
			if name, ok := at[field].(string); ok && slices.Contains(services, name) {
				return true
			}
		}
		return slices.ContainsFunc(keys, func(key string) bool { return namesService(at[key], services, keys) })
	}
	return false
}

// loadBalancerCertificates are annotations that give a cloud's load balancer a certificate.
// Sources: the AWS, Alibaba, DigitalOcean and Oracle cloud controllers' documentation.
var loadBalancerCertificates = []string{
	"service.beta.kubernetes.io/aws-load-balancer-ssl-cert", "service.beta.kubernetes.io/alibaba-cloud-loadbalancer-cert-id",
	"service.beta.kubernetes.io/do-loadbalancer-certificate-id", "service.beta.kubernetes.io/oci-load-balancer-tls-secret",
}

func hasAnnotation(o *snapshot.Object, keys ...string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { _, set := o.Annotations()[key]; return set })
}

// endsTLS says whether an Ingress has a certificate for any of its hosts.
func endsTLS(o *snapshot.Object) bool {
	hosts, all := certified(o)
	return len(hosts) > 0 || all || hasAnnotation(o, tlsAnnotations...)
}

// listensTLS says whether a route hangs on a listener with TLS.
func listensTLS(p *rule.Pass, route *snapshot.Object) bool {
	for _, parent := range entries(route.At("spec", "parentRefs")) {
		if kind, set := parent["kind"].(string); set && kind != "Gateway" {
			continue
		}
		gateway := parentGateway(p, route, parent)
		if gateway == nil {
			continue
		}
		for _, l := range entries(gateway.At("spec", "listeners")) {
			if attached(parent, route, l) && !clearProtocol(l) {
				return true
			}
		}
	}
	return false
}

func ends(list []front) bool { return slices.ContainsFunc(list, func(f front) bool { return f.tls }) }

// meshProxies are the sidecars through which a mesh encrypts. Sources: Istio's and Linkerd's injectors.
var meshProxies = []string{"istio-proxy", "linkerd-proxy"}

// meshWords are labels and annotations by which a pod or its namespace joins a mesh.
// Sources: Istio's and Linkerd's documentation of injection; Istio's ambient mode.
var meshWords = map[string][]string{
	"sidecar.istio.io/inject": {"true"}, "istio-injection": {"enabled"}, "istio.io/dataplane-mode": {"ambient"}, "linkerd.io/inject": {"enabled", "ingress"},
}

// inMesh says whether a workload's pods are part of a service mesh, which
// encrypts between its pods.
func inMesh(p *rule.Pass, w *airflow.Workload) bool {
	for _, each := range p.Workloads() {
		if each != w && each.Owner != w {
			continue
		}
		if slices.ContainsFunc(each.Containers(), func(c airflow.Container) bool { return slices.Contains(meshProxies, c.Name) }) {
			return true
		}
	}
	own := []map[string]string{w.Meta.Labels, w.Meta.Annotations}
	if says(own, "sidecar.istio.io/inject", "false") || says(own, "linkerd.io/inject", "disabled") {
		return false
	}
	for _, n := range p.Objects(snapshot.Namespace) {
		if n.Name == w.Namespace() {
			own = append(own, n.Labels(), n.Annotations())
			if _, revision := n.Labels()["istio.io/rev"]; revision {
				return true
			}
		}
	}
	for key, words := range meshWords {
		if says(own, key, words...) {
			return true
		}
	}
	return false
}

// says whether a key has one of some words in any of the maps.
func says(maps []map[string]string, key string, words ...string) bool {
	return slices.ContainsFunc(maps, func(m map[string]string) bool { return slices.Contains(words, strings.ToLower(m[key])) })
}

// sidecarProxies are words in the names or images of containers that stand before the web server in its own pod.
var sidecarProxies = []string{"oauth2-proxy", "proxy", "nginx", "envoy", "haproxy", "traefik", "caddy", "httpd"}

// proxiesInPod counts such containers.
func proxiesInPod(w *airflow.Workload) int {
	count := 0
	for _, c := range w.Containers() {
		if c.Role == airflow.Extra && slices.ContainsFunc(sidecarProxies, func(word string) bool {
			return strings.Contains(c.Name, word) || strings.Contains(c.Image, word)
		}) {
			count++
		}
	}
	return count
}
