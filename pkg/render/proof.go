package render

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// Proof prints what a set of patches closes, keeps and leaves, for people.
func Proof(w io.Writer, set *PatchSet) error {
	var b bytes.Buffer
	writeFindings(&b, set)
	if set.Access != nil {
		writeRights(&b, set)
	}
	if set.Flows != nil {
		writeFlows(&b, *set.Flows)
	}
	writeAdmissions(&b, set.Admissions)
	for _, old := range set.Stale {
		fmt.Fprintf(&b, "No longer part of the set, and still in force: kubectl delete %s -n %s %s\n", strings.ToLower(old.Kind), plain(old.Namespace), plain(old.Name))
	}
	for _, c := range set.Unread {
		fmt.Fprintf(&b, "Not read: %s (%s) %s\n", c.Kind, c.State, plain(c.Reason))
	}
	_, err := w.Write(b.Bytes())
	return err
}

// writeFlows says which connections policies keep and deny.
func writeFlows(b *bytes.Buffer, p verify.NetworkProof) {
	verdict := "The connections are proved"
	switch {
	case !p.Holds():
		verdict = "The proof of the connections does NOT hold"
	case len(p.Unread) > 0:
		verdict = "The connections are proved as far as addresses were read"
	}
	fmt.Fprintf(b, "%s: %d of %d needed flows pass; of %d other connections between Airflow's pods %d are denied.\n",
		verdict, p.Kept, p.Flows, p.Pairs, p.Denied)
	writeCuts(b, "Cut", p.Cuts)
	writeCuts(b, "Not decided", p.Unclear)
	writeCuts(b, "Not read", p.Unread)
	writeOpen(b, "Open wider than needed", p.Open)
	writeOpen(b, "Closed", p.Closed)
	writePairs(b, p.StillOpen)
	for _, workload := range p.Left {
		fmt.Fprintf(b, "Left as it is: %s, because what it needs is not known or no label picks its pods out.\n", plain(workload.Ref.String()))
	}
	for _, beside := range p.Beside {
		fmt.Fprintf(b, "Also held: pod %s, which is not this release's, by %s: what it needs is not kept. To close: a label of their own on this release's pods.\n",
			plain(beside.Pod.Name), strings.Join(beside.Policies, ", "))
	}
}

func writeCuts(b *bytes.Buffer, title string, list []verify.Judged) {
	for _, j := range list {
		fmt.Fprintf(b, "%s: %s (%s; %s)%s\n", title, flowText(j.Flow), j.Flow.Demand, plain(j.Flow.Why), reasonText(j.Verdict))
	}
}

func reasonText(v netpol.Verdict) string {
	if v.Reason != "" {
		return ": " + plain(v.Reason)
	}
	var out []string
	for _, loss := range v.Losses {
		out = append(out, fmt.Sprintf("%s of %s to %s on %s", loss.Direction, plain(loss.From), plain(loss.To), loss.Port))
	}
	if len(out) == 0 {
		return ""
	}
	return ": " + strings.Join(out, ", ")
}

func flowText(f airflow.Flow) string {
	return plain(f.From.Name) + " → " + plain(f.To.Name) + airflow.PortList(f.Ports)
}

// writeOpen joins flows that differ in one end only: each component's way to the same host is one line.
func writeOpen(b *bytes.Buffer, title string, list []harden.Open) {
	type line struct{ to, reason, close string }
	var order []line
	from := map[line][]string{}
	for _, o := range list {
		l := line{plain(o.Flow.To.Name) + airflow.PortList(o.Flow.Ports), plain(o.Reason), plain(o.Close)}
		if from[l] == nil {
			order = append(order, l)
		}
		if name := plain(o.Flow.From.Name); !slices.Contains(from[l], name) {
			from[l] = append(from[l], name)
		}
	}
	for _, l := range order {
		fmt.Fprintf(b, "%s: %s → %s: %s. To close: %s.\n", title, strings.Join(from[l], ", "), l.to, l.reason, l.close)
	}
}

func writePairs(b *bytes.Buffer, pairs []verify.Pair) {
	type line struct {
		to     airflow.Component
		port   airflow.Port
		policy string
	}
	var order []line
	from := map[line][]string{}
	for _, pair := range pairs {
		l := line{pair.To.Component, pair.Port, pair.Policy}
		if from[l] == nil {
			order = append(order, l)
		}
		from[l] = append(from[l], string(pair.From.Component))
	}
	for _, l := range order {
		by := "no policy holds there"
		if l.policy != "" {
			by = "policy " + plain(l.policy) + " lets it in"
		}
		fmt.Fprintf(b, "Still open: %s → %s:%s, which nothing needs: %s.\n", strings.Join(inOrder(from[l]), ", "), l.to, l.port, by)
	}
}

func inOrder(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}
