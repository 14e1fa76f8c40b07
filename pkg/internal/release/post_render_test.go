package release

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
)

// The two plugins are one release: both name its version.
func TestPostRenderHasTheSameVersion(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), filepath.FromSlash(postRenderFile)))
	if err != nil {
		t.Fatal(err)
	}
	var plugin map[string]any
	if err := yaml.Unmarshal(text, &plugin); err != nil {
		t.Fatal(err)
	}
	for field, want := range map[string]string{"name": PostRender, "version": pluginVersion(t), "apiVersion": "v1", "type": "postrenderer/v1", "runtime": "subprocess"} {
		if plugin[field] != want {
			t.Errorf("%s is %v, want %s", field, plugin[field], want)
		}
	}
}

// TestInstallPostRender installs both plugins from signed archives with the real
// Helm 4 and renders a chart through them: what comes out is hardened.
func TestInstallPostRender(t *testing.T) {
	if testing.Short() || runtime.GOOS == "windows" {
		t.Skip("builds the plugin and Helm 4, and needs sh")
	}
	s := newShipment(t)
	h := helm(t, "helm4")
	archive, err := PostRenderArchive(root(t), t.TempDir(), s.version, time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	out := h.must(t, "plugin", "install", archive, "--keyring", sign(t, archive))
	if !strings.Contains(out, "Plugin Hash Verified") {
		t.Errorf("Helm 4 verified nothing:\n%s", out)
	}
	chart, err := controlplane.Chart("official")
	if err != nil {
		t.Fatal(err)
	}
	render := []string{"template", "af", chart, "-n", "team", "--post-renderer", PostRender, "--post-renderer-args", "--only=pss"}
	if out, talk, code := h.run(t, render...); code == 0 || out != "" || !strings.Contains(talk, `plugin "airflowsec-post-render" exited with error`) {
		t.Errorf("without the program: exit code %d, %s%s", code, out, talk)
	}
	h.must(t, "plugin", "install", s.archive, "--keyring", sign(t, s.archive))
	if out := h.must(t, render...); strings.Count(out, "runAsNonRoot: true") < 9 || strings.Contains(out, "postrender-filename") {
		t.Errorf("rendered:\n%s", out)
	}
	h.must(t, "plugin", "uninstall", Plugin)
	h.env = append(h.env, "PATH="+filepath.Join(unpack(t, s.archive, t.TempDir()), "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	if out := h.must(t, render...); !strings.Contains(out, "runAsNonRoot: true") {
		t.Errorf("with the program on the PATH:\n%s", out)
	}
}
