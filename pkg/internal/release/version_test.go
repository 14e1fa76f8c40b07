package release

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/Masterminds/semver/v3"
	"sigs.k8s.io/yaml"
)

// Helm 4 refuses a version that is not strict semver, for example v0.1.0.
func TestPluginVersionIsStrict(t *testing.T) {
	if _, err := semver.StrictNewVersion(pluginVersion(t)); err != nil {
		t.Error(err)
	}
}

// One apiVersion field makes Helm 3 refuse every plugin of its directory.
func TestPluginFileKeepsTheOldFormat(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "plugin.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var plugin map[string]any
	if err := yaml.Unmarshal(text, &plugin); err != nil {
		t.Fatal(err)
	}
	both := map[string]bool{"name": true, "version": true, "usage": true, "description": true,
		"ignoreFlags": true, "platformCommand": true, "platformHooks": true}
	for field := range plugin {
		if !both[field] {
			t.Errorf("plugin.yaml has %s, which Helm 3 or Helm 4 does not know", field)
		}
	}
	if plugin["name"] != Plugin {
		t.Errorf("plugin.yaml names the plugin %v", plugin["name"])
	}
}

// A binary that no release has stamped still names the version it leads to.
func TestUnstampedVersionFollowsPluginFile(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "pkg", "cli", "version.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`\bversion\s*=\s*"([^"]*)"`).FindSubmatch(text)
	if want := pluginVersion(t) + "-dev"; len(found) != 2 || string(found[1]) != want {
		t.Errorf("pkg/cli/version.go says %q, want %s", found, want)
	}
}
