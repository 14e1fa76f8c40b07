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
func writeFindings(b *bytes.Buffer, set *PatchSet) {
	p := set.Proof
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
	if slices.ContainsFunc(set.Dropped, func(d plan.Dropped) bool { return !d.Fate.Safe() }) {
		b.WriteString("What an upgrade undoes belongs into generate values or post-render; --live-only writes it all the same.\n")
	}
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

// writeRights says which needs of the Kubernetes API are covered after the plan.
func writeRights(b *bytes.Buffer, set *PatchSet) {
	p := set.Access
	verdict := "The rights are proved"
	if !p.Holds() {
		verdict = "The proof of the rights does NOT hold"
	}
	switch {
	case p.Needed == 0:
		fmt.Fprintf(b, "%s: no component needs the Kubernetes API.\n", verdict)
	default:
		fmt.Fprintf(b, "%s: %d of %d needs of the Kubernetes API are covered.\n", verdict, p.Covered, p.Needed)
	}
	for _, r := range p.Missing {
		fmt.Fprintf(b, "Missing%s: %s as %s: %s\n", already(r), plain(r.Workload.String()), plain(r.Account.Name), plain(r.Why))
	}
	for _, r := range p.Tokenless {
		fmt.Fprintf(b, "Without a token%s: %s\n", already(r), plain(r.Workload.String()))
	}
	for _, note := range set.Rights.Notes {
		fmt.Fprintf(b, "Note: %s\n", plain(note))
	}
}

func already(r verify.Right) string {
	if r.Before {
		return ", as before"
	}
	return ""
}
