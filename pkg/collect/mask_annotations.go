package collect

import "strings"

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
	"secure-backends", "proxy-ssl-verify", "use-regex", "rewrite-target", "proxy-body-size", "affinity",
)

// vaultFile begins keys that begin like clear ones and are not: templates hold
// anything. What stands under vaultPath is where Vault keeps a secret, by its path.
const (
	vaultFile = "vault.hashicorp.com/agent-inject-"
	vaultPath = vaultFile + "secret-" //nolint:gosec // the beginning of an annotation's name
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
		default:
			list[key] = m.all(value)
		}
	}
	return list
}
