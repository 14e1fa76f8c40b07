package cli

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// kubeFlags are how to reach a cluster: all of kubectl's own, and -A.
type kubeFlags struct {
	config collect.KubeConfig
	all    bool
}

func newKubeFlags() *kubeFlags { return &kubeFlags{} }

// namespace is where to look: the flag, else the kubeconfig's context, else "default"; empty means everywhere.
func (f *kubeFlags) namespace() (string, error) {
	takeHelmSettings(&f.config, f.all)
	if f.all {
		return "", nil
	}
	ns, err := f.config.CurrentNamespace()
	if err != nil {
		return "", fmt.Errorf("kubeconfig: %w", err)
	}
	return ns, nil
}

// cluster is the cluster these flags name. Nothing is asked of it yet.
func (f *kubeFlags) cluster(streams Streams, progress func(string)) (*collect.Cluster, error) {
	takeHelmSettings(&f.config, f.all)
	config, err := f.config.ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("kubeconfig: %w", err)
	}
	config.UserAgent = "kubectl-airflowsec/" + version
	return &collect.Cluster{
		Config: config, Driver: os.Getenv("HELM_DRIVER"), Progress: progress, Now: now,
		Warn: func(text string) { fmt.Fprintln(streams.ErrOut, "warning:", text) },
	}, nil
}

// releases finds what a command is about: one named release, the only one, or with -A all of them.
func (f *kubeFlags) releases(ctx context.Context, c *collect.Cluster, name string) ([]collect.Found, error) {
	ns, found, coverage, err := f.search(ctx, c)
	if err != nil {
		return nil, err
	}
	return choose(found, coverage, name, ns)
}

// listed are all releases where these flags look. None is an answer, unless something could not be read.
func (f *kubeFlags) listed(ctx context.Context, c *collect.Cluster) ([]collect.Found, error) {
	ns, found, coverage, err := f.search(ctx, c)
	if err == nil && len(found) == 0 && unreadNote(coverage) != "" {
		_, err = choose(found, coverage, "", ns)
	}
	return found, err
}

// search looks for releases in the namespace these flags name; empty means all.
func (f *kubeFlags) search(ctx context.Context, c *collect.Cluster) (ns string, found []collect.Found, coverage []snapshot.Coverage, err error) {
	if ns, err = f.namespace(); err != nil {
		return "", nil, nil, err
	}
	if found, coverage, err = c.Releases(ctx, ns); err != nil {
		return "", nil, nil, atServer(c, err)
	}
	return ns, found, coverage, nil
}

// atServer says which API server an error is about: without a kubeconfig that is localhost:8080, which nobody means.
func atServer(c *collect.Cluster, err error) error {
	if server, bad := url.Parse(c.Config.Host); bad == nil {
		return fmt.Errorf("%s: %w", server.Redacted(), err)
	}
	return err
}

// now is the time of reading. SOURCE_DATE_EPOCH, where set, makes runs on different days comparable.
func now() time.Time {
	var seconds int64
	if _, err := fmt.Sscan(os.Getenv("SOURCE_DATE_EPOCH"), &seconds); err == nil {
		return time.Unix(seconds, 0).UTC()
	}
	return time.Now().UTC()
}
