package render

import (
	"bytes"
	"cmp"
	"fmt"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/reach"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func writeParagraph(b *bytes.Buffer, text string, o Options) {
	fmt.Fprintf(b, "%s\n\n", strings.Join(wrap(text, o.Width), "\n"))
}

func writeReachHead(b *bytes.Buffer, r *reach.Report, o Options) {
	id := r.Release
	fmt.Fprintf(b, "%s\n\n", o.paint(bold, plain(fmt.Sprintf("%s/%s, Airflow %s, %s", id.Namespace, id.Name, orUnknown(id.AirflowVersion), cmp.Or(id.Executor, "executor unknown")))))
	if r.Coverage.State != snapshot.Read {
		writeParagraph(b, "NetworkPolicy objects could not be read ("+plain(cmp.Or(r.Coverage.Reason, string(r.Coverage.State)))+"): what is allowed is not known.", o)
		return
	}
	proposed := 0
	for _, p := range r.Policies {
		if p.Proposed {
			proposed++
		}
	}
	text := "1 NetworkPolicy"
	if len(r.Policies) != 1 {
		text = fmt.Sprintf("%d NetworkPolicies", len(r.Policies))
	}
	if proposed > 0 {
		text += fmt.Sprintf(", %d of them not applied yet", proposed)
	}
	writeParagraph(b, text+".", o)
}

// cutGrid lists what is needed and not kept, with the side and the policies that refuse.
func cutGrid(r *reach.Report) *grid {
	g := &grid{head: []string{"CONNECTION", "STATE", "DECIDED BY", "NEEDED FOR"}, flexible: map[int]int{0: 3, 2: 3, 3: 2}}
	for _, mark := range []reach.Mark{reach.Cut, reach.Missed, reach.Unclear} {
		for i := range r.Questions {
			q := &r.Questions[i]
			if q.Mark() != mark || len(q.Needs) == 0 {
				continue
			}
			g.add(q.From+" to "+target(q), markWords[mark], decidedBy(q), q.Needs[0].Why)
		}
	}
	return g
}

func decidedBy(q *reach.Question) string {
	var out []string
	for _, d := range []netpol.Direction{netpol.Egress, netpol.Ingress} {
		var names []string
		list := refusers(q, d)
		for i := range list {
			names = append(names, policyName(&list[i]))
		}
		if len(names) > 0 {
			out = append(out, string(d)+": "+strings.Join(names, ", "))
		}
	}
	return cmp.Or(strings.Join(out, "; "), q.Reason, "-")
}

func writeReachSummary(b *bytes.Buffer, r *reach.Report, o Options) {
	s := r.Summary
	open := 0
	for i := range r.Questions {
		if m := r.Questions[i].Mark(); m == reach.Open || m == reach.Some {
			open++
		}
	}
	text := fmt.Sprintf("Needed connections: %d kept, %d cut, %d unclear. Optional: %d kept, %d cut, %d unclear. Open without need: %d of %d asked.",
		s.Needed.Kept, s.Needed.Cut, s.Needed.Unclear, s.Optional.Kept, s.Optional.Cut, s.Optional.Unclear, open, s.Questions)
	fmt.Fprintf(b, "%s\n", strings.Join(wrap(text, o.Width), "\n"))
}
