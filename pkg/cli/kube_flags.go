package cli

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// add declares the flags that say which cluster, and where in it.
func (f *kubeFlags) add(cmd *cobra.Command) {
	f.addConnection(cmd.Flags())
	cmd.Flags().BoolVarP(&f.all, "all-namespaces", "A", false, "All namespaces; beats -n")
	cmd.Flags().SetNormalizeFunc(helmNames)
}

// addConnection declares kubectl's own flags, name by name. cli-runtime would
// declare them too, and bring all of kustomize (docs/adr/0005-kubeconfig-flags.md).
func (f *kubeFlags) addConnection(flags *pflag.FlagSet) {
	k := &f.config
	for _, word := range []struct {
		into               *string
		name, short, usage string
	}{
		{&k.Path, "kubeconfig", "", "Kubeconfig file to use"},
		{&k.Context, "context", "", "Context of the kubeconfig to use"},
		{&k.Cluster, "cluster", "", "Cluster of the kubeconfig to use"},
		{&k.User, "user", "", "User of the kubeconfig to use"},
		{&k.Namespace, "namespace", "n", "Namespace to look in; default is the context's"},
		{&k.Server, "server", "s", "Address and port of the API server"},
		{&k.TLSServerName, "tls-server-name", "", "Name the API server's certificate must have, if not the one in its address"},
		{&k.CAFile, "certificate-authority", "", "Certificate file of the authority the API server's certificate must be signed by"},
		{&k.ProxyURL, "proxy-url", "", "Proxy for requests to the API server, as a URL"},
		{&k.CertFile, "client-certificate", "", "Client certificate file for TLS"},
		{&k.KeyFile, "client-key", "", "Client key file for TLS"},
		{&k.Token, "token", "", "Bearer token for the API server"},
		{&k.As, "as", "", "User to impersonate: a user's name, or system:serviceaccount:NAMESPACE:NAME"},
		{&k.AsUID, "as-uid", "", "UID to impersonate"},
	} {
		flags.StringVarP(word.into, word.name, word.short, "", word.usage)
	}
	flags.StringArrayVar(&k.AsGroups, "as-group", nil, "Group to impersonate; repeat for several")
	flags.StringArrayVar(&k.AsUserExtra, "as-user-extra", nil, "User extra to impersonate, as key=value; repeat for several")
	flags.BoolVar(&k.Insecure, "insecure-skip-tls-verify", false, "Do not check the API server's certificate; whoever is in between can then read and answer")
	flags.BoolVar(&k.DisableCompression, "disable-compression", false, "Ask the API server for answers that are not compressed")
	flags.StringVar(&k.Timeout, "request-timeout", "0", "How long to wait for one request, as 30 (seconds), 30s or 2m; 0 is the plugin's own limit")
	flags.String("cache-dir", "", "Taken because kubectl takes it; the plugin keeps no discovery cache")
}

// helmNames lets Helm's name for --context stand for kubectl's.
func helmNames(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	if name == "kube-context" {
		name = "context"
	}
	return pflag.NormalizedName(name)
}
