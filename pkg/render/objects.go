package render

import (
	"bytes"
	"fmt"
	"io"

	"sigs.k8s.io/yaml"
)

// Objects prints Kubernetes objects as one YAML stream for kubectl apply.
func Objects(w io.Writer, objects []map[string]any) error {
	var b bytes.Buffer
	for i, object := range objects {
		text, err := yaml.Marshal(object)
		if err != nil {
			return fmt.Errorf("object %d cannot be written as YAML: %w", i, err)
		}
		if i > 0 {
			b.WriteString("---\n")
		}
		b.Write(text)
	}
	_, err := w.Write(b.Bytes())
	return err
}
