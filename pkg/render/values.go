package render

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// ValuesProof prints what became of a chart's toggles, for people.
func ValuesProof(w io.Writer, p *verify.ValuesProof, unread []snapshot.Coverage) error {
	var b bytes.Buffer
	switch {
	case len(p.Cuts) > 0:
		b.WriteString("The proof does NOT hold")
	case len(p.Refused) > 0:
		b.WriteString("The proof holds for what is written, and not everything is")
	default:
		b.WriteString("The proof holds")
	}
	fmt.Fprintf(&b, ": with these values %d of %d flows pass.\n", p.Kept, p.Flows)
	if p.OnlySubcharts {
		b.WriteString("The chart has no such values for its own components: generate patches writes policies for them.\n")
	}
	for _, t := range p.On {
		fmt.Fprintf(&b, "On already: %s.\n", plain(t.Key))
	}
	for _, t := range p.Untried {
		fmt.Fprintf(&b, "Not tried: %s: its policies come from a subchart, of which Helm keeps no copy; give --chart.\n", plain(t.Key))
	}
	for _, t := range p.Refused {
		if t.Reason != "" {
			fmt.Fprintf(&b, "Not turned on: %s: %s.\n", plain(t.Key), plain(t.Reason))
			continue
		}
		fmt.Fprintf(&b, "Not turned on: %s, because it would cut what Airflow needs:\n", plain(t.Key))
		for _, cut := range t.Cuts {
			fmt.Fprintf(&b, "  %s\n", cutText(cut))
		}
	}
	writeCutFlows(&b, "Cut by policies that are there already", p.Cuts)
	writeCuts(&b, "Not decided", p.Unclear)
	writeCutFlows(&b, "Closed by these values", p.Closed)
	writeCutFlows(&b, "Closed already", p.Shut)
	for _, c := range unread {
		fmt.Fprintf(&b, "Not read: %s (%s) %s\n", c.Kind, c.State, plain(c.Reason))
	}
	_, err := w.Write(b.Bytes())
	return err
}

func writeCutFlows(b *bytes.Buffer, title string, list []verify.Cut) {
	for _, cut := range list {
		fmt.Fprintf(b, "%s: %s\n", title, cutText(cut))
	}
}

func cutText(c verify.Cut) string {
	text := fmt.Sprintf("%s (%s; without it %s)", flowText(c.Flow), c.Flow.Demand, plain(c.Flow.Why))
	if len(c.Policies) > 0 {
		text += ": no rule of " + plain(strings.Join(c.Policies, ", ")) + " lets it through"
	}
	return text
}
