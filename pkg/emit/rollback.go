package emit

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
)

// StreamRollback writes what takes the stream back: the same manager applies
// what it had set before the plan, with the present values of fields that had
// another one; server-side apply then removes all else that it owns. Objects
// that the stream makes are deleted by the header's commands. Left are the
// steps whose present value was masked, and that nobody can write back.
func (f Form) StreamRollback() (stream []byte, left []plan.Dropped, err error) {
	objects, err := f.whole()
	if err != nil {
		return nil, nil, err
	}
	header := append(slices.Clone(f.Header), "Restores what was there before. Apply:   "+applyCommand(f.Force))
	var out []Object
	for _, o := range objects {
		if o.before == nil {
			header = append(header, "Delete:  "+o.deleteCommand())
			continue
		}
		changes, _ := o.sayable()
		if len(changes) == 0 {
			continue
		}
		undo, dropped := o.undo(changes)
		left = append(left, dropped...)
		out = append(out, Object{Value: o.configuration(undo), Comments: o.comments()})
	}
	stream, err = streamOf(header, out)
	return stream, left, err
}

// undo are the changes that put back what the object holds now where others are made.
func (o object) undo(changes []change.Change) (undo []change.Change, left []plan.Dropped) {
	for _, c := range changes {
		back, _ := c.Undo(o.before)
		if secret(back.Value) {
			left = append(left, o.dropped(c, "what is there now is masked as a secret"))
			continue
		}
		undo = append(undo, back)
	}
	return undo, left
}

// deleteCommand is a line of a shell: names are data and stand in quotes.
func (o object) deleteCommand() string {
	return "kubectl delete" + o.inNamespace() + " " + quoted(o.resource()+"/"+o.Name)
}

func (o object) inNamespace() string {
	if o.Namespace == "" {
		return ""
	}
	return " -n " + quoted(o.Namespace)
}

// resource is the kind as kubectl takes it, with its group where there may be two.
func (o object) resource() string {
	kind := strings.ToLower(o.Kind)
	if group := o.Group(); strings.Contains(group, ".") {
		_, version, _ := strings.Cut(o.APIVersion, "/")
		return fmt.Sprintf("%s.%s.%s", kind, version, group)
	}
	return kind
}

// quoted is a text as one word of a POSIX shell.
func quoted(text string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=:", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

func decode(text string, into any) error { return json.Unmarshal([]byte(text), into) }
