package controlplane

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// stamp is a linker flag that gives a command what its released binary has and
// a plain go build lacks: a version. Charts compare versions, and v0.0.0 makes
// them fail to render. {version}, {major} and {minor} are the module's.
type stamp struct{ module, variable, value string }

var stamps = map[string][]stamp{
	"controlplane": {
		{"k8s.io/kubernetes", "k8s.io/component-base/version.gitVersion", "{version}"},
		{"k8s.io/kubernetes", "k8s.io/component-base/version.gitMajor", "{major}"},
		{"k8s.io/kubernetes", "k8s.io/component-base/version.gitMinor", "{minor}"},
	},
	"helm3": {
		{"helm.sh/helm/v3", "helm.sh/helm/v3/internal/version.version", "{version}"},
		// client-go v0.37 is the client of Kubernetes 1.37.
		{"k8s.io/client-go", "helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor", "1"},
		{"k8s.io/client-go", "helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor", "{minor}"},
	},
	"helm4": {{"helm.sh/helm/v4", "helm.sh/helm/v4/internal/version.version", "{version}"}},
	"krew":  {{"sigs.k8s.io/krew", "sigs.k8s.io/krew/internal/version.gitTag", "{version}"}},
}

// built returns the folder with a module's commands. One lock for all modules:
// two such builds at a time need more memory than a small machine has.
func built(ctx context.Context, module string) (string, error) {
	source, bin, err := moduleDirs(module)
	if err != nil || exists(bin) {
		return bin, err
	}
	cache := filepath.Dir(filepath.Dir(bin))
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return "", err
	}
	unlock, err := lockedfile.MutexAt(filepath.Join(cache, "build.lock")).Lock()
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(bin) {
		return bin, nil
	}
	return bin, build(ctx, module, source, bin)
}

// moduleDirs returns a tool module's source folder and the folder of its
// commands, whose name changes with everything that decides on their content.
func moduleDirs(module string) (source, bin string, err error) {
	root, err := Root()
	if err != nil {
		return "", "", err
	}
	cache, err := CacheDir()
	if err != nil {
		return "", "", err
	}
	source = filepath.Join(root, "testdata", "tools", module)
	digest := sha256.New()
	fmt.Fprintln(digest, runtime.Version(), runtime.GOOS, runtime.GOARCH, stamps[module], stageFiles)
	own, err := filepath.Glob(filepath.Join(source, "*.go"))
	if err != nil {
		return "", "", err
	}
	for _, name := range append([]string{filepath.Join(source, "go.mod"), filepath.Join(source, "go.sum")}, own...) {
		text, err := os.ReadFile(name)
		if err != nil {
			return "", "", err
		}
		digest.Write(text)
	}
	return source, filepath.Join(cache, module+"-"+hex.EncodeToString(digest.Sum(nil))[:12], "bin"), nil
}

// build makes all commands of a module in a folder beside bin and renames it,
// so that a folder named bin is always whole.
func build(ctx context.Context, module, source, bin string) error {
	fmt.Fprintf(os.Stderr, "building the tools of testdata/tools/%s, once; this takes minutes\n", module)
	flags, err := linkerFlags(ctx, module, source)
	if err != nil {
		return err
	}
	partial := bin + ".partial"
	if err := os.RemoveAll(partial); err != nil {
		return err
	}
	if err := os.MkdirAll(partial, 0o755); err != nil {
		return err
	}
	if _, err := goCommand(ctx, source, "build", "-ldflags", flags, "-o", partial+string(filepath.Separator), "tool"); err != nil {
		return err
	}
	if module == "controlplane" {
		if err := copyStages(ctx, source, partial); err != nil {
			return err
		}
	}
	return os.Rename(partial, bin)
}

func linkerFlags(ctx context.Context, module, source string) (string, error) {
	flags := "-s -w"
	for _, s := range stamps[module] {
		version, err := goCommand(ctx, source, "list", "-m", "-f", "{{.Version}}", s.module)
		if err != nil {
			return "", err
		}
		parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
		value := strings.NewReplacer("{version}", version, "{major}", parts[0], "{minor}", parts[1]).Replace(s.value)
		flags += " -X " + s.variable + "=" + value
	}
	return flags, nil
}

// goCommand runs go in a tool module and returns what it printed.
func goCommand(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("go %s in %s: %w\n%s", args[0], dir, err, tail(stderr.String(), 20))
	}
	return strings.TrimSpace(string(out)), nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
