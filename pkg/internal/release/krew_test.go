package release

import (
	"encoding/hex"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"
)

// krewPlugin is Krew's manifest, read strictly: an unknown field fails.
type krewPlugin struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name string `json:"name"`
	} `json:"metadata"`
	Spec struct {
		Version          string         `json:"version"`
		Homepage         string         `json:"homepage"`
		ShortDescription string         `json:"shortDescription"`
		Description      string         `json:"description"`
		Platforms        []krewPlatform `json:"platforms"`
	} `json:"spec"`
}

type krewPlatform struct {
	Selector struct {
		MatchLabels map[string]string `json:"matchLabels"`
	} `json:"selector"`
	URI    string `json:"uri"`
	SHA256 string `json:"sha256"`
	Bin    string `json:"bin"`
}

// fakeRelease makes archives for all platforms around a binary that only says
// which platform it is for.
func fakeRelease(t *testing.T, version string) string {
	t.Helper()
	dir := t.TempDir()
	for _, platform := range Platforms() {
		fake := filepath.Join(t.TempDir(), "fake")
		writeFile(t, fake, fmt.Sprintf("#!/bin/sh\necho %s %s\n", platform.OS, platform.Arch))
		if _, err := Archive(root(t), fake, dir, version, platform, time.Unix(0, 0)); err != nil {
			t.Fatal(err)
		}
	}
	if err := WriteChecksums(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func pluginVersion(t *testing.T) string {
	t.Helper()
	version, err := PluginVersion(root(t))
	if err != nil {
		t.Fatal(err)
	}
	return version
}

func readKrew(t *testing.T, version string) krewPlugin {
	t.Helper()
	text, err := KrewManifest(root(t), fakeRelease(t, version), "v"+version)
	if err != nil {
		t.Fatal(err)
	}
	var plugin krewPlugin
	if err := yaml.UnmarshalStrict(text, &plugin); err != nil {
		t.Fatal(err)
	}
	return plugin
}

// The rules are Krew's own (internal/index/validation) and those of its index's
// review: a short description of at most 50 characters that does not repeat
// "kubectl plugin", a homepage, a description of at most 80 columns.
func TestKrewManifestKeepsKrewsRules(t *testing.T) {
	plugin := readKrew(t, pluginVersion(t))
	if plugin.APIVersion != "krew.googlecontainertools.github.com/v1alpha2" || plugin.Kind != "Plugin" {
		t.Errorf("is a %s %s", plugin.APIVersion, plugin.Kind)
	}
	if plugin.Metadata.Name != Plugin || !regexp.MustCompile(`^[\w-]+$`).MatchString(Plugin) {
		t.Errorf("name is %q", plugin.Metadata.Name)
	}
	short := plugin.Spec.ShortDescription
	if short == "" || len(short) > 50 || strings.ContainsAny(short, "\r\n") || strings.Contains(short, "kubectl") {
		t.Errorf("short description is %q", short)
	}
	if !strings.HasPrefix(plugin.Spec.Homepage, "https://") {
		t.Errorf("homepage is %q", plugin.Spec.Homepage)
	}
	for line := range strings.Lines(plugin.Spec.Description) {
		if len(line) > 80 {
			t.Errorf("description has a line of %d columns: %s", len(line), line)
		}
	}
}

func TestKrewManifestNamesEveryArchiveOnce(t *testing.T) {
	version := pluginVersion(t)
	plugin := readKrew(t, version)
	if plugin.Spec.Version != "v"+version {
		t.Errorf("version is %s, in plugin.yaml %s", plugin.Spec.Version, version)
	}
	seen := map[Platform]bool{}
	for _, p := range plugin.Spec.Platforms {
		platform := Platform{p.Selector.MatchLabels["os"], p.Selector.MatchLabels["arch"]}
		if len(p.Selector.MatchLabels) != 2 || seen[platform] {
			t.Errorf("selector %v is unclear or used twice", p.Selector.MatchLabels)
		}
		seen[platform] = true
		if want := plugin.Spec.Homepage + "/releases/download/v" + version + "/" + platform.Archive(version); p.URI != want {
			t.Errorf("uri is %s, want %s", p.URI, want)
		}
		if want := path.Join(Plugin, platform.Binary()); p.Bin != want {
			t.Errorf("bin is %s, want %s", p.Bin, want)
		}
		if sum, err := hex.DecodeString(p.SHA256); err != nil || len(sum) != 32 || p.SHA256 != strings.ToLower(p.SHA256) {
			t.Errorf("sha256 of %v is %q", platform, p.SHA256)
		}
	}
	for _, platform := range Platforms() {
		if !seen[platform] {
			t.Errorf("no entry for %v", platform)
		}
	}
}
