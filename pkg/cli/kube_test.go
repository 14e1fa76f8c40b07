package cli

import (
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
)

// TestEveryFlagOfKubectlIsThere compares our flags with those cli-runtime gives kubectl.
func TestEveryFlagOfKubectlIsThere(t *testing.T) {
	cmd := &cobra.Command{}
	newKubeFlags().add(cmd)
	theirs := pflag.NewFlagSet("", pflag.ContinueOnError)
	genericclioptions.NewConfigFlags(true).AddFlags(theirs)
	theirs.VisitAll(func(want *pflag.Flag) {
		got := cmd.Flags().Lookup(want.Name)
		if got == nil {
			t.Errorf("--%s is missing", want.Name)
			return
		}
		told := want.DefValue
		if want.Name == "cache-dir" { // nothing is cached there
			told = ""
		}
		if got.Shorthand != want.Shorthand || got.Value.Type() != want.Value.Type() || got.DefValue != told || got.NoOptDefVal != want.NoOptDefVal {
			t.Errorf("--%s is -%s %s %q %q, kubectl's is -%s %s %q %q", want.Name, got.Shorthand, got.Value.Type(), got.DefValue, got.NoOptDefVal,
				want.Shorthand, want.Value.Type(), told, want.NoOptDefVal)
		}
		if got.Usage == "" {
			t.Errorf("--%s does not say what it is for", want.Name)
		}
	})
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if theirs.Lookup(f.Name) == nil && f.Name != "all-namespaces" {
			t.Errorf("kubectl has no --%s", f.Name)
		}
	})
}

// kubeAnswer is what flags and kubeconfigs come to.
type kubeAnswer struct {
	Cluster   *collect.Cluster
	Proxy     string
	Err       string
	Namespace string
	NoSpace   string
}

