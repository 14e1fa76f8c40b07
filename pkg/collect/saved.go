package collect

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	kjson "sigs.k8s.io/json"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// WriteSnapshot writes a snapshot as YAML, always the same bytes for the same snapshot.
func WriteSnapshot(w io.Writer, s *snapshot.Snapshot) error {
	text, err := json.Marshal(s)
	if err != nil {
		return errors.New("the snapshot cannot be written")
	}
	value, err := parseJSON(text, "", 1)
	if err != nil {
		return errors.New("the snapshot cannot be written")
	}
	text, err = writeYAML(value)
	if err != nil {
		return errors.New("the snapshot cannot be written as YAML")
	}
	_, err = w.Write(text)
	return err
}

// writeYAML writes plain values as YAML: keys sorted, no text folded, always the same bytes.
func writeYAML(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	encoder.CompactSeqIndent()
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return out.Bytes(), encoder.Close()
}

// ReadSnapshot reads what WriteSnapshot wrote; name stands for the source in errors.
func ReadSnapshot(r io.Reader, name string) (*snapshot.Snapshot, error) {
	text, err := readText(r, name)
	if err != nil {
		return nil, err
	}
	return decodeSnapshot(text, name)
}

// decodeSnapshot reads a snapshot from YAML or JSON. An unknown field is an
// error: it would be evidence that nobody looks at.
func decodeSnapshot(text []byte, name string) (*snapshot.Snapshot, error) {
	value, err := parseJSON(text, name, 1)
	if errors.Is(err, errNotJSON) {
		value, _, err = parseYAML(text, name, 1)
	}
	if err != nil {
		return nil, err
	}
	top, ok := value.(map[string]any)
	if !ok || top["kind"] != "Snapshot" {
		return nil, &inputError{file: name, problem: "is not a snapshot: kind is not Snapshot"}
	}
	if top["apiVersion"] != snapshot.Version {
		return nil, &inputError{file: name, problem: "is a snapshot of another version: this program reads " + snapshot.Version}
	}
	contents, err := takeContents(top, name)
	if err != nil {
		return nil, err
	}
	s := &snapshot.Snapshot{}
	if err := strictly(top, s); err != nil {
		return nil, &inputError{file: name, problem: "is not a snapshot: " + err.Error()}
	}
	if err := savedEndOfLife(s.EndOfLife); err != nil {
		return nil, &inputError{file: name, problem: "is not a snapshot: " + err.Error()}
	}
	return s, contents.giveBack(s, name)
}

// objectLists are where a snapshot holds objects.
var objectLists = [][]string{{"objects"}, {"release", "manifest"}, {"release", "hooks"}, {"around"}}

// contents are the objects' contents and the values. They stay as they were
// parsed, because decoding into Go's any would turn their integers into floats.
type contents struct {
	lists  [][]map[string]any
	values map[string]any
}

func takeContents(top map[string]any, name string) (contents, error) {
	var out contents
	for _, place := range objectLists {
		found, _ := at(top, place...)
		list, _ := found.([]any)
		var bodies []map[string]any
		for i, entry := range list {
			object, _ := entry.(map[string]any)
			body, ok := object["content"].(map[string]any)
			if !ok {
				return out, &inputError{file: name, problem: fmt.Sprintf("is not a snapshot: %s[%d] has no content", strings.Join(place, "."), i)}
			}
			delete(object, "content")
			bodies = append(bodies, body)
		}
		out.lists = append(out.lists, bodies)
	}
	if release, ok := top["release"].(map[string]any); ok {
		out.values, _ = release["values"].(map[string]any)
		delete(release, "values")
	}
	return out, nil
}

func (c contents) giveBack(s *snapshot.Snapshot, name string) error {
	for i, list := range [][]snapshot.Object{s.Objects, s.Release.Manifest, s.Release.Hooks, s.Around} {
		for j := range list {
			if list[j].Kind == "" || list[j].Name == "" {
				return &inputError{file: name, problem: fmt.Sprintf("is not a snapshot: %s[%d] has no kind or name", strings.Join(objectLists[i], "."), j)}
			}
			list[j].Content = c.lists[i][j]
		}
	}
	s.Release.Values = c.values
	if !slices.Contains([]snapshot.Record{snapshot.Stored, snapshot.Recognised, snapshot.FromChart, snapshot.FromFiles}, s.Release.Record) {
		return &inputError{file: name, problem: "is not a snapshot: release.record is none of stored, recognised, chart, files"}
	}
	return nil
}

// strictly decodes into a struct and refuses fields it does not have, those that
// differ in case only among them; the error shows names only.
func strictly(from any, into any) error {
	text, err := json.Marshal(from)
	if err != nil {
		return errors.New("it cannot be read")
	}
	unknown, err := kjson.UnmarshalStrict(text, into)
	switch {
	case err != nil && wrongTypeAt.MatchString(err.Error()):
		return fmt.Errorf("%s has the wrong type", fieldIn(wrongTypeAt, err))
	case err != nil:
		return errors.New("a field has the wrong form")
	case len(unknown) > 0:
		return fmt.Errorf("it has an unknown field %s", showKey(fieldIn(unknownField, unknown[0])))
	}
	return nil
}
