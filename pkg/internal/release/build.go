package release

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"sigs.k8s.io/yaml"
)

// Stamp is what a released binary says about itself.
type Stamp struct{ Version, Commit, Date string }

// Flags returns the linker flags that put the stamp into the binary.
func (s Stamp) Flags() string {
	return fmt.Sprintf("-X %[1]s.version=%[2]s -X %[1]s.commit=%[3]s -X %[1]s.date=%[4]s", stamps, s.Version, s.Commit, s.Date)
}

// releaseFlags returns what .goreleaser.yaml gives go build beside the stamp: flags, and
// the first line of linker flags.
func releaseFlags(root string) (flags []string, linker string, err error) {
	text, err := os.ReadFile(filepath.Join(root, ".goreleaser.yaml"))
	if err != nil {
		return nil, "", err
	}
	var config struct {
		Builds []struct{ Flags, LDFlags []string }
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		return nil, "", fmt.Errorf(".goreleaser.yaml: %w", err)
	}
	if len(config.Builds) != 1 || len(config.Builds[0].LDFlags) == 0 {
		return nil, "", fmt.Errorf(".goreleaser.yaml has no single build with linker flags")
	}
	return config.Builds[0].Flags, config.Builds[0].LDFlags[0], nil
}

// Build compiles the plugin of the source tree at root for a platform, as a
// release does, and returns the path of the binary in dir.
func Build(ctx context.Context, root, dir string, platform Platform, stamp Stamp) (string, error) {
	flags, linker, err := releaseFlags(root)
	if err != nil {
		return "", err
	}
	target := filepath.Join(dir, filepath.Base(platform.Binary()))
	args := slices.Concat([]string{"build"}, flags, []string{"-ldflags", linker + " " + stamp.Flags(), "-o", target, "./cmd/" + binary})
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+platform.OS, "GOARCH="+platform.Arch)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return target, nil
}
