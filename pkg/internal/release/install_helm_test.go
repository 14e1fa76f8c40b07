package release

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// helm is one of the Helms with directories of its own, in a place that a
// carelessly quoted hook would trip over.
func helm(t *testing.T, name string) started {
	t.Helper()
	home := t.TempDir()
	if runtime.GOOS != "windows" { // where a name may not hold quotes
		home = filepath.Join(home, `it's "home"`)
	}
	var env []string
	for _, each := range []string{"HOME", "HELM_DATA_HOME", "HELM_CACHE_HOME", "HELM_CONFIG_HOME"} {
		env = append(env, each+"="+filepath.Join(home, each))
	}
	return started{env: env, words: []string{tool(t, name)}}
}

func (s started) plugin() started {
	return started{env: s.env, words: append(s.words[:1:1], Plugin)}
}

func (s shipment) withHelm3Directory(t *testing.T) started {
	h := helm(t, "helm3")
	h.must(t, "plugin", "install", unpack(t, s.archive, t.TempDir()))
	return h.plugin()
}

func (s shipment) withHelm4Directory(t *testing.T) started {
	h := helm(t, "helm4")
	h.must(t, "plugin", "install", unpack(t, s.archive, t.TempDir()))
	return h.plugin()
}

// withHelm4Archive installs the signed archive; Helm must have verified it.
func (s shipment) withHelm4Archive(t *testing.T) started {
	h := helm(t, "helm4")
	keyring := sign(t, s.archive)
	out := h.must(t, "plugin", "install", s.archive, "--keyring", keyring)
	if !strings.Contains(out, "Plugin Hash Verified") {
		t.Errorf("Helm 4 verified nothing:\n%s", out)
	}
	if out := h.must(t, "plugin", "list"); !slices.Contains(strings.Fields(out), "signed") {
		t.Errorf("Helm 4 lists the plugin as\n%s", out)
	}
	return h.plugin()
}

// withGit installs from a repository with the tag of this version; the install
// hook gets the archive from the release's directory.
func (s shipment) withGit(t *testing.T, name string, flags ...string) started {
	h := helm(t, name)
	h.env = append(h.env, "AIRFLOWSEC_ARCHIVE="+s.archive)
	args := append([]string{"plugin", "install", repository(t, "v"+s.version), "--version", "v" + s.version}, flags...)
	h.must(t, args...)
	return h.plugin()
}

// repository makes a git repository of what a git install reads, and returns its address.
func repository(t *testing.T, tag string) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is not installed, and Helm needs it for this way")
	}
	dir := filepath.Join(t.TempDir(), "kubectl-airflowsec.git")
	for _, each := range besideBinary() {
		content, err := os.ReadFile(filepath.Join(root(t), each.source))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(dir, each.source), string(content))
	}
	git := started{words: []string{"git", "-C", dir, "-c", "user.name=Tests", "-c", "user.email=tests@example.com"}}
	git.must(t, "init", "--quiet")
	git.must(t, "add", ".")
	git.must(t, "commit", "--quiet", "--message", "Release")
	git.must(t, "tag", tag)
	return "file:///" + strings.TrimPrefix(filepath.ToSlash(dir), "/")
}

// TestHelm4RefusesWhatIsNotSigned guards the test above: a Helm that verified
// nothing would install these.
func TestHelm4RefusesWhatIsNotSigned(t *testing.T) {
	if testing.Short() {
		t.Skip("builds Helm 4")
	}
	version := pluginVersion(t)
	release := fakeRelease(t, version)
	archive := filepath.Join(release, host().Archive(version))
	refuse := func(want, keyring string) {
		t.Helper()
		stdout, stderr, code := helm(t, "helm4").run(t, "plugin", "install", archive, "--keyring", keyring)
		if code == 0 || !strings.Contains(stderr, want) {
			t.Errorf("Helm 4 answers %d, %s%s; want %q", code, stdout, stderr, want)
		}
	}
	keyring := sign(t, archive)
	if err := os.Rename(archive+".prov", archive+".kept"); err != nil {
		t.Fatal(err)
	}
	refuse("no provenance file", keyring)
	copyFile(t, archive+".kept", archive+".prov")
	other := filepath.Join(release, Platform{"windows", "arm64"}.Archive(version))
	refuse("unknown entity", sign(t, other))
	copyFile(t, other, archive)
	refuse("sha256 sum does not match", keyring)
}
