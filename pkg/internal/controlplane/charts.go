package controlplane

import (
	"io/fs"
	"os"
	"path/filepath"
)

// Chart returns the folder of a chart under testdata/charts: community or
// official. It reads the chart's files, because go test otherwise calls a test
// "(cached)" whose chart only Helm has read.
func Chart(name string) (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(root, "testdata", "charts", name)
	return dir, filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		_, err = os.ReadFile(path)
		return err
	})
}
