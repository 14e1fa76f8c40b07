package emit

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Edit makes changes in a stream of manifests, whose objects are in the
// namespace where they name none. Documents that no change is about stay as
// they are, byte for byte; in the others comments and the order of keys stay.
// Objects that are put and not there yet come last. It fails, with nothing of
// the text in the error, where a change finds no object or where a document
// would not be exactly what the changes make of it.
func Edit(manifests []byte, changes []change.Change, namespace string) ([]byte, error) {
	pieces := cut(manifests)
	e := &editing{namespace: namespace, changes: changes, made: make([]bool, len(changes))}
	for i := range pieces {
		if err := e.piece(&pieces[i]); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	for _, p := range pieces {
		out.Write(p.text)
	}
	if err := e.appended(&out); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// editing is one run over a stream.
type editing struct {
	namespace string
	changes   []change.Change
	made      []bool // which changes found their object
	implicit  bool   // an object of the stream leaves its namespace out
}

// piece edits one document, if a change is about it.
func (e *editing) piece(p *piece) error {
	if !p.document {
		return nil
	}
	d, err := parseDocument(p.text)
	if err != nil {
		return fmt.Errorf("line %d: %w", p.line, err)
	}
	edited := false
	for _, o := range d.objects() {
		ref := o.ref()
		e.implicit = e.implicit || ref.Namespace == ""
		mine := e.about(ref)
		if len(mine) == 0 {
			continue
		}
		edited = true
		if err := o.edit(mine); err != nil {
			return err
		}
	}
	if !edited {
		return nil
	}
	p.text, err = d.bytes()
	return err
}

// about are the changes for one object, which are then made.
func (e *editing) about(ref snapshot.Ref) []change.Change {
	var out []change.Change
	for i, c := range e.changes {
		if !e.made[i] && e.names(c.Target, ref) {
			e.made[i] = true
			out = append(out, c)
		}
	}
	return out
}

// names says that a target is the object that a document describes. Kinds that
// are in no namespace have none in the target, whatever the document says.
func (e *editing) names(target, written snapshot.Ref) bool {
	switch {
	case target.Namespace == "":
		written.Namespace = ""
	case written.Namespace == "":
		written.Namespace = e.namespace
	}
	return target.Same(written)
}

// appended writes the new objects behind the stream.
func (e *editing) appended(out *bytes.Buffer) error {
	for i, c := range e.changes {
		switch whole, _ := c.Value.(map[string]any); {
		case e.made[i]:
		case c.Op != change.Put:
			return fmt.Errorf("%s: nothing to change: the manifests hold no such object", c.Target)
		default:
			if secret(whole) {
				return fmt.Errorf("%s: it would hold a text that was masked as a secret", c.Target)
			}
			if out.Len() > 0 && !bytes.HasSuffix(out.Bytes(), []byte("\n")) {
				out.WriteByte('\n')
			}
			if err := Apply(out, nil, []Object{{Value: e.placed(whole)}}); err != nil {
				return err
			}
		}
	}
	return nil
}

// placed leaves the namespace out as the stream's other objects do: whoever
// installs them decides on it.
func (e *editing) placed(whole map[string]any) map[string]any {
	meta, _ := whole["metadata"].(map[string]any)
	if !e.implicit || meta["namespace"] != e.namespace {
		return whole
	}
	out, inner := map[string]any{}, map[string]any{}
	for key, value := range whole {
		out[key] = value
	}
	for key, value := range meta {
		if key != "namespace" {
			inner[key] = value
		}
	}
	out["metadata"] = inner
	return out
}

// piece is a part of a stream: a document, or what stands between two.
type piece struct {
	text     []byte
	line     int // of the first byte, from 1
	document bool
}

// cut takes a stream to pieces that make it up again: documents begin at the
// first line that holds more than white space and a comment.
func cut(stream []byte) []piece {
	var out []piece
	number := 0
	for line := range bytes.Lines(stream) {
		number++
		content := !bytes.HasPrefix(bytes.TrimSpace(line), []byte("#")) && len(bytes.TrimSpace(line)) > 0
		last := len(out) - 1
		switch rest, marker := afterMarker(line); {
		case marker && len(rest) > 0: // content may follow on the marker's own line
			head := len(line) - len(rest)
			out = append(out, piece{text: line[:head:head], line: number}, piece{text: rest[:len(rest):len(rest)], line: number, document: true})
		case marker || line[0] == '%' && (last < 0 || !out[last].document):
			out = append(out, piece{text: slices.Clip(line), line: number})
		case last >= 0 && (out[last].document || !content):
			out[last].text = append(out[last].text, line...)
		default:
			out = append(out, piece{text: slices.Clip(line), line: number, document: content})
		}
	}
	return out
}

// afterMarker says whether a line is a document marker, and what content follows on it.
func afterMarker(line []byte) (rest []byte, marker bool) {
	for _, mark := range []string{"---", "..."} {
		after, found := bytes.CutPrefix(line, []byte(mark))
		if !found || len(after) > 0 && bytes.IndexByte([]byte(" \t\r\n"), after[0]) < 0 {
			continue
		}
		after = bytes.TrimLeft(after, " \t\r\n")
		if bytes.HasPrefix(after, []byte("#")) {
			after = nil
		}
		return after, true
	}
	return nil, false
}

// errInexact says that a document would become something else than planned.
var errInexact = errors.New("cannot be changed without changing more than planned")
