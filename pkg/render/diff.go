package render

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/diff"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Unified is a unified diff for each object, under a header that says what asks for it.
const Unified Format = "diff"

var diffFormats = map[Format]func(*bytes.Buffer, *diff.Diff, Options) error{
	Unified: unifiedDiff,
	JSON:    func(b *bytes.Buffer, d *diff.Diff, _ Options) error { return writeJSON(b, d) },
	YAML:    func(b *bytes.Buffer, d *diff.Diff, _ Options) error { return writeYAML(b, d) },
}

// DiffFormats are the formats of a diff, sorted; those of three ways and of revisions are the same.
func DiffFormats() []Format { return slices.Sorted(maps.Keys(diffFormats)) }

// Diff prints what differs: Unified, JSON or YAML. Unified prints nothing where nothing differs.
func Diff(w io.Writer, format Format, d *diff.Diff, o Options) error {
	return show(w, format, diffFormats, d, o)
}

func unifiedDiff(b *bytes.Buffer, d *diff.Diff, o Options) error {
	for i, object := range d.Objects {
		if i > 0 {
			b.WriteString("\n")
		}
		for _, line := range aboutObject(object) {
			b.WriteString(o.paint(bold, plain("# "+line)) + "\n")
		}
		title, before := objectTitle(object.Ref), objectTitle(object.Ref)
		if object.Before == "" {
			before = "none"
		}
		b.WriteString(plain(fmt.Sprintf("--- %s: %s", d.From, before)) + "\n")
		b.WriteString(plain(fmt.Sprintf("+++ %s: %s", d.Against, title)) + "\n")
		hunk(b, diff.Lines(object.Before, object.After), o)
	}
	return nil
}

// objectTitle names an object as kubectl's users know it.
func objectTitle(ref snapshot.Ref) string {
	if ref.Namespace == "" {
		return ref.Kind + " " + ref.Name
	}
	return ref.Kind + " " + ref.Namespace + "/" + ref.Name
}

// aboutObject says what an object is, what asks for its changes, and what becomes of them.
func aboutObject(o diff.Object) []string {
	head := objectTitle(o.Ref)
	if o.Component != "" {
		head += " (" + o.Component + ")"
	}
	switch o.Status {
	case diff.New:
		head += ": a new object"
	case diff.Missing:
		head += ": Helm installed it, and it is gone"
	default:
		head += ": " + counted(len(o.Fields), "field")
	}
	out := []string{head}
	if rules := rulesInWords(o.Rules); rules != "" {
		out = append(out, "  "+rules)
	}
	for _, note := range notes(o.Fields) {
		out = append(out, "  "+note)
	}
	return out
}

func rulesInWords(rules []diff.Rule) string {
	var out []string
	for _, r := range rules {
		out = append(out, strings.TrimSpace(r.ID+" "+r.Slug))
	}
	return strings.Join(out, ", ")
}

// notes are what is said of fields, each with the fields it is said of unless it is all.
func notes(fields []diff.Field) []string {
	about := map[string][]string{}
	var order []string
	for _, f := range fields {
		if f.Note != "" && about[f.Note] == nil {
			order = append(order, f.Note)
		}
		about[f.Note] = append(about[f.Note], fieldTitle(f))
	}
	var out []string
	for _, note := range order {
		if n := len(about[note]); n < len(fields) {
			out = append(out, fmt.Sprintf("%s: %s", strings.Join(about[note], ", "), note))
		} else {
			out = append(out, note)
		}
	}
	return out
}

// fieldTitle is the end of a field's path, with its container.
func fieldTitle(f diff.Field) string {
	name := f.Path[strings.LastIndex(f.Path, "/")+1:]
	if f.Container != "" {
		name += " of " + f.Container
	}
	return name
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// hunk writes all lines as the one hunk of a unified diff.
func hunk(b *bytes.Buffer, lines []diff.Line, o Options) {
	left, right := 0, 0
	for _, line := range lines {
		if line.Mark != diff.OnRight {
			left++
		}
		if line.Mark != diff.OnLeft {
			right++
		}
	}
	b.WriteString(o.paint(hunkStyle, fmt.Sprintf("@@ -%d,%d +%d,%d @@", min(left, 1), left, min(right, 1), right)) + "\n")
	for _, line := range lines {
		b.WriteString(o.paint(sideStyles[line.Mark], string(rune(line.Mark))+plainLine(line.Text)) + "\n")
	}
}

const hunkStyle style = "36"

// sideStyles are the colours that git gives the two sides.
var sideStyles = map[diff.Mark]style{diff.OnLeft: "31", diff.OnRight: green}

// plainLine is a harmless line of a text, with its tabs.
func plainLine(text string) string {
	parts := strings.Split(text, "\t")
	for i := range parts {
		parts[i] = plain(parts[i])
	}
	return strings.Join(parts, "\t")
}
