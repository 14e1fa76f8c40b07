package verify

import (
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// Before is a release as it stands, with what judges it.
type Before struct {
	Model  *airflow.Model
	Report *check.Report
	// Judge runs the same rules with the same profile on another state of the release.
	Judge func(*airflow.Model) (*check.Report, error)
	// Flows are the connections that a state of the release needs.
	Flows func(*airflow.Model) []airflow.Flow
	// Needs are those that the user declares for DAGs; the model before knows them, too.
	Needs []airflow.DeclaredNeed
	// Rules are those the plan is for: their findings are closed or left.
	Rules []string
}

// PlanProof is what the release is after a plan.
type PlanProof struct {
	After  *airflow.Model
	Report *check.Report // of After
	// Closed are the findings that are gone; Left those of the plan's rules that remain, with the reason.
	Closed []Fact
	Left   []plan.Left
	// Broken are the findings that the plan claims to close and that remain, New
	// those of any rule that were not there before.
	Broken, New []Fact
	// Unknown are the rules that had an answer before and have none now, because
	// what was not read begins to count: they neither hold nor break the proof.
	Unknown []string
	// Cuts are required and declared connections that passed before and do not any more.
	Cuts []Judged
}

// Fact is one finding with its rule.
type Fact struct {
	Rule string `json:"rule"`
	check.Finding
}

// Holds says whether the plan does what it claims, and no harm.
func (p *PlanProof) Holds() bool {
	return len(p.Broken)+len(p.New)+len(p.Cuts) == 0
}

// Plan replays a plan on a copy of the release and judges it again. Why says
// of a finding that remains why its steps are not in the plan; empty where it
// does not know. It fails where a step does not fit its object.
func Plan(before Before, p *plan.Plan, why func(Fact) string) (*PlanProof, error) {
	replayed, err := Replay(before.Model.Snapshot, p.Changes())
	if err != nil {
		return nil, err
	}
	out := &PlanProof{After: airflow.New(replayed, before.Needs...)}
	if out.Report, err = before.Judge(out.After); err != nil {
		return nil, err
	}
	out.compare(before, p, why)
	out.cuts(before)
	return out, nil
}

func (p *PlanProof) compare(before Before, planned *plan.Plan, why func(Fact) string) {
	was, is := facts(before.Report), facts(p.Report)
	p.Closed = without(was, is)
	p.New = without(is, was)
	for _, f := range is {
		if !slices.Contains(before.Rules, f.Rule) || f.Excepted {
			continue
		}
		if claims(planned, f.Fingerprint) && why(f) == "" {
			p.Broken = append(p.Broken, f)
			continue
		}
		p.Left = append(p.Left, plan.Left{Rule: f.Rule, Finding: f.Finding, Reason: reasonFor(f, planned, why)})
	}
	answered := map[string]bool{}
	for _, r := range before.Report.Results {
		answered[r.Rule] = r.Outcome != rule.Unknown && !r.Incomplete
	}
	for _, r := range p.Report.Results {
		if answered[r.Rule] && (r.Outcome == rule.Unknown || r.Incomplete) {
			p.Unknown = append(p.Unknown, r.Rule)
		}
	}
}

func claims(p *plan.Plan, fingerprint string) bool {
	return slices.ContainsFunc(p.Steps, func(s plan.Step) bool { return slices.Contains(s.Fingerprints, fingerprint) })
}

func reasonFor(f Fact, p *plan.Plan, why func(Fact) string) string {
	if reason := why(f); reason != "" {
		return reason
	}
	for _, left := range p.Left {
		if left.Finding.Fingerprint == f.Fingerprint && left.Reason != "" {
			return left.Reason
		}
	}
	for _, fix := range f.Fixes {
		return fix.Summary
	}
	return ""
}

// facts are the findings of a report, in its order.
func facts(r *check.Report) []Fact {
	var out []Fact
	for _, result := range r.Results {
		for _, f := range result.Findings {
			out = append(out, Fact{result.Rule, f})
		}
	}
	return out
}

func without(list, other []Fact) []Fact {
	known := map[string]bool{}
	for _, f := range other {
		known[f.Fingerprint] = true
	}
	return slices.DeleteFunc(slices.Clone(list), func(f Fact) bool { return known[f.Fingerprint] })
}

// cuts notes what the plan cuts off.
func (p *PlanProof) cuts(before Before) { p.Cuts = newCuts(before, p.After) }

// newCuts are needed connections that are cut in the second state alone.
func newCuts(before Before, after *airflow.Model) []Judged {
	var out []Judged
	was := Judge(netpol.Of(before.Model), before.Flows(before.Model)).Cuts
	for _, j := range Judge(netpol.Of(after), before.Flows(after)).Cuts {
		if j.Flow.Demand != airflow.Optional && !slices.ContainsFunc(was, func(known Judged) bool {
			return known.Flow.ID == j.Flow.ID && known.Flow.From.Name == j.Flow.From.Name && known.Flow.To.Name == j.Flow.To.Name
		}) {
			out = append(out, j)
		}
	}
	return out
}
