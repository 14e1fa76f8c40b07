package controlplane

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
)

// Env returns this process's environment for a command that talks to the
// cluster as a user: KUBECONFIG set, and the caches and settings of kubectl and
// Helm inside the cluster's folder, so that nothing of the person who runs the
// tests is read or written.
func (c *Cluster) Env(user string) []string {
	env := slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "HELM_") || strings.HasPrefix(v, "KUBE")
	})
	return append(env,
		"KUBECONFIG="+c.Kubeconfig(user),
		"KUBECACHEDIR="+c.path("kube-cache"),
		"KUBERC=off",
		"HELM_CACHE_HOME="+c.path("helm/cache"),
		"HELM_CONFIG_HOME="+c.path("helm/config"),
		"HELM_DATA_HOME="+c.path("helm/data"),
	)
}

// Command prepares kubectl, helm3 or helm4 (names as for Tool) to run as a user.
func (c *Cluster) Command(ctx context.Context, user, tool string, args ...string) (*exec.Cmd, error) {
	path, err := Tool(ctx, tool)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = c.Env(user)
	return cmd, nil
}

// Run runs Command and returns what it wrote to stdout. An error holds what it
// wrote to stderr.
func (c *Cluster) Run(ctx context.Context, user, tool string, args ...string) (string, error) {
	return c.runWith(ctx, "", user, tool, args...)
}

// Apply applies a manifest of any number of documents as Admin.
func (c *Cluster) Apply(ctx context.Context, manifest string) error {
	_, err := c.runWith(ctx, manifest, Admin, "kubectl", "apply", "-f", "-")
	return err
}

func (c *Cluster) runWith(ctx context.Context, stdin, user, tool string, args ...string) (string, error) {
	cmd, err := c.Command(ctx, user, tool, args...)
	if err != nil {
		return "", err
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("%s %s: %w\n%s", tool, strings.Join(args, " "), err, stderr.String())
	}
	return stdout.String(), nil
}
