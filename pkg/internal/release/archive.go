package release

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"time"
)

// packed is one file of an archive: its path below the top directory, where it
// comes from below the source tree's root, and its permissions.
type packed struct {
	name, source string
	mode         int64
}

// besideBinary lists what an archive holds apart from the binary.
func besideBinary() []packed {
	return []packed{
		{"LICENSE", "LICENSE", 0o644},
		{"completion.yaml", "pkg/packaging/completion.yaml", 0o644},
		{"install.ps1", "pkg/packaging/install.ps1", 0o644},
		{"install.sh", "pkg/packaging/install.sh", 0o755},
		{"plugin.complete", "pkg/packaging/plugin.complete", 0o755},
		{"plugin.yaml", "plugin.yaml", 0o644},
	}
}

// Archive packs the given binary with the files of the source tree at root and
// writes <dir>/<archive's name>, whose path it returns. Every entry belongs to
// root and carries the given time, so equal input gives equal bytes.
func Archive(root, binary, dir, version string, platform Platform, modified time.Time) (string, error) {
	target := filepath.Join(dir, platform.Archive(version))
	file, err := os.Create(target)
	if err != nil {
		return "", err
	}
	files := []packed{{platform.Binary(), binary, 0o755}}
	for _, each := range besideBinary() {
		each.source = filepath.Join(root, filepath.FromSlash(each.source))
		files = append(files, each)
	}
	if err := errors.Join(write(file, Plugin, files, modified), file.Close()); err != nil {
		return "", fmt.Errorf("archive %s: %w", target, err)
	}
	return target, nil
}

// write packs files below one top directory.
func write(w io.Writer, top string, files []packed, modified time.Time) error {
	zip := gzip.NewWriter(w)
	archive := tar.NewWriter(zip)
	for _, each := range files {
		if err := add(archive, top, each, modified); err != nil {
			return err
		}
	}
	return errors.Join(archive.Close(), zip.Close())
}

func add(archive *tar.Writer, top string, each packed, modified time.Time) error {
	content, err := os.ReadFile(each.source)
	if err != nil {
		return err
	}
	header := tar.Header{
		Name:    path.Join(top, each.name),
		Size:    int64(len(content)),
		Mode:    each.mode,
		Uname:   "root",
		Gname:   "root",
		ModTime: modified.UTC(),
	}
	if err := archive.WriteHeader(&header); err != nil {
		return err
	}
	_, err = archive.Write(content)
	return err
}
