// Package emit writes plans in the forms that users apply: a stream for
// kubectl, values for Helm. It decides nothing.
package emit

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode"

	"sigs.k8s.io/yaml"
)

// Object is one object of a stream, with what a reader should know of it.
type Object struct {
	Value    any
	Comments []string
}

// Apply writes objects as one YAML stream for kubectl apply --server-side, all
// or nothing. The header and the objects' comments become YAML comments.
func Apply(w io.Writer, header []string, objects []Object) error {
	var b bytes.Buffer
	comment(&b, header)
	for i, o := range objects {
		text, err := yaml.Marshal(o.Value)
		if err != nil {
			return fmt.Errorf("object %d cannot be written as YAML: %w", i, err)
		}
		b.WriteString("---\n")
		comment(&b, o.Comments)
		b.Write(text)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// comment writes lines that YAML ignores, whatever is in them.
func comment(b *bytes.Buffer, lines []string) {
	for _, line := range lines {
		for part := range strings.Lines(line) {
			b.WriteString(strings.TrimRight("# "+strings.Map(printable, strings.TrimRight(part, "\r\n")), " ") + "\n")
		}
	}
}

// printable keeps names from steering the terminal that shows a comment.
func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return unicode.ReplacementChar
}
