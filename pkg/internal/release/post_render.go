package release

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// PostRender is the name of Helm 4's plugin for --post-renderer, and its
// archive's top directory. It starts the program of the plugin airflowsec.
const PostRender = "airflowsec-post-render"

// postRenderFile is its plugin.yaml in the source tree.
const postRenderFile = "pkg/packaging/post-render/plugin.yaml"

// postRender lists what its archive holds.
func postRender() []packed {
	return []packed{
		{"LICENSE", "LICENSE", 0o644},
		{"plugin.yaml", postRenderFile, 0o644},
		{"post-render.sh", "pkg/packaging/post-render/post-render.sh", 0o755},
	}
}

// PostRenderArchive packs the post-renderer of the source tree at root for every
// platform and returns the path of <dir>/airflowsec-post-render-<version>.tgz.
// Equal input gives equal bytes.
func PostRenderArchive(root, dir, version string, modified time.Time) (string, error) {
	target := filepath.Join(dir, fmt.Sprintf("%s-%s.tgz", PostRender, version))
	file, err := os.Create(target)
	if err != nil {
		return "", err
	}
	files := postRender()
	for i := range files {
		files[i].source = filepath.Join(root, filepath.FromSlash(files[i].source))
	}
	if err := errors.Join(write(file, PostRender, files, modified), file.Close()); err != nil {
		return "", fmt.Errorf("archive %s: %w", target, err)
	}
	return target, nil
}
