package profile

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// APIVersion of a profile file; see docs/schema/hardening-profile.json.
const APIVersion = "airflowsec.io/v1alpha1"

// document is a profile file as written.
type document struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   metadata `json:"metadata"`
	Spec       spec     `json:"spec"`

	*decoder // where each field stands
}

type metadata struct {
	Name string `json:"name"`
}

type spec struct {
	Extends    string           `json:"extends"`
	Rules      []ruleEntry      `json:"rules"`
	Mandatory  []string         `json:"mandatory"`
	Parameters rule.Parameters  `json:"parameters"`
	Exceptions []exceptionEntry `json:"exceptions"`
}

type ruleEntry struct {
	ID       string `json:"id"`
	Enabled  *bool  `json:"enabled"`
	Severity string `json:"severity"`
}

type exceptionEntry struct {
	Rule      string `json:"rule"`
	Component string `json:"component"`
	Container string `json:"container"`
	Kind      string `json:"kind"`
	Name      string `json:"name"`
	Reason    string `json:"reason"`
	Owner     string `json:"owner"`
	Expires   string `json:"expires"`
}

// read takes a file apart; it does not look at what the fields mean.
func read(file string, text []byte) (*document, error) {
	var root yaml.Node
	stream := yaml.NewDecoder(bytes.NewReader(text))
	switch err := stream.Decode(&root); {
	case errors.Is(err, io.EOF):
		return nil, &problem{file: file, what: "the file is empty"}
	case err != nil:
		return nil, &problem{file: file, what: notYAML(err)}
	}
	doc := &document{decoder: &decoder{file: file, lines: map[string]int{}}}
	if err := doc.decode(root.Content[0], reflect.ValueOf(doc).Elem(), ""); err != nil {
		return nil, err
	}
	if err := stream.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		return nil, &problem{file: file, what: "a profile file holds one document"}
	}
	return doc, nil
}

// at is a mistake in one field of the file; a field that is missing is reported where it should stand.
func (d *document) at(parent, field, what string) error {
	path := field
	if parent != "" {
		path = parent + "." + field
	}
	for at := path; ; at = at[:max(strings.LastIndex(at, "."), 0)] {
		if line, written := d.lines[at]; written {
			return &problem{d.file, line, path + " " + what}
		}
	}
}

var yamlLine = pattern.New(`line (\d+)`)

// notYAML says where a file stops being YAML, and no more: the decoder's own words may quote the file.
func notYAML(err error) string {
	if line := yamlLine.FindStringSubmatch(err.Error()); line != nil {
		return "not YAML from line " + line[1] + " on (check indentation, brackets and quotes)"
	}
	return "not YAML (check indentation, brackets and quotes)"
}
