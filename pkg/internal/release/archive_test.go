package release

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
)

// entry is what an archive says about one file.
type entry struct {
	name  string
	mode  int64
	owner string
}

func byName(a, b entry) int { return strings.Compare(a.name, b.name) }

func root(t *testing.T) string {
	t.Helper()
	dir, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func writeFile(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, archive string) []entry {
	t.Helper()
	var all []entry
	walk(t, archive, func(header *tar.Header, _ io.Reader) {
		all = append(all, entry{header.Name, header.Mode, header.Uname + ":" + header.Gname})
	})
	slices.SortFunc(all, byName)
	return all
}

func walk(t *testing.T, archive string, visit func(*tar.Header, io.Reader)) {
	t.Helper()
	content, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	zip, err := gzip.NewReader(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for reader := tar.NewReader(zip); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		visit(header, reader)
	}
}

// unpack extracts an archive as a user does for Helm 3 and returns the plugin's directory.
func unpack(t *testing.T, archive, dir string) string {
	t.Helper()
	walk(t, archive, func(header *tar.Header, content io.Reader) {
		text, err := io.ReadAll(content)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, filepath.FromSlash(header.Name))
		writeFile(t, name, string(text))
		if err := os.Chmod(name, header.FileInfo().Mode()); err != nil {
			t.Fatal(err)
		}
	})
	return filepath.Join(dir, Plugin)
}

func TestArchiveIsReproducible(t *testing.T) {
	dir := t.TempDir()
	binary := filepath.Join(dir, "binary")
	writeFile(t, binary, "same content")
	var digests []string
	for _, changed := range []time.Time{time.Unix(1, 0), time.Unix(1_000_000_000, 0)} {
		if err := os.Chtimes(binary, changed, changed); err != nil {
			t.Fatal(err)
		}
		archive, err := Archive(root(t), binary, t.TempDir(), "1.2.3", Platform{"linux", "amd64"}, time.Unix(42, 0))
		if err != nil {
			t.Fatal(err)
		}
		digest, err := Digest(archive)
		if err != nil {
			t.Fatal(err)
		}
		digests = append(digests, digest)
	}
	if digests[0] != digests[1] {
		t.Errorf("two archives of the same content differ: %v", digests)
	}
}
