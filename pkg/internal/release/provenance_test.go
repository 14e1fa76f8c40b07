package release

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// sign writes <archive>.prov with a key made for the test and returns the
// keyring that verifies it.
func sign(t *testing.T, archive string) (keyring string) {
	t.Helper()
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "sign"+filepath.Ext(host().Binary())), ".")
	build.Dir = filepath.Join(root(t), "testdata", "tools", "sign")
	build.Env = append(os.Environ(), "GOWORK=off")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := Provenance(root(t), archive)
	if err != nil {
		t.Fatal(err)
	}
	keyring = filepath.Join(dir, "keyring.gpg")
	cmd := exec.Command(build.Args[3], keyring)
	cmd.Stdin = strings.NewReader(string(text))
	signed, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, archive+".prov", string(signed))
	return keyring
}

// TestProvenanceScriptSignsTheSameText runs what a release runs, with gpg.
func TestProvenanceScriptSignsTheSameText(t *testing.T) {
	if _, err := exec.LookPath("gpg"); err != nil || runtime.GOOS == "windows" {
		t.Skip("needs sh and gpg; releases are made on Linux")
	}
	version := pluginVersion(t)
	archive := filepath.Join(fakeRelease(t, version), host().Archive(version))
	home, err := os.MkdirTemp("", "gpg") // short: gpg's socket lies in it
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(home)
	gpg := started{env: []string{"GNUPGHOME=" + home}, words: []string{"gpg", "--batch", "--quiet"}}
	gpg.must(t, "--passphrase", "", "--quick-generate-key", "tests@example.com", "ed25519", "sign", "never")
	defer started{env: gpg.env, words: []string{"gpgconf"}}.must(t, "--kill", "all")

	script := exec.Command(".ci/provenance", archive, archive+".prov")
	script.Dir = root(t)
	script.Env = append(os.Environ(), gpg.env...)
	if out, err := script.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want, err := Provenance(root(t), archive)
	if err != nil {
		t.Fatal(err)
	}
	if got, _, _ := gpg.run(t, "--decrypt", archive+".prov"); got != string(want) {
		t.Errorf("the script signed\n%s\nwant\n%s", got, want)
	}
	if testing.Short() {
		return
	}
	keyring := filepath.Join(home, "exported.gpg")
	gpg.must(t, "--output", keyring, "--export")
	out := helm(t, "helm4").must(t, "plugin", "install", archive, "--keyring", keyring)
	if !strings.Contains(out, "Plugin Hash Verified") {
		t.Errorf("Helm 4 verified nothing:\n%s", out)
	}
}
