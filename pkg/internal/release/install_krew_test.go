package release

import (
	"os"
	"path/filepath"
	"testing"
)

func krewAt(program, home string) started {
	return started{env: []string{"KREW_ROOT=" + home, "HOME=" + home}, words: []string{program}}
}

func manifest(t *testing.T, dir, version string) string {
	t.Helper()
	text, err := KrewManifest(root(t), dir, "v"+version)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), Plugin+".yaml")
	writeFile(t, name, string(text))
	return name
}

// withKrew installs with Krew and starts the plugin through kubectl.
func (s shipment) withKrew(t *testing.T) started {
	home := t.TempDir()
	// The manifest needs a digest of every platform's archive, Krew only this one's.
	all := fakeRelease(t, s.version)
	copyFile(t, s.archive, filepath.Join(all, filepath.Base(s.archive)))
	krewAt(tool(t, "krew"), home).must(t, "install", "--manifest="+manifest(t, all, s.version), "--archive="+s.archive)
	search := filepath.Join(home, "bin") + string(os.PathListSeparator) + os.Getenv("PATH")
	installed := started{env: []string{"PATH=" + search, "HOME=" + home}, words: []string{tool(t, "kubectl"), Plugin}}
	// Krew makes one link for each plugin; the plugin makes the other for completion.
	installed.must(t, "completion", "install")
	return installed
}

// TestKrewInstallsEveryPlatform repeats what Krew's index does with a new
// manifest: install each platform and look for the license.
func TestKrewInstallsEveryPlatform(t *testing.T) {
	if testing.Short() {
		t.Skip("builds Krew")
	}
	version := pluginVersion(t)
	release := fakeRelease(t, version)
	for _, platform := range Platforms() {
		home := t.TempDir()
		krew := krewAt(tool(t, "krew"), home)
		krew.env = append(krew.env, "KREW_OS="+platform.OS, "KREW_ARCH="+platform.Arch)
		krew.must(t, "install", "--manifest="+manifest(t, release, version), "--archive="+filepath.Join(release, platform.Archive(version)))
		for _, name := range []string{
			filepath.Join("bin", filepath.Base(platform.Binary())),
			filepath.Join("store", Plugin, "v"+version, Plugin, "LICENSE"),
		} {
			if _, err := os.Stat(filepath.Join(home, name)); err != nil {
				t.Errorf("%v: %v", platform, err)
			}
		}
	}
}
