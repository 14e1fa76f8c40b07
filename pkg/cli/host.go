package cli

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
)

// pluginName is what both hosts call the plugin.
const pluginName = "airflowsec"

// invokedAs is how the user called the program, for usage texts.
func invokedAs(arg0 string) string {
	base := strings.TrimSuffix(filepath.Base(arg0), ".exe")
	switch {
	case underHelm():
		return "helm " + pluginName
	case strings.HasPrefix(base, "kubectl-"), strings.HasPrefix(base, "kubectl_complete-"):
		return "kubectl " + pluginName
	default:
		return pluginName
	}
}

// underHelm says that Helm started the plugin. HELM_ variables count only
// then: people export HELM_NAMESPACE in shells that also run kubectl.
func underHelm() bool { return os.Getenv("HELM_PLUGIN_NAME") == pluginName }

// takeHelmSettings puts what Helm swallowed (-n, --kube-context, …) where the
// user said nothing. Helm always sets HELM_NAMESPACE, so -A beats it.
func takeHelmSettings(config *collect.KubeConfig, all bool) {
	if !underHelm() {
		return
	}
	for _, s := range []struct {
		name string
		into *string
	}{
		{"HELM_KUBECONTEXT", &config.Context},
		{"HELM_KUBETOKEN", &config.Token},
		{"HELM_KUBEASUSER", &config.As},
		{"HELM_KUBEAPISERVER", &config.Server},
		{"HELM_KUBECAFILE", &config.CAFile},
		{"HELM_KUBETLS_SERVER_NAME", &config.TLSServerName},
	} {
		if *s.into == "" {
			*s.into = os.Getenv(s.name)
		}
	}
	if config.Namespace == "" && !all {
		config.Namespace = os.Getenv("HELM_NAMESPACE")
	}
	if groups := os.Getenv("HELM_KUBEASGROUPS"); groups != "" && len(config.AsGroups) == 0 {
		config.AsGroups = strings.Split(groups, ",")
	}
	if insecure, err := strconv.ParseBool(os.Getenv("HELM_KUBEINSECURE_SKIP_TLS_VERIFY")); err == nil && !config.Insecure {
		config.Insecure = insecure
	}
}
