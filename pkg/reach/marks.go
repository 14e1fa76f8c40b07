package reach

import (
	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
)

// Mark is an answer in one word, for a table or a picture.
type Mark string

// The marks. Missed is a cut that Airflow works without.
const (
	Kept    Mark = "kept"
	Cut     Mark = "cut"
	Missed  Mark = "missed"
	Open    Mark = "open"
	Some    Mark = "some"
	Closed  Mark = "closed"
	Unclear Mark = "unclear"
)

// Mark sums a question up: what is needed counts more than what is not, and a cut more than all else.
func (q *Question) Mark() Mark {
	switch {
	case q.state(true) == netpol.Cut:
		return Cut
	case q.state(true) == netpol.Unclear || q.state(false) == netpol.Unclear || q.Verdict == Unknown:
		return Unclear
	case q.state(false) == netpol.Cut && q.state(true) == "":
		return Missed
	case len(q.Needs) > 0:
		return Kept
	}
	switch q.Verdict {
	case Allowed:
		return Open
	case Partly:
		return Some
	}
	return Closed
}

// Needed says whether Airflow or the profile asks for the connection: an optional one does not count.
func (q *Question) Needed() bool { return q.state(true) != "" }

// state is the worst of the needs that count, or of the optional ones; empty where there is none.
func (q *Question) state(counts bool) netpol.State {
	worst := netpol.State("")
	for _, n := range q.Needs {
		if (n.Demand == airflow.Optional) == counts {
			continue
		}
		if worst == "" || rank[n.State] > rank[worst] {
			worst = n.State
		}
	}
	return worst
}

// rank orders states from good to bad.
var rank = map[netpol.State]int{netpol.Kept: 1, netpol.Unclear: 2, netpol.Cut: 3}

// AnyCut says whether a connection that counts is cut.
func (r *Report) AnyCut() bool { return r.Summary.Needed.Cut > 0 }

// Incomplete says whether policies were not read, or the verdict on a connection that counts is unclear.
func (r *Report) Incomplete() bool {
	return r.unread() || r.Summary.Needed.Unclear > 0
}

func (r *Report) sum() {
	r.Summary = Summary{Questions: len(r.Questions)}
	s := &r.Summary
	for i := range r.Questions {
		q := &r.Questions[i]
		switch q.Verdict {
		case Allowed:
			s.Allowed++
		case Denied:
			s.Denied++
		case Partly:
			s.Partly++
		default:
			s.Unknown++
		}
		s.Needed.count(q.state(true))
		if !q.Needed() {
			s.Optional.count(q.state(false))
		}
	}
}

func (c *Counts) count(s netpol.State) {
	switch s {
	case netpol.Kept:
		c.Kept++
	case netpol.Cut:
		c.Cut++
	case netpol.Unclear:
		c.Unclear++
	}
}
