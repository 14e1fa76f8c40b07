package render

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// writeFindings says what a plan does to the findings.
func writeFindings(b *bytes.Buffer, p *verify.PlanProof) {
	if p.Holds() {
		fmt.Fprintf(b, "Replayed on a copy and checked again: %s closed, %d left, nothing new.\n", count(len(p.Closed), "finding"), len(p.Left))
	} else {
		fmt.Fprintf(b, "The proof does NOT hold: replayed on a copy and checked again, %s closed, %d left.\n", count(len(p.Closed), "finding"), len(p.Left))
	}
	writeFacts(b, "Still open, although the plan is made to close it", p.Broken)
	writeFacts(b, "New after the plan", p.New)
	for _, id := range p.Unknown {
		fmt.Fprintf(b, "No answer any more after the plan: %s\n", id)
	}
	writeCuts(b, "Cut by the plan", p.Cuts)
	writeLeft(b, p.Left)
}

func writeFacts(b *bytes.Buffer, title string, list []verify.Fact) {
	for _, f := range list {
		fmt.Fprintf(b, "%s: %s %s/%s: %s\n", title, f.Rule, strings.ToLower(f.Target.Kind), plain(f.Target.Name), plain(f.Message))
	}
}

// writeLeft joins the findings of one object that are left for one reason.
func writeLeft(b *bytes.Buffer, list []plan.Left) {
	type line struct{ target, reason string }
	var order []line
	rules := map[line][]string{}
	for _, l := range list {
		at := line{strings.ToLower(l.Finding.Target.Kind) + "/" + plain(l.Finding.Target.Name), plain(l.Reason)}
		if rules[at] == nil {
			order = append(order, at)
		}
		if !slices.Contains(rules[at], l.Rule) {
			rules[at] = append(rules[at], l.Rule)
		}
	}
	for _, at := range order {
		fmt.Fprintf(b, "Left: %s on %s: %s.\n", strings.Join(rules[at], ", "), at.target, strings.TrimRight(at.reason, "."))
	}
}

// writeAdmissions says what the API server answered.
func writeAdmissions(b *bytes.Buffer, list []snapshot.Admission) {
	if len(list) == 0 {
		return
	}
	taken := 0
	for _, a := range list {
		if a.Accepted {
			taken++
		}
	}
	fmt.Fprintf(b, "Server-side dry run: the API server takes %d of %d.\n", taken, len(list))
	for _, a := range list {
		what := plain(a.Ref.String())
		if a.Trial == "pod" {
			what = "a pod of " + what
		}
		switch {
		case !a.Asked:
			fmt.Fprintf(b, "Not asked: %s: %s\n", what, plain(a.Message))
		case !a.Accepted:
			fmt.Fprintf(b, "Refused: %s: %s\n", what, plain(a.Message))
		}
		for _, w := range a.Warnings {
			fmt.Fprintf(b, "Warning: %s: %s\n", what, plain(w))
		}
	}
}
