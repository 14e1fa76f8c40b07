package release

import (
	"os"
	"runtime"
	"testing"
)

// maxBinary is what docs/adr/0001-helm-library.md allows the program on Linux, in bytes.
const maxBinary = 45_000_000

func TestBinaryStaysSmall(t *testing.T) {
	if testing.Short() || runtime.GOOS != "linux" {
		t.Skip("builds a release binary, whose size is promised for Linux")
	}
	path, err := Build(t.Context(), "../../..", t.TempDir(), Platform{OS: runtime.GOOS, Arch: runtime.GOARCH}, Stamp{Version: "0.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() > maxBinary {
		t.Errorf("the program has %d bytes, more than %d", info.Size(), maxBinary)
	}
}
