package collect

import (
	"strings"
	"sync"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// KubeConfig says which cluster to read and as whom, each field as kubectl's
// flag of that name. What is empty is left to the kubeconfig. It is read once,
// when first asked, so that it may come through a pipe; fields set later do not count.
type KubeConfig struct {
	// Path is the file; empty means those that KUBECONFIG lists, else
	// ~/.kube/config, else the service account of the pod this runs in.
	Path string
	// Context, Cluster and User name entries of the kubeconfig. The Namespace need not exist.
	Context, Cluster, User, Namespace string

	Server, TLSServerName, CAFile, ProxyURL string
	Insecure, DisableCompression            bool

	CertFile, KeyFile, Token string
	// As, AsUID, AsGroups and AsUserExtra (key=value) are who to impersonate.
	As, AsUID             string
	AsGroups, AsUserExtra []string
	// Timeout is for one request: seconds, or a number with a unit; 0 or empty means none.
	Timeout string

	once   sync.Once
	loader clientcmd.ClientConfig
}

// CurrentNamespace is the namespace set here, else the context's, else the pod's own, else "default".
func (k *KubeConfig) CurrentNamespace() (string, error) {
	namespace, _, err := k.load().Namespace()
	return namespace, err
}

// ClientConfig is how to talk to the cluster. Nothing is asked of it yet; a
// credential plugin that the kubeconfig names runs with the first request.
func (k *KubeConfig) ClientConfig() (*rest.Config, error) {
	return k.load().ClientConfig()
}

// load opens no file yet. The defaults are kubectl's: without any kubeconfig
// it is KUBERNETES_MASTER, else localhost:8080.
func (k *KubeConfig) load() clientcmd.ClientConfig {
	k.once.Do(func() {
		rules := clientcmd.NewDefaultClientConfigLoadingRules()
		rules.ExplicitPath = k.Path
		rules.DefaultClientConfig = &clientcmd.DefaultClientConfig
		k.loader = clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, k.overrides())
	})
	return k.loader
}

func (k *KubeConfig) overrides() *clientcmd.ConfigOverrides {
	o := &clientcmd.ConfigOverrides{ClusterDefaults: clientcmd.ClusterDefaults, CurrentContext: k.Context, Timeout: k.Timeout}
	o.Context.Cluster, o.Context.AuthInfo, o.Context.Namespace = k.Cluster, k.User, k.Namespace

	cluster := &o.ClusterInfo
	cluster.Server, cluster.TLSServerName, cluster.ProxyURL = k.Server, k.TLSServerName, k.ProxyURL
	cluster.CertificateAuthority, cluster.InsecureSkipTLSVerify = k.CAFile, k.Insecure
	cluster.DisableCompression = k.DisableCompression

	user := &o.AuthInfo
	user.ClientCertificate, user.ClientKey, user.Token = k.CertFile, k.KeyFile, k.Token
	user.Impersonate, user.ImpersonateUID, user.ImpersonateGroups = k.As, k.AsUID, k.AsGroups
	user.ImpersonateUserExtra = userExtra(k.AsUserExtra)
	return o
}

// userExtra gathers key=value pairs by key. As with kubectl, a word without a value is no pair.
func userExtra(pairs []string) map[string][]string {
	var out map[string][]string
	for _, pair := range pairs {
		key, value, ok := strings.Cut(pair, "=")
		if !ok {
			continue
		}
		if out == nil {
			out = map[string][]string{}
		}
		out[key] = append(out[key], value)
	}
	return out
}
