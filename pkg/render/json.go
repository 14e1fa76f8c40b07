package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode"
	"unicode/utf16"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
)

// list is several answers of one kind, as kubectl wraps them.
type list[T any] struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Items      []T    `json:"items"`
}

func newList[T any](kind string, items []T) list[T] {
	if items == nil {
		items = []T{}
	}
	return list[T]{APIVersion: check.APIVersion, Kind: kind, Items: items}
}

// answer is what the machine formats hold: the one report, or a list.
func answer(reports []*check.Report, o Options) any {
	if o.Single && len(reports) == 1 {
		return reports[0]
	}
	return newList("ReportList", reports)
}

func jsonReports(b *bytes.Buffer, reports []*check.Report, o Options) error {
	return writeJSON(b, answer(reports, o))
}

// asJSON and asYAML print what of makes of a thing.
func asJSON[T, D any](of func(T) D) func(*bytes.Buffer, T, Options) error {
	return func(b *bytes.Buffer, what T, _ Options) error { return writeJSON(b, of(what)) }
}

func asYAML[T, D any](of func(T) D) func(*bytes.Buffer, T, Options) error {
	return func(b *bytes.Buffer, what T, _ Options) error { return writeYAML(b, of(what)) }
}

// writeJSON writes indented JSON that is safe to print: characters that steer
// a terminal or turn the direction of text stand as \u escapes. < and & stay.
func writeJSON(b *bytes.Buffer, what any) error {
	return encode(b, what, func(r rune) string {
		if high, low := utf16.EncodeRune(r); high != unicode.ReplacementChar {
			return fmt.Sprintf(`\u%04x\u%04x`, high, low)
		}
		return fmt.Sprintf(`\u%04x`, r)
	})
}

// encode writes JSON with an escape of the caller's for each character that does not print.
func encode(b *bytes.Buffer, what any, escape func(rune) string) error {
	var raw bytes.Buffer
	e := json.NewEncoder(&raw)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(what); err != nil {
		return err
	}
	for _, r := range raw.String() {
		if r == '\n' || unicode.IsPrint(r) { // a bare line break only stands between fields
			b.WriteRune(r)
			continue
		}
		b.WriteString(escape(r))
	}
	return nil
}
