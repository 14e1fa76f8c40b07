package controlplane

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// CacheVariable names the environment variable that moves the folder of built
// tools away from its default, airflowsec-test in the user's cache folder.
const CacheVariable = "AIRFLOWSEC_TEST_CACHE"

// tool says where a command comes from: a module under testdata/tools, whose
// go.mod names it in a tool directive, and the file that go build makes of it.
type tool struct{ name, module, file string }

var tools = []tool{
	{"etcd", "controlplane", "server"},
	{"kube-apiserver", "controlplane", "kube-apiserver"},
	{"kube-controller-manager", "controlplane", "kube-controller-manager"},
	{"kube-scheduler", "controlplane", "kube-scheduler"},
	{"kubectl", "controlplane", "kubectl"},
	{"kwok", "controlplane", "kwok"},
	{"helm3", "helm3", "helm"},
	{"helm4", "helm4", "helm"},
	{"krew", "krew", "krew"},
	{"cyclonus", "cyclonus", "cyclonus"},
}

// Tool returns the path of a command, which it builds first where this machine
// has not built it yet: minutes when cold, for all commands of the same module
// together. Names: etcd, kube-apiserver, kube-controller-manager,
// kube-scheduler, kubectl, kwok, helm3, helm4, krew, cyclonus.
func Tool(ctx context.Context, name string) (string, error) {
	at := slices.IndexFunc(tools, func(t tool) bool { return t.name == name })
	if at < 0 {
		return "", fmt.Errorf("no tool named %q", name)
	}
	dir, err := built(ctx, tools[at].module)
	if err != nil {
		return "", fmt.Errorf("tool %s: %w", name, err)
	}
	return filepath.Join(dir, tools[at].file+executableSuffix), nil
}

// BuildTools builds every command that this machine lacks.
func BuildTools(ctx context.Context) error {
	for _, t := range tools {
		if _, err := Tool(ctx, t.name); err != nil {
			return err
		}
	}
	return nil
}

// Root returns the folder of the project's go.mod, looked for upwards from the
// working folder (a test's is its package).
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; dir = filepath.Dir(dir) {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && bytes.HasPrefix(text, []byte("module github.com/airflowsec/kubectl-airflowsec\n")) {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("not inside the kubectl-airflowsec source tree")
		}
	}
}

// CacheDir returns the folder that keeps built tools between runs. It may be
// deleted at any time.
func CacheDir() (string, error) {
	if dir := os.Getenv(CacheVariable); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	return filepath.Join(dir, "airflowsec-test"), err
}
