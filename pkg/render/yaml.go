package render

import (
	"bytes"
	"fmt"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
)

func yamlReports(b *bytes.Buffer, reports []*check.Report, o Options) error {
	return writeYAML(b, answer(reports, o))
}

// writeYAML writes the same fields as writeJSON, in alphabetical order as kubectl does.
func writeYAML(b *bytes.Buffer, what any) error {
	var asJSON bytes.Buffer
	escape := func(r rune) string { return fmt.Sprintf(`\U%08x`, r) } // YAML's own, because it refuses bare control characters
	if err := encode(&asJSON, what, escape); err != nil {
		return err
	}
	text, err := yaml.JSONToYAML(asJSON.Bytes())
	if err != nil {
		return err
	}
	b.Write(text)
	return nil
}
