package release

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// checkout is a plugin directory as `helm plugin install <git url>` leaves it
// before the install hook runs: no binary.
type checkout struct{ dir, path string }

func newCheckout(t *testing.T) checkout {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("install.sh is for Unix; Windows runs install.ps1")
	}
	// Quotes, a dollar and a blank, because Helm replaces $NAME in a hook's arguments.
	c := checkout{dir: filepath.Join(t.TempDir(), `a "quoted" $HOME's plugin`), path: os.Getenv("PATH")}
	for _, name := range []string{"plugin.yaml", "pkg/packaging/install.sh"} {
		text, err := os.ReadFile(filepath.Join(root(t), name))
		if err != nil {
			t.Fatal(err)
		}
		writeFile(t, filepath.Join(c.dir, name), string(text))
	}
	return c
}

// install runs the script and returns what it printed.
func (c checkout) install(env ...string) (string, error) {
	cmd := exec.Command("sh", filepath.Join(c.dir, "pkg/packaging/install.sh"))
	cmd.Env = append(os.Environ(), append(env, "HELM_PLUGIN_DIR="+c.dir, "PATH="+c.path)...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// offline puts a curl in front that serves the given release and notes each address.
func (c *checkout) offline(t *testing.T, release string) (log string) {
	t.Helper()
	log = filepath.Join(t.TempDir(), "log")
	bin := t.TempDir()
	writeFile(t, filepath.Join(bin, "curl"), `#!/bin/sh
while [ $# -gt 1 ]; do
	[ "$1" != --output ] || output=$2
	shift
done
echo "$1" >>"`+log+`"
cp "`+release+`/${1##*/}" "$output"
`)
	c.path = bin + string(os.PathListSeparator) + c.path
	return log
}

func (c checkout) binarySays(t *testing.T, want string) {
	t.Helper()
	out, err := exec.Command(filepath.Join(c.dir, "bin", binary)).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != want {
		t.Errorf("binary says %q (%v), want %q", out, err, want)
	}
}

func (c checkout) mustFail(t *testing.T, want string, env ...string) {
	t.Helper()
	out, err := c.install(env...)
	if err == nil || !strings.Contains(out, want) || !strings.Contains(out, "airflowsec: ") {
		t.Errorf("install says %q (%v), want an error with %q", out, err, want)
	}
	if _, err := os.Stat(filepath.Join(c.dir, "bin")); err == nil {
		t.Error("a failed install left a bin directory")
	}
}

func host() Platform { return Platform{runtime.GOOS, runtime.GOARCH} }

func TestInstallScriptDownloadsTheTaggedRelease(t *testing.T) {
	version := pluginVersion(t)
	c := newCheckout(t)
	log := c.offline(t, fakeRelease(t, version))
	if out, err := c.install(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c.binarySays(t, runtime.GOOS+" "+runtime.GOARCH)
	for _, name := range []string{"completion.yaml", "plugin.complete"} {
		if _, err := os.Stat(filepath.Join(c.dir, name)); err != nil {
			t.Error(err)
		}
	}
	asked, err := os.ReadFile(log)
	base := "https://github.com/airflowsec/kubectl-airflowsec/releases/download/v" + version + "/"
	if want := base + Checksums + "\n" + base + host().Archive(version) + "\n"; err != nil || string(asked) != want {
		t.Errorf("downloaded\n%s(%v), want\n%s", asked, err, want)
	}
}

func TestInstallScriptTakesALocalArchive(t *testing.T) {
	version := pluginVersion(t)
	c := newCheckout(t)
	log := c.offline(t, t.TempDir())
	archive := filepath.Join(fakeRelease(t, version), host().Archive(version))
	if out, err := c.install("AIRFLOWSEC_ARCHIVE=" + archive); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c.binarySays(t, runtime.GOOS+" "+runtime.GOARCH)
	if _, err := os.Stat(log); err == nil {
		t.Error("downloaded in spite of AIRFLOWSEC_ARCHIVE")
	}
}

func TestInstallScriptLeavesABundledBinaryAlone(t *testing.T) {
	c := newCheckout(t)
	log := c.offline(t, fakeRelease(t, pluginVersion(t)))
	writeFile(t, filepath.Join(c.dir, "bin", binary), "#!/bin/sh\necho bundled\n")
	if out, err := c.install(); err != nil || out != "" {
		t.Errorf("says %q (%v)", out, err)
	}
	c.binarySays(t, "bundled")
	if _, err := os.Stat(log); err == nil {
		t.Error("downloaded although the binary is bundled")
	}
}

func TestInstallScriptFollowsAnUpdate(t *testing.T) {
	version := pluginVersion(t)
	c := newCheckout(t)
	log := c.offline(t, fakeRelease(t, version))
	for range 2 {
		if out, err := c.install(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	asked, err := os.ReadFile(log)
	if err != nil || strings.Count(string(asked), "\n") != 2 {
		t.Errorf("a second run of the same version downloaded again:\n%s(%v)", asked, err)
	}
	text, err := os.ReadFile(filepath.Join(c.dir, "plugin.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(c.dir, "plugin.yaml"), strings.Replace(string(text), "version: "+version, "version: 9.8.7", 1))
	c.offline(t, fakeRelease(t, "9.8.7"))
	out, err := c.install()
	if err != nil || !strings.Contains(out, "9.8.7") {
		t.Errorf("update says %q (%v)", out, err)
	}
}

func TestInstallScriptRefuses(t *testing.T) {
	version := pluginVersion(t)
	name := host().Archive(version)
	t.Run("a changed archive", func(t *testing.T) {
		release := fakeRelease(t, version)
		writeFile(t, filepath.Join(release, name), "changed")
		c := newCheckout(t)
		c.offline(t, release)
		c.mustFail(t, "is not the "+name)
		c.mustFail(t, "is not the "+name, "AIRFLOWSEC_ARCHIVE="+filepath.Join(release, name))
	})
	t.Run("an archive for another platform", func(t *testing.T) {
		other := Platform{"windows", "amd64"}.Archive(version)
		newCheckout(t).mustFail(t, "is not the "+name, "AIRFLOWSEC_ARCHIVE="+filepath.Join(fakeRelease(t, version), other))
	})
	t.Run("checksums that do not list the archive", func(t *testing.T) {
		release := fakeRelease(t, version)
		writeFile(t, filepath.Join(release, Checksums), strings.Repeat("0", 64)+"  x"+name+"\n")
		newCheckout(t).mustFail(t, "does not list "+name, "AIRFLOWSEC_ARCHIVE="+filepath.Join(release, name))
	})
	t.Run("an archive without checksums", func(t *testing.T) {
		release := fakeRelease(t, version)
		if err := os.Remove(filepath.Join(release, Checksums)); err != nil {
			t.Fatal(err)
		}
		newCheckout(t).mustFail(t, "no checksums.txt", "AIRFLOWSEC_ARCHIVE="+filepath.Join(release, name))
	})
	t.Run("a relative path", func(t *testing.T) {
		newCheckout(t).mustFail(t, "not an absolute path", "AIRFLOWSEC_ARCHIVE=here/"+name)
	})
	t.Run("a release that cannot be downloaded", func(t *testing.T) {
		c := newCheckout(t)
		c.offline(t, t.TempDir())
		c.mustFail(t, "cannot download https://")
	})
}
