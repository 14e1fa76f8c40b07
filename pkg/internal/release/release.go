// Package release makes what a release of the plugin consists of, without
// goreleaser: the archive of each platform, checksums.txt, the text of Helm 4's
// provenance files and the Krew manifest. Tests install the plugin from these;
// one of them holds .goreleaser.yaml to the same names and contents.
package release

import (
	"fmt"
	"os"
	"path"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

const (
	// Plugin is the plugin's name for Helm and Krew, and the archive's top directory.
	Plugin = "airflowsec"
	// Checksums is the file with one line of digest and name for each archive.
	Checksums = "checksums.txt"
	binary    = "kubectl-airflowsec"
	stamps    = "github.com/airflowsec/kubectl-airflowsec/pkg/cli"
)

// Platform is what one archive is for, in the words of GOOS and GOARCH.
type Platform struct{ OS, Arch string }

// Platforms returns every platform that a release has an archive for.
func Platforms() []Platform {
	var all []Platform
	for _, system := range []string{"darwin", "linux", "windows"} {
		for _, arch := range []string{"amd64", "arm64"} {
			all = append(all, Platform{system, arch})
		}
	}
	return all
}

// Archive returns the name of the platform's archive. Helm 4 finds the plugin's
// name in it: all before the first dash that a digit follows.
func (p Platform) Archive(version string) string {
	return fmt.Sprintf("%s-%s-%s-%s.tgz", Plugin, version, p.OS, p.Arch)
}

// Binary returns the binary's path below the plugin's directory, with slashes.
func (p Platform) Binary() string {
	if p.OS == "windows" {
		return path.Join("bin", binary+".exe")
	}
	return path.Join("bin", binary)
}

// PluginVersion returns the version in plugin.yaml of the source tree at root,
// the only place where the next release's version is written down.
func PluginVersion(root string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, "plugin.yaml"))
	if err != nil {
		return "", err
	}
	var plugin struct {
		Version string `json:"version"`
	}
	if err := yaml.Unmarshal(text, &plugin); err != nil {
		return "", fmt.Errorf("plugin.yaml: %w", err)
	}
	if plugin.Version == "" {
		return "", fmt.Errorf("plugin.yaml in %s names no version", root)
	}
	return plugin.Version, nil
}
