package collect

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
)

// annotationGroups are the beginnings of annotation keys whose values may be shown.
// Checksums are not among them: they are digests of secrets.
var annotationGroups = []string{
	"helm.sh/", "meta.helm.sh/", "prometheus.io/", "sidecar.istio.io/", "traffic.sidecar.istio.io/", "proxy.istio.io/overrides",
	"linkerd.io/inject", "config.linkerd.io/", "cluster-autoscaler.kubernetes.io/", "pod-security.kubernetes.io/",
	"container.apparmor.security.beta.kubernetes.io/", "seccomp.security.alpha.kubernetes.io/",
	"container.seccomp.security.alpha.kubernetes.io/", "service.alpha.kubernetes.io/", "deployment.kubernetes.io/revision",
	"kubectl.kubernetes.io/default-container", "kubectl.kubernetes.io/restartedAt", "kubernetes.io/ingress.class",
	"service.beta.kubernetes.io/aws-load-balancer-internal", "service.beta.kubernetes.io/aws-load-balancer-scheme",
	"service.beta.kubernetes.io/aws-load-balancer-type", "service.beta.kubernetes.io/azure-load-balancer-internal",
	"networking.gke.io/load-balancer-type", "cloud.google.com/load-balancer-type", "networking.gke.io/internal-load-balancer",
	"service.kubernetes.io/", "argocd.argoproj.io/", "ingressclass.kubernetes.io/", "batch.kubernetes.io/",
	"alb.ingress.kubernetes.io/scheme", "alb.ingress.kubernetes.io/listen-ports", "alb.ingress.kubernetes.io/ssl-redirect",
	"alb.ingress.kubernetes.io/ssl-policy", "alb.ingress.kubernetes.io/backend-protocol", "alb.ingress.kubernetes.io/auth-type",
	"traefik.ingress.kubernetes.io/router.tls", "traefik.ingress.kubernetes.io/router.entrypoints",
	"nginx.org/hsts", "nginx.org/ssl-redirect", "haproxy-ingress.github.io/hsts", "traefik.ingress.kubernetes.io/router.middlewares",
	"haproxy.org/ssl-redirect", "haproxy-ingress.github.io/ssl-redirect", "ingress.kubernetes.io/ssl-redirect",
	"route.openshift.io/termination", "cert-manager.io/cluster-issuer", "cert-manager.io/issuer", "kubernetes.io/tls-acme",
	"appgw.ingress.kubernetes.io/ssl-redirect", "networking.gke.io/v1beta1.FrontendConfig", "openshift.io/scc",
	"vault.hashicorp.com/agent-inject", "vault.hashicorp.com/role", "vault.hashicorp.com/agent-pre-populate",
	"vault.hashicorp.com/tls-skip-verify", "vault.hashicorp.com/service", "rbac.authorization.kubernetes.io/autoupdate", "kubernetes.io/service-account.name",
	"airflowsec.io/",
}

// nginxAnnotations are those of ingress-nginx that decide about TLS and login.
// Source: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/.
var nginxAnnotations = set(
	"ssl-redirect", "force-ssl-redirect", "ssl-passthrough", "backend-protocol", "auth-type", "auth-tls-verify-client",
	"auth-tls-pass-certificate-to-upstream", "hsts", "hsts-max-age", "hsts-include-subdomains", "enable-cors", "cors-allow-origin",
	"limit-rps", "limit-rpm", "limit-connections", "whitelist-source-range", "denylist-source-range", "allowlist-source-range",
	"secure-backends", "proxy-ssl-verify", "custom-headers", "use-regex", "rewrite-target", "proxy-body-size", "affinity",
)

// vaultFile begins keys that begin like clear ones and are not: templates hold
// anything. What stands under vaultPath is where Vault keeps a secret, by its path.
const (
	vaultFile = "vault.hashicorp.com/agent-inject-"
	vaultPath = vaultFile + "secret-"
)

// clearAnnotation says whether an annotation's value may be shown.
func clearAnnotation(key string) bool {
	if rest, found := strings.CutPrefix(key, "nginx.ingress.kubernetes.io/"); found {
		return nginxAnnotations[rest]
	}
	if strings.HasPrefix(key, vaultFile) {
		return strings.HasPrefix(key, vaultPath)
	}
	for _, group := range annotationGroups {
		if strings.HasPrefix(key, group) {
			return true
		}
	}
	return false
}

// headerAnnotations are the beginnings of annotation keys whose values may name
// the headers that a proxy sends to browsers, beside anything else.
// Sources: the documentation of ingress-nginx, of F5's, HAProxy's and AWS's controllers, and of OpenShift's router.
var headerAnnotations = []string{
	"nginx.ingress.kubernetes.io/configuration-snippet", "nginx.ingress.kubernetes.io/server-snippet",
	"nginx.org/server-snippets", "nginx.org/location-snippets", "haproxy.org/response-set-header", "haproxy.org/backend-config-snippet",
	"haproxy-ingress.github.io/headers", "haproxy-ingress.github.io/config-backend", "alb.ingress.kubernetes.io/listener-attributes",
	routerHSTS,
}

// routerHSTS holds the value of one such header.
const routerHSTS = "haproxy.router.openshift.io/hsts_header"

// safetyHeaders are the headers that tell browsers to be careful, each beside
// what it looks like in annotations.
var safetyHeaders = []struct {
	name string
	form *pattern.Pattern
}{
	{"Strict-Transport-Security", pattern.New(`(?i)\bstrict[-_]transport[-_]security\b`)},
	{"Content-Security-Policy", pattern.New(`(?i)\bcontent[-_]security[-_]policy(?:["'\s:.=]|$)`)},
}

// headerNames masks an annotation but for the names of such headers in it.
func (m *masker) headerNames(key, text string) string {
	out := m.token(text)
	for _, header := range safetyHeaders {
		if header.form.MatchString(text) || key == routerHSTS && header.name == safetyHeaders[0].name && strings.Contains(text, "max-age=") {
			out += " " + header.name
		}
	}
	return out
}

func namesHeaders(key string) bool {
	return slices.ContainsFunc(headerAnnotations, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
}

// lastApplied is kubectl's copy of a whole object, secrets and all.
const lastApplied = "kubectl.kubernetes.io/last-applied-configuration"

func (m *masker) annotations(node any) any {
	list, ok := node.(map[string]any)
	if !ok {
		return m.all(node)
	}
	for key, value := range list {
		text, isText := value.(string)
		switch {
		case key == lastApplied:
			delete(list, key)
		case isText && clearAnnotation(key):
			list[key] = m.plain(text)
		case isText && simple(key, text):
		case isText && namesHeaders(key) && text != "":
			list[key] = m.headerNames(key, text)
		default:
			list[key] = m.all(value)
		}
	}
	return list
}
