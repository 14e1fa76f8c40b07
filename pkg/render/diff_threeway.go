package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/diff"
)

var threeWayFormats = map[Format]func(*bytes.Buffer, *diff.ThreeWay, Options) error{
	Unified: tableThreeWay,
	JSON:    func(b *bytes.Buffer, t *diff.ThreeWay, _ Options) error { return writeJSON(b, t) },
	YAML:    func(b *bytes.Buffer, t *diff.ThreeWay, _ Options) error { return writeYAML(b, t) },
}

// ThreeWay prints what Helm installed, what is live and what the profile asks
// for, side by side; Unified is a table.
func ThreeWay(w io.Writer, format Format, t *diff.ThreeWay, o Options) error {
	return show(w, format, threeWayFormats, t, o)
}

func tableThreeWay(b *bytes.Buffer, t *diff.ThreeWay, o Options) error {
	g := grid{head: []string{"OBJECT", "FIELD", "RELEASE", "LIVE", "PROFILE", "RULES"}, flexible: map[int]int{0: 2, 1: 3, 2: 2, 3: 2, 4: 2, 5: 1}}
	object := ""
	for _, r := range t.Rows {
		title := objectTitle(r.Ref)
		if title == object {
			title = ""
		} else {
			object = title
		}
		g.add(title, fieldCell(r), valueCell(r, r.Installed), valueCell(r, r.Live), wantedCell(r), strings.Join(r.Rules, " "))
	}
	return g.print(b, o)
}

// fieldCell is a field's place, from the pod's spec on where it lies there.
func fieldCell(r diff.Row) string {
	if r.Path == "" {
		return "(object)"
	}
	path := r.Path
	for _, pod := range []string{"/spec/template/spec/", "/spec/jobTemplate/spec/template/spec/"} {
		path = strings.TrimPrefix(path, pod)
	}
	for _, key := range []string{"name=", "mountPath="} {
		path = strings.ReplaceAll(path, "/"+key, "/")
	}
	return strings.NewReplacer("~1", "/", "~0", "~").Replace(strings.TrimPrefix(path, "/"))
}

const longestCell = 60

// valueCell is a value in short.
func valueCell(r diff.Row, value any) string {
	switch {
	case value == nil:
		return "-"
	case r.Path == "":
		return "there"
	}
	text, isText := value.(string)
	if isText && strings.Contains(text, "\n") {
		text = oneOfLines(text, r)
	}
	if !isText {
		encoded, err := json.Marshal(value)
		if err != nil {
			return "?"
		}
		text = string(encoded)
	}
	if runes := []rune(text); len(runes) > longestCell {
		return fmt.Sprintf("%s… (%d characters)", string(runes[:longestCell-20]), len(runes))
	}
	return text
}

// oneOfLines is the first line of a text that the other sides do not have: the rest says nothing here.
func oneOfLines(text string, r diff.Row) string {
	for line := range strings.Lines(text) {
		for _, side := range []any{r.Installed, r.Live, r.Wanted} {
			if other, isText := side.(string); isText && !strings.Contains("\n"+other+"\n", "\n"+strings.TrimSuffix(line, "\n")+"\n") {
				return "… " + strings.TrimSpace(line) + " …"
			}
		}
	}
	return counted(strings.Count(text, "\n"), "line")
}

// wantedCell says what the profile asks for; nothing where it asks for no change.
func wantedCell(r diff.Row) string {
	switch {
	case !r.Planned:
		return ""
	case r.Path == "":
		return "create"
	case r.Wanted == nil:
		return "remove"
	}
	return valueCell(r, r.Wanted)
}
