// Package render prints answers: one file for each format. It decides
// nothing: verdicts, order and words come from package check and the rules.
package render

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
)

// Format names one way to print an answer.
type Format string

// The formats of a report. Releases, rules and the version know Table, Wide,
// JSON and YAML; rules know Markdown too.
const (
	Table    Format = "table"
	Wide     Format = "wide"
	JSON     Format = "json"
	YAML     Format = "yaml"
	SARIF    Format = "sarif"
	JUnit    Format = "junit"
	Markdown Format = "markdown"
)

// Options say how to print. The zero value suits a file or a pipe.
type Options struct {
	// Color allows terminal colours.
	Color bool
	// Width is the terminal's, in columns; 0 never wraps.
	Width int
	// Single says that one release was asked for: JSON and YAML then hold a Report, else a ReportList.
	Single bool
	// Quiet leaves out what neither failed nor is missing.
	Quiet bool
	// Tool is the version of this program.
	Tool string
	// Source is the file that SARIF findings point at where their object came from no file of its own:
	// a values file, or the chart's. Empty gives each object a path that stands for it.
	Source string

	// All lists and draws every pair of a network, also those that are all alike.
	All bool

	press *press
}

var reportFormats = map[Format]func(*bytes.Buffer, []*check.Report, Options) error{
	Table: tableReports, Wide: wideReports, JSON: jsonReports, YAML: yamlReports,
	SARIF: sarifReports, JUnit: junitReports, Markdown: markdownReports,
}

// ReportFormats are the formats that Render knows, sorted.
func ReportFormats() []Format { return slices.Sorted(maps.Keys(reportFormats)) }

// Render prints reports. It fails on a format it does not know, and where w does.
func Render(w io.Writer, format Format, reports []*check.Report, o Options) error {
	return show(w, format, reportFormats, reports, o)
}

// show looks the format up and writes all or nothing.
func show[T any](w io.Writer, format Format, known map[Format]func(*bytes.Buffer, T, Options) error, what T, o Options) error {
	write, found := known[format]
	if !found {
		return fmt.Errorf("unknown format %q; known are %s", format, words(slices.Sorted(maps.Keys(known))))
	}
	o.press = &press{}
	var b bytes.Buffer
	if err := write(&b, what, o); err != nil {
		return fmt.Errorf("the %s output cannot be made: %w", format, err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// words joins names with commas.
func words[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, entry := range list {
		out[i] = string(entry)
	}
	return strings.Join(out, ", ")
}
