package render

import (
	"bytes"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/reach"
)

// The formats that draw a network.
const (
	Dot     Format = "dot"
	Mermaid Format = "mermaid"
	SVG     Format = "svg"
)

var reachFormats = map[Format]func(*bytes.Buffer, *reach.Report, Options) error{
	Table: tableReach, Dot: dotReach, Mermaid: mermaidReach, SVG: svgReach,
	JSON: func(b *bytes.Buffer, r *reach.Report, _ Options) error { return writeJSON(b, r) },
	YAML: func(b *bytes.Buffer, r *reach.Report, _ Options) error { return writeYAML(b, r) },
}

// ReachFormats are the formats that Reach knows, sorted.
func ReachFormats() []Format { return slices.Sorted(maps.Keys(reachFormats)) }

// Reach prints or draws what may connect to what.
func Reach(w io.Writer, format Format, r *reach.Report, o Options) error {
	return show(w, format, reachFormats, r, o)
}

func tableReach(b *bytes.Buffer, r *reach.Report, o Options) error {
	if r.Asked == nil {
		return matrixReach(b, r, o)
	}
	for i := range r.Questions {
		if i > 0 {
			b.WriteString("\n")
		}
		if err := writeQuestion(b, &r.Questions[i], o); err != nil {
			return err
		}
	}
	writeProblems(b, r, o)
	return nil
}

// writeProblems says what policies hold that no API server would take.
func writeProblems(b *bytes.Buffer, r *reach.Report, o Options) {
	for _, text := range r.Problems {
		line := "No API server would take this, and it matches nothing: " + plain(text) + "."
		b.WriteString("\n" + strings.Join(wrap(line, o.Width), "\n") + "\n")
	}
}

// target is the far end and its port: "api-server:8080".
func target(q *reach.Question) string { return q.To + ":" + portWord(q) }

func portWord(q *reach.Question) string {
	if q.Port == nil {
		return "any"
	}
	return q.Port.String()
}

// policyName names a policy, and says so where it is not applied yet.
func policyName(p *reach.Policy) string {
	name := p.String()
	if p.Namespace != "" {
		name = p.Namespace + "/" + p.Name
	}
	if p.Proposed {
		name += " (not applied yet)"
	}
	return name
}

// reachStyles only help the eye: the word itself is always printed.
var reachStyles = map[reach.Mark]style{
	reach.Kept: green, reach.Cut: "1;31", reach.Missed: "33", reach.Unclear: "33", reach.Some: "36", reach.Open: "36",
}

// refusers are the policies that refuse in one direction, without doubles.
func refusers(q *reach.Question, d netpol.Direction) []reach.Policy {
	var out []reach.Policy
	for _, l := range q.Losses {
		for _, p := range l.Policies {
			if l.Direction == d && !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	return out
}