func answerOf(t *testing.T, c *collect.Cluster, err error, namespace string, noSpace error) kubeAnswer {
	t.Helper()
	a := kubeAnswer{Cluster: c, Namespace: namespace, NoSpace: sentence(noSpace), Err: sentence(err)}
	if c.Config == nil || c.Config.Proxy == nil {
		return a
	}
	to, err := c.Config.Proxy(&http.Request{URL: &url.URL{Scheme: "https", Host: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	a.Proxy, c.Config.Proxy = to.String(), nil // functions cannot be compared
	return a
}

func sentence(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// ours is what this program makes of a command line, theirs what kubectl's library does.
func ours(t *testing.T, args []string) (kubeAnswer, error) {
	t.Helper()
	f, cmd := newKubeFlags(), &cobra.Command{}
	f.add(cmd)
	if err := cmd.Flags().Parse(args); err != nil {
		return kubeAnswer{}, err
	}
	namespace, noSpace := f.config.CurrentNamespace()
	config, err := f.config.ClientConfig()
	return answerOf(t, &collect.Cluster{Config: config}, err, namespace, noSpace), nil
}

func theirs(t *testing.T, args []string) (kubeAnswer, error) {
	t.Helper()
	f, flags := genericclioptions.NewConfigFlags(true), pflag.NewFlagSet("", pflag.ContinueOnError)
	f.AddFlags(flags)
	if err := flags.Parse(args); err != nil {
		return kubeAnswer{}, err
	}
	namespace, _, noSpace := f.ToRawKubeConfigLoader().Namespace()
	config, err := f.ToRESTConfig()
	return answerOf(t, &collect.Cluster{Config: config}, err, namespace, noSpace), nil
}

const firstConfig = `apiVersion: v1
kind: Config
current-context: one
clusters:
- {name: c1, cluster: {server: "https://one.test:6443", tls-server-name: told, proxy-url: "http://proxy.test:1"}}
contexts:
- {name: one, context: {cluster: c1, user: u1, namespace: ns1}}
- {name: plain, context: {cluster: c1, user: u1}}
- {name: runs, context: {cluster: c1, user: runs}}
- {name: broken, context: {cluster: nowhere, user: u1}}
users:
- {name: u1, user: {token: t1, as: boss, as-groups: [g1], as-uid: "7", as-user-extra: {k: [v]}}}
- {name: runs, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: login, args: [a], interactiveMode: IfAvailable}}}
`

const secondConfig = `apiVersion: v1
kind: Config
current-context: two
clusters:
- {name: c2, cluster: {server: "https://two.test", insecure-skip-tls-verify: true, disable-compression: true}}
contexts:
- {name: two, context: {cluster: c2, user: u2, namespace: ns2}}
users:
- {name: u2, user: {username: a, password: b}}
`

// kubeconfigs writes both files and is where they are.
func kubeconfigs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"one": firstConfig, "two": secondConfig, "bad": "a: ["} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestConnectionsAreKubectls asks this program and kubectl's library the same, flag by flag.
func TestConnectionsAreKubectls(t *testing.T) {
	dir := kubeconfigs(t)
	for _, c := range []struct {
		env  string // KUBECONFIG, files by their names
		args string
		want kubeAnswer // of it, what is set here is compared too; Err may be a part
	}{
		{env: "one", want: kubeAnswer{Namespace: "ns1", Proxy: "http://proxy.test:1"}},
		{env: "one", args: "-n other", want: kubeAnswer{Namespace: "other"}},
		{env: "one", args: "-n ns/other", want: kubeAnswer{Namespace: "ns/other"}},
		{env: "one", args: "--context plain", want: kubeAnswer{Namespace: "default"}},
		{env: "one:two", want: kubeAnswer{Namespace: "ns1"}},
		{env: "two:one", want: kubeAnswer{Namespace: "ns2"}},
		{env: "two:one", args: "--context one", want: kubeAnswer{Namespace: "ns1"}},
		{env: "missing:two", want: kubeAnswer{Namespace: "ns2"}},
		{env: "missing", want: kubeAnswer{Namespace: "default"}},
		{env: "one", args: "--kubeconfig two", want: kubeAnswer{Namespace: "ns2"}},
		{env: "one:bad", want: kubeAnswer{Err: "bad", NoSpace: "bad"}},
		{env: "one", args: "--kubeconfig missing", want: kubeAnswer{Err: "no such file", NoSpace: "no such file"}},
		{env: "one", args: "--context nobody", want: kubeAnswer{Err: `"nobody" does not exist`, NoSpace: "nobody"}},
		{env: "one", args: "--context broken"},
		{env: "one", args: "--cluster nobody", want: kubeAnswer{Err: `"nobody" does not exist`}},
		{env: "one", args: "--user nobody", want: kubeAnswer{Err: `"nobody" does not exist`}},
		{env: "one:two", args: "--cluster c2 --user u1"},
		{env: "one:two", args: "--user u2"},
		{env: "one", args: "--context runs"},
		{env: "one", args: "-s https://else.test --tls-server-name other"},
		{env: "one", args: "-s else.test:1"},
		{env: "missing", args: "-s https://else.test --token t"},
		{env: "two", args: "--token t", want: kubeAnswer{Err: "more than one authentication method"}},
		{env: "one", args: "--certificate-authority one"},
		{env: "one", args: "--certificate-authority missing", want: kubeAnswer{Err: "certificate-authority"}},
		{env: "one", args: "--insecure-skip-tls-verify"},
		{env: "two", args: "--insecure-skip-tls-verify=false"},
		{env: "one", args: "--client-certificate one --client-key two"},
		{env: "one", args: "--client-certificate one", want: kubeAnswer{Err: "client-key"}},
		{env: "one", args: "--proxy-url socks5://p.test:2", want: kubeAnswer{Proxy: "socks5://p.test:2"}},
		{env: "one", args: "--proxy-url ftp://p.test", want: kubeAnswer{Err: "unsupported scheme"}},
		{env: "one", args: "--disable-compression"},
		{env: "one", args: "--cache-dir anywhere"},
		{env: "one", args: "--as other"},
		{env: "one", args: "--as other --as-uid 8 --as-group a --as-group b,c --as-user-extra k=1 --as-user-extra k=2=3 --as-user-extra alone"},
		{env: "two", args: "--as-group a", want: kubeAnswer{Err: "without impersonating a user"}},
		{env: "two", args: "--as-uid 8", want: kubeAnswer{Err: "without impersonating a user"}},
		{env: "two", args: "--as-user-extra k=v", want: kubeAnswer{Err: "without impersonating a user"}},
		{env: "two", args: "--as-user-extra alone"},
		{env: "one", args: "--request-timeout 30"},
		{env: "one", args: "--request-timeout 1m30s"},
		{env: "one", args: "--request-timeout soon", want: kubeAnswer{Err: "Invalid timeout value"}},
		{env: "one", args: "--request-timeout -1", want: kubeAnswer{Err: "Invalid timeout value"}},
	} {
		t.Run(strings.TrimSpace("KUBECONFIG="+c.env+" "+c.args), func(t *testing.T) {
			t.Chdir(dir)
			t.Setenv("KUBECONFIG", strings.ReplaceAll(c.env, ":", string(os.PathListSeparator)))
			got, err := ours(t, strings.Fields(c.args))
			want, bad := theirs(t, strings.Fields(c.args))
			if err != nil || bad != nil {
				t.Fatal(errors.Join(err, bad))
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %#v\nwith %#v\nwant %#v\nwith %#v", got, got.Cluster.Config, want, want.Cluster.Config)
			}
			if !strings.Contains(got.Err, c.want.Err) || !strings.Contains(got.NoSpace, c.want.NoSpace) || (c.want.Err == "") != (got.Err == "") {
				t.Errorf("errors %q and %q, want %q and %q", got.Err, got.NoSpace, c.want.Err, c.want.NoSpace)
			}
			if c.want.Namespace != "" && got.Namespace != c.want.Namespace || c.want.Proxy != "" && got.Proxy != c.want.Proxy {
				t.Errorf("namespace %q, proxy %q", got.Namespace, got.Proxy)
			}
		})
	}
}

// TestEveryConnectionFlagIsHeard sees that each flag changes what it is for.
func TestEveryConnectionFlagIsHeard(t *testing.T) {
	t.Chdir(kubeconfigs(t))
	for _, c := range []struct {
		args string
		got  func(*collect.Cluster) any
		want any
	}{
		{"", func(c *collect.Cluster) any { return c.Config.Host }, "https://one.test:6443"},
		{"--server https://else.test", func(c *collect.Cluster) any { return c.Config.Host }, "https://else.test"},
		{"--tls-server-name other", func(c *collect.Cluster) any { return c.Config.ServerName }, "other"},
		{"--certificate-authority two", func(c *collect.Cluster) any { return filepath.Base(c.Config.CAFile) }, "two"},
		{"--insecure-skip-tls-verify", func(c *collect.Cluster) any { return c.Config.Insecure }, true},
		{"--disable-compression", func(c *collect.Cluster) any { return c.Config.DisableCompression }, true},
		{"--client-certificate one --client-key two", func(c *collect.Cluster) any { return c.Config.CertFile + " " + c.Config.KeyFile }, "one two"},
		{"--token t", func(c *collect.Cluster) any { return c.Config.BearerToken }, "t"},
		{"--as other", func(c *collect.Cluster) any { return c.Config.Impersonate.UserName }, "other"},
		{"--as-uid 8", func(c *collect.Cluster) any { return c.Config.Impersonate.UID }, "8"},
		{"--as-group a --as-group b,c", func(c *collect.Cluster) any { return strings.Join(c.Config.Impersonate.Groups, " ") }, "a b,c"},
		{"--as-user-extra x=1 --as-user-extra x=2=3", func(c *collect.Cluster) any { return strings.Join(c.Config.Impersonate.Extra["x"], " ") }, "1 2=3"},
		{"--request-timeout 90", func(c *collect.Cluster) any { return c.Config.Timeout.String() }, "1m30s"},
		{"--context runs", func(c *collect.Cluster) any { return c.Config.ExecProvider.Command }, "login"},
	} {
		got, err := ours(t, append([]string{"--kubeconfig", "one"}, strings.Fields(c.args)...))
		if err != nil || got.Err != "" {
			t.Errorf("%s: %v %s", c.args, err, got.Err)
			continue
		}
		if heard := c.got(got.Cluster); heard != c.want {
			t.Errorf("%s: got %v, want %v", c.args, heard, c.want)
		}
	}
}

// TestFlagsBeatWhatHelmSwallowed holds each of Helm's variables to its flag.
func TestFlagsBeatWhatHelmSwallowed(t *testing.T) {
	t.Setenv("HELM_PLUGIN_NAME", pluginName)
	for name, value := range map[string]string{
		"HELM_NAMESPACE": "hn", "HELM_KUBECONTEXT": "hc", "HELM_KUBETOKEN": "ht", "HELM_KUBEASUSER": "hu", "HELM_KUBEASGROUPS": "hg,hh",
		"HELM_KUBEAPISERVER": "hs", "HELM_KUBECAFILE": "hf", "HELM_KUBETLS_SERVER_NAME": "hl", "HELM_KUBEINSECURE_SKIP_TLS_VERIFY": "true",
	} {
		t.Setenv(name, value)
	}
	said := func(args string) string {
		f, cmd := newKubeFlags(), &cobra.Command{}
		f.add(cmd)
		if err := cmd.Flags().Parse(strings.Fields(args)); err != nil {
			t.Fatal(err)
		}
		takeHelmSettings(&f.config, f.all)
		k := &f.config
		on := ""
		if k.Insecure {
			on = "insecure"
		}
		return strings.Join(append([]string{k.Namespace, k.Context, k.Token, k.As, k.Server, k.CAFile, k.TLSServerName, on}, k.AsGroups...), " ")
	}
	for args, want := range map[string]string{
		"":                      "hn hc ht hu hs hf hl insecure hg hh",
		"-A":                    " hc ht hu hs hf hl insecure hg hh",
		"-n n --kube-context c": "n c ht hu hs hf hl insecure hg hh",
		"--token t --as u --as-group g -s s --certificate-authority f --tls-server-name l": "hn hc t u s f l insecure g",
	} {
		if got := said(args); got != want {
			t.Errorf("%q: got %q, want %q", args, got, want)
		}
	}
	t.Setenv("HELM_PLUGIN_NAME", "")
	if got := said(""); strings.TrimSpace(got) != "" {
		t.Errorf("HELM_ variables count without Helm: %q", got)
	}
}

// TestAKubeconfigIsReadOnce keeps --kubeconfig <(…) working.
func TestAKubeconfigIsReadOnce(t *testing.T) {
	t.Chdir(kubeconfigs(t))
	f, cmd := newKubeFlags(), &cobra.Command{}
	f.add(cmd)
	if err := cmd.Flags().Parse([]string{"--kubeconfig", "one"}); err != nil {
		t.Fatal(err)
	}
	if namespace, err := f.namespace(); err != nil || namespace != "ns1" {
		t.Fatalf("namespace %q, %v", namespace, err)
	}
	if err := os.Remove("one"); err != nil {
		t.Fatal(err)
	}
	s, _, _ := streams()
	if cluster, err := f.cluster(s, nil); err != nil || cluster.Config.Host != "https://one.test:6443" {
		t.Errorf("the second question: %v", err)
	}
}
