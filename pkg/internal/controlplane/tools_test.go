package controlplane

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestToolUnknown(t *testing.T) {
	if _, err := Tool(t.Context(), "helm5"); err == nil || !strings.Contains(err.Error(), `"helm5"`) {
		t.Errorf("got %v", err)
	}
}

func TestToolVersions(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: this test builds kubectl, Helm and krew")
	}
	for _, test := range []struct{ tool, args, version string }{
		{"kubectl", "version --client", "v1.36.3"},
		{"helm3", "version --short", "v3.22.0"},
		{"helm4", "version --short", "v4.3.1"},
		{"krew", "version", "v0.5.0"},
	} {
		path, err := Tool(t.Context(), test.tool)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(path, strings.Fields(test.args)...)
		cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "KREW_ROOT="+t.TempDir())
		out, err := cmd.Output()
		if err != nil || !strings.Contains(string(out), test.version) {
			t.Errorf("%s says %q %v, want %s", test.tool, out, err, test.version)
		}
	}
}

// smallTree makes a source tree with one tool module whose build takes no time.
func smallTree(t *testing.T) (module string) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                                 "module github.com/airflowsec/kubectl-airflowsec\n",
		"pkg/deep/inside/x":                      "",
		"testdata/tools/small/go.mod":            "module small\n\ngo 1.26.0\n\ntool small/cmd/hello\n",
		"testdata/tools/small/go.sum":            "",
		"testdata/tools/small/cmd/hello/main.go": "package main\n\nfunc main() {}\n",
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(CacheVariable, t.TempDir())
	t.Chdir(filepath.Join(root, "pkg", "deep", "inside"))
	return filepath.Join(root, "testdata", "tools", "small")
}

func TestBuiltOnce(t *testing.T) {
	smallTree(t)
	var wait sync.WaitGroup
	dirs := make([]string, 4)
	for i := range dirs {
		wait.Go(func() {
			dir, err := built(t.Context(), "small")
			if err != nil {
				t.Error(err)
			}
			dirs[i] = dir
		})
	}
	wait.Wait()
	before, err := os.Stat(filepath.Join(dirs[0], "hello"+executableSuffix))
	if err != nil {
		t.Fatal(err)
	}
	again, err := built(t.Context(), "small")
	if err != nil || again != dirs[3] {
		t.Errorf("built again in %s: %v", again, err)
	}
	after, err := os.Stat(filepath.Join(again, "hello"+executableSuffix))
	if err != nil || !os.SameFile(before, after) || exists(dirs[0]+".partial") {
		t.Errorf("the tool was built twice or left in part: %v", err)
	}
}

func TestBuiltAgainAfterChange(t *testing.T) {
	module := smallTree(t)
	_, before, err := moduleDirs("small")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(module, "go.sum"), []byte("changed\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, after, err := moduleDirs("small"); err != nil || after == before {
		t.Errorf("go.sum has changed, the folder has not: %s %v", after, err)
	}
}

func TestBuildErrorLeavesNothing(t *testing.T) {
	module := smallTree(t)
	if err := os.WriteFile(filepath.Join(module, "cmd", "hello", "main.go"), []byte("package main\n\nfunc main() { nonsense }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	dir, err := built(t.Context(), "small")
	if err == nil || !strings.Contains(err.Error(), "undefined: nonsense") || exists(dir) {
		t.Errorf("a tool that does not compile: %v, folder there: %v", err, exists(dir))
	}
}

func TestRootOutside(t *testing.T) {
	t.Chdir(t.TempDir())
	if root, err := Root(); err == nil {
		t.Errorf("found a root in %s", root)
	}
}
