package release

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Digest returns a file's SHA-256 in lower-case hex.
func Digest(name string) (string, error) {
	content, err := os.ReadFile(name)
	return fmt.Sprintf("%x", sha256.Sum256(content)), err
}

// WriteChecksums writes checksums.txt for all archives in dir, sorted by name.
func WriteChecksums(dir string) error {
	archives, err := filepath.Glob(filepath.Join(dir, Plugin+"-*.tgz"))
	if err != nil {
		return err
	}
	var text bytes.Buffer
	for _, archive := range archives {
		digest, err := Digest(archive)
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "%s  %s\n", digest, filepath.Base(archive))
	}
	return os.WriteFile(filepath.Join(dir, Checksums), text.Bytes(), 0o644)
}

// Provenance returns what a provenance file says before it is signed: the
// archive's plugin.yaml and its digest, under the archive's own name and under
// the name by which Helm keeps it once installed; without that one `helm plugin
// list` calls the signature mismatched.
func Provenance(root, archive string) ([]byte, error) {
	plugin, file := Plugin, "plugin.yaml"
	if strings.HasPrefix(filepath.Base(archive), PostRender+"-") {
		plugin, file = PostRender, postRenderFile
	}
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(file)))
	if err != nil {
		return nil, err
	}
	version, err := PluginVersion(root)
	if err != nil {
		return nil, err
	}
	digest, err := Digest(archive)
	if err != nil {
		return nil, err
	}
	text = append(text, "\n...\nfiles:\n"...)
	names := []string{filepath.Base(archive), plugin + "-" + version + ".tgz"}
	for _, name := range slices.Compact(names) {
		text = fmt.Appendf(text, "  %s: sha256:%s\n", name, digest)
	}
	return text, nil
}
