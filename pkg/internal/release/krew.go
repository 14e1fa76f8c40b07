package release

import (
	"bytes"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"text/template"
)

// KrewManifest renders krew/airflowsec.yaml of the source tree at root as
// krew-release-bot does after a release, for a tag such as v1.2.3; the archives
// come from dir instead of the release's addresses.
func KrewManifest(root, dir, tag string) ([]byte, error) {
	name := filepath.Join(root, "krew", Plugin+".yaml")
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	locate := func(address, tag string) (string, error) {
		uri, err := render("address", address, tag, nil)
		if err != nil {
			return "", err
		}
		digest, err := Digest(filepath.Join(dir, path.Base(string(uri))))
		return fmt.Sprintf("uri: %s\n    sha256: %s", uri, digest), err
	}
	return render(name, string(text), tag, template.FuncMap{"addURIAndSha": locate})
}

func render(name, text, tag string, functions template.FuncMap) ([]byte, error) {
	parsed, err := template.New(name).Funcs(functions).Parse(text)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = parsed.Execute(&out, struct{ TagName string }{tag})
	return out.Bytes(), err
}
