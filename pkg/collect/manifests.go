package collect

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/yaml"
)

// parseManifests reads a stream of YAML or JSON documents into objects, each
// masked by m. Namespaced objects that leave the namespace out get the given one.
func parseManifests(r io.Reader, file, namespace string, m *masker) ([]snapshot.Object, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", file, err)
	}
	var out []snapshot.Object
	for _, doc := range bytes.Split(text, []byte("\n---")) {
		if len(bytes.TrimSpace(doc)) == 0 {
			continue
		}
		asJSON, err := yaml.YAMLToJSONStrict(doc)
		if err != nil {
			return nil, fmt.Errorf("%s is not YAML", file)
		}
		var content map[string]any
		if err := utiljson.Unmarshal(asJSON, &content); err != nil {
			return nil, errors.New(file + " holds a document that is not an object")
		}
		if content == nil {
			continue
		}
		origin := snapshot.Rendered
		meta, _ := content["metadata"].(map[string]any)
		annotations, _ := meta["annotations"].(map[string]any)
		if _, hook := annotations["helm.sh/hook"]; hook {
			origin = snapshot.Hook
		}
		m.object(content)
		o, err := newObject(content, origin, namespace)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		o.File = file
		if _, rest, found := strings.Cut(string(doc), "# Source: "); found {
			o.Source, _, _ = strings.Cut(rest, "\n")
		}
		out = append(out, o)
	}
	return out, nil
}
