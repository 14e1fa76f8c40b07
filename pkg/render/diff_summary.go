package render

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/diff"
)

// DiffSummary says for people what a comparison holds, and what it does not.
func DiffSummary(w io.Writer, d *diff.Diff) error {
	head := fmt.Sprintf("No difference between %s and %s.", d.From, d.Against)
	if !d.Empty() {
		head = fmt.Sprintf("%s against %s: %s.", d.From, d.Against, strings.Join(tally(d), ", "))
	}
	return summary(w, head, d.Left, d.Unread)
}

// ThreeWaySummary says the same of three sides.
func ThreeWaySummary(w io.Writer, t *diff.ThreeWay) error {
	drifted, planned := 0, 0
	for _, r := range t.Rows {
		if r.Drifted {
			drifted++
		}
		if r.Planned {
			planned++
		}
	}
	head := fmt.Sprintf("Live is not what Helm installed at %s, and not what profile %s asks for at %s.",
		counted(drifted, "place"), t.Profile, counted(planned, "place"))
	return summary(w, head, t.Left, t.Unread)
}

// tally counts what differs by what it is.
func tally(d *diff.Diff) []string {
	count, fields := map[diff.Status]int{}, 0
	for _, o := range d.Objects {
		if count[o.Status]++; o.Status == diff.Changed {
			fields += len(o.Fields)
		}
	}
	var out []string
	if n := count[diff.Changed]; n > 0 {
		out = append(out, fmt.Sprintf("%s in %s", counted(fields, "field"), counted(n, "object")))
	}
	if n := count[diff.New]; n > 0 {
		out = append(out, counted(n, "new object"))
	}
	if n := count[diff.Missing]; n > 0 {
		out = append(out, counted(n, "object")+" missing")
	}
	return out
}

func summary(w io.Writer, head string, left []diff.Left, unread []string) error {
	var b bytes.Buffer
	b.WriteString(plain(head) + "\n")
	if len(left) > 0 {
		fmt.Fprintf(&b, "No change here closes %s of these rules:\n", counted(len(left), "finding"))
	}
	for _, l := range left {
		where := l.Object
		if l.Container != "" {
			where += " (" + l.Container + ")"
		}
		line := fmt.Sprintf("%s %s: %s", l.Rule, where, l.Message)
		if l.Reason != "" {
			line += "; " + l.Reason
		}
		b.WriteString("  " + plain(line) + "\n")
	}
	for _, reason := range unread {
		b.WriteString(plain("Not compared: "+reason) + "\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}
