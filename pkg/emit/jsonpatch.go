package emit

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Operation is one step of a JSON patch (RFC 6902).
type Operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// JSONPatch writes the plan as a shell script with one kubectl patch for each
// object that is there, and one kubectl apply for each that is not. Each patch
// first tests the names of the list entries and the values that it counts on:
// where somebody has changed those, the API server refuses it whole. Left are
// the steps that would write back a text that was masked.
func (f Form) JSONPatch() (script []byte, left []plan.Dropped, err error) {
	return f.script("", func(b *bytes.Buffer, o object) ([]plan.Dropped, error) {
		if o.before == nil {
			return nil, o.apply(b)
		}
		ops, left := o.patch(o.before, o.after, o.changes, readable)
		return left, o.patchCommand(b, ops)
	})
}

// JSONPatchRollback writes the script that takes back what that of JSONPatch does.
func (f Form) JSONPatchRollback() (script []byte, left []plan.Dropped, err error) {
	return f.script("Restores what was there before. ", func(b *bytes.Buffer, o object) ([]plan.Dropped, error) {
		if o.before == nil {
			b.WriteString(o.deleteCommand() + "\n")
			return nil, nil
		}
		var undo []change.Change
		for _, c := range o.changes {
			back, _ := c.Undo(o.before)
			undo = append(undo, back)
		}
		ops, left := o.patch(o.after, o.before, undo, kept)
		return left, o.patchCommand(b, ops)
	})
}

func (f Form) script(does string, each func(*bytes.Buffer, object) ([]plan.Dropped, error)) ([]byte, []plan.Dropped, error) {
	objects, err := f.whole()
	if err != nil {
		return nil, nil, err
	}
	var b bytes.Buffer
	comment(&b, append(slices.Clone(f.Header), does+"Apply:   sh FILE"))
	b.WriteString("set -e\n")
	var left []plan.Dropped
	for _, o := range objects {
		b.WriteString("\n")
		comment(&b, append(slices.Clone(f.Comments[o.String()]), o.comments()...))
		dropped, err := each(&b, o)
		if err != nil {
			return nil, nil, err
		}
		left = append(left, dropped...)
	}
	return b.Bytes(), left, nil
}

// patchCommand writes one operation to a line, in quotes that no text can leave.
func (o object) patchCommand(b *bytes.Buffer, ops []Operation) error {
	if len(ops) == 0 {
		return nil
	}
	fmt.Fprintf(b, "kubectl patch%s %s --type=json -p ", o.inNamespace(), quoted(o.resource()+"/"+o.Name))
	var lines []string
	for _, op := range ops {
		text, err := json.Marshal(op)
		if err != nil {
			return fmt.Errorf("%s: %s cannot be written as JSON", o.Ref, op.Path)
		}
		lines = append(lines, string(text))
	}
	b.WriteString("'" + strings.ReplaceAll("[\n"+strings.Join(lines, ",\n")+"\n]", "'", `'\''`) + "'\n")
	return nil
}

// apply writes a new object as one line of JSON, which no line of a script can end.
func (o object) apply(b *bytes.Buffer) error {
	text, err := json.Marshal(o.after)
	if err != nil || secret(o.after) {
		return fmt.Errorf("%s cannot be written: it holds no JSON, or a text that was masked as a secret", o.Ref)
	}
	fmt.Fprintf(b, "kubectl apply --server-side --field-manager=%s -f - <<'END'\n%s\nEND\n", snapshot.PlanManager, text)
	return nil
}

// patching collects the operations that turn one state of an object into another.
type patching struct {
	from, to map[string]any
	testable func(any) bool
	tests    []Operation
	changes  []Operation
	removals []removal
}

// removal takes an entry out of a list: those behind it move.
type removal struct {
	Operation
	at int
}

