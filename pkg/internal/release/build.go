package release

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Stamp is what a released binary says about itself.
type Stamp struct{ Version, Commit, Date string }

// Flags returns the linker flags that put the stamp into the binary.
func (s Stamp) Flags() string {
	return fmt.Sprintf("-s -w -X %[1]s.version=%[2]s -X %[1]s.commit=%[3]s -X %[1]s.date=%[4]s", stamps, s.Version, s.Commit, s.Date)
}

// Build compiles the plugin of the source tree at root for a platform, as a
// release does, and returns the path of the binary in dir.
func Build(ctx context.Context, root, dir string, platform Platform, stamp Stamp) (string, error) {
	target := filepath.Join(dir, filepath.Base(platform.Binary()))
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", stamp.Flags(), "-o", target, "./cmd/"+binary)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+platform.OS, "GOARCH="+platform.Arch)
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return target, nil
}