// patch turns from into to at the places of the changes, where the values that
// are testable are as they should be. Left are the steps that hold a masked text.
func (o object) patch(from, to map[string]any, changes []change.Change, testable func(any) bool) ([]Operation, []plan.Dropped) {
	p := patching{from: from, to: to, testable: testable}
	var left []plan.Dropped
	for _, c := range changes {
		if !p.add(c) {
			left = append(left, o.dropped(c, "what it would write is masked as a secret: post-render edits the text itself"))
		}
	}
	slices.SortStableFunc(p.removals, func(a, b removal) int { return cmp.Compare(b.at, a.at) })
	out := slices.Concat(p.tests, p.changes)
	if len(p.changes)+len(p.removals) == 0 {
		return nil, left
	}
	for _, r := range p.removals {
		out = append(out, r.Operation)
	}
	return out, left
}

// spot is where a change meets an object.
type spot struct {
	pointer string // with numbers for list entries
	path    string // as a change writes it
	found   bool
	text    bool // the path goes on inside
	entry   int  // the place in a list where the spot is an entry; -1 elsewhere
	tests   []Operation
}

func (p *patching) add(c change.Change) bool {
	at := p.locate(c.Path)
	value, _ := change.Lookup(p.from, at.path)
	after, stays := change.Lookup(p.to, at.path)
	remove := c.Op == change.Remove && !(at.text && stays)
	switch {
	case remove && !at.found:
		return true
	case !remove && secret(after):
		return false
	case at.found && stays && equal(value, after), p.has(at.pointer):
		return true
	}
	p.test(at.tests...)
	if at.found && p.testable(value) {
		p.test(Operation{"test", at.pointer, value})
	}
	switch {
	case remove && at.entry >= 0:
		p.removals = append(p.removals, removal{Operation{"remove", at.pointer, nil}, at.entry})
	case remove:
		p.changes = append(p.changes, Operation{"remove", at.pointer, nil})
	case at.entry >= 0:
		p.changes = append(p.changes, Operation{"replace", at.pointer, runtime.DeepCopyJSONValue(after)})
	default: // for a key "add" also replaces, even one that the API server has left out because it was empty
		p.changes = append(p.changes, Operation{"add", p.insertion(at), runtime.DeepCopyJSONValue(after)})
	}
	return true
}

// has says that a place is taken care of by the operation of another change.
func (p *patching) has(pointer string) bool {
	same := func(o Operation) bool { return o.Path == pointer }
	return !strings.HasSuffix(pointer, "/-") && (slices.ContainsFunc(p.changes, same) || slices.ContainsFunc(p.removals, func(r removal) bool { return same(r.Operation) }))
}

func (p *patching) test(tests ...Operation) {
	for _, t := range tests {
		if !slices.ContainsFunc(p.tests, func(o Operation) bool { return o.Path == t.Path }) {
			p.tests = append(p.tests, t)
		}
	}
}

// readable are the values that were read from the API server and can be written back.
func readable(value any) bool { return value != nil && !secret(value) }

// kept are the values that the API server keeps as they were written: plain ones
// and lists of them. It adds defaults to others, and may leave out what is empty.
func kept(value any) bool {
	switch value := value.(type) {
	case map[string]any:
		return false
	case []any:
		return len(value) > 0 && !slices.ContainsFunc(value, func(entry any) bool { return !kept(entry) })
	}
	return readable(value)
}

// insertion is where a missing entry goes: to the place that it has in the other state, or to the end.
func (p *patching) insertion(at spot) string {
	list, isEnd := strings.CutSuffix(at.pointer, "/-")
	if !isEnd {
		return at.pointer
	}
	parts := change.Split(at.path)
	above := pathOf(parts[:len(parts)-1])
	was, _ := change.Lookup(p.from, above)
	is, _ := change.Lookup(p.to, above)
	before, _ := was.([]any)
	after, _ := is.([]any)
	if i := entryAt(after, parts[len(parts)-1]); i >= 0 && i < len(before) {
		return list + "/" + strconv.Itoa(i)
	}
	return at.pointer
}

func pathOf(parts []string) string {
	out := ""
	for _, part := range parts {
		out += "/" + change.Escape(part)
	}
	return out
}
