package verify

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Release is what values are tried on.
type Release struct {
	Model *airflow.Model
	// Flows are those that a model of this release needs.
	Flows func(*airflow.Model) []airflow.Flow
	// Render is the release as its chart would make it with an overlay over its values.
	Render func(overlay map[string]any) (*airflow.Model, error)
	// Subcharts says that Render renders those, too.
	Subcharts bool
}

// ValuesProof is what became of the toggles of a chart.
type ValuesProof struct {
	// Changes are those that passed, with the keys that let the needed flows through.
	Changes []harden.ValuesChange
	// Refused would cut a needed flow, or do not render.
	Refused []RefusedToggle
	// On are on already, and Untried are of subcharts that are not at hand.
	On, Untried []harden.Toggle
	// Cuts are the needed flows that do not pass in the end, with or without the changes.
	Cuts []Cut
	// Closed are the optional flows that the changes close; Shut those that are closed without them.
	Closed, Shut []Cut
	// Unclear are the flows that nobody can tell of, in the end.
	Unclear []Judged
	// OnlySubcharts says that the chart's own components have no toggle.
	OnlySubcharts bool
	// Flows are the needed and optional flows in the end; Kept of them pass.
	Flows, Kept int
}

// Empty says that the chart has no toggle that could be tried.
func (p *ValuesProof) Empty() bool { return len(p.Changes)+len(p.Refused)+len(p.On) == 0 }

// Holds says that nothing was refused and no needed flow is cut.
func (p *ValuesProof) Holds() bool { return len(p.Refused) == 0 && len(p.Cuts) == 0 }

// RefusedToggle stays as it is: for the flows it would cut, or else for the reason.
type RefusedToggle struct {
	harden.Toggle
	Cuts   []Cut
	Reason string
}

// Cut is a flow that does not pass.
type Cut struct {
	Judged
	// Policies are the names of those that hold it up.
	Policies []string
}

// Values tries one toggle after the other, each on top of those that passed.
func Values(r Release, toggles []harden.Toggle) *ValuesProof {
	t := &trial{Release: r, now: r.Model, cuts: cutsOf(r, r.Model)}
	before := t.cuts
	t.proof.OnlySubcharts = !slices.ContainsFunc(toggles, func(g harden.Toggle) bool { return !g.Subchart })
	for _, toggle := range toggles {
		t.try(toggle)
	}
	for _, cut := range t.cuts {
		switch {
		case cut.Flow.Demand != airflow.Optional:
			t.proof.Cuts = append(t.proof.Cuts, cut)
		case among(before, cut):
			t.proof.Shut = append(t.proof.Shut, cut)
		default:
			t.proof.Closed = append(t.proof.Closed, cut)
		}
	}
	end := Judge(netpol.Of(t.now), r.Flows(t.now))
	t.proof.Flows, t.proof.Kept, t.proof.Unclear = end.Flows, end.Kept, end.Unclear
	return &t.proof
}

// trial is the release with the changes that passed so far.
type trial struct {
	Release
	now   *airflow.Model
	cuts  []Cut
	proof ValuesProof
}

func (t *trial) try(toggle harden.Toggle) {
	if toggle.Subchart && !t.Subcharts {
		t.proof.Untried = append(t.proof.Untried, toggle)
		return
	}
	changes, next, err := t.turnOn(toggle)
	if errors.Is(err, errNoToggle) {
		return
	}
	if err != nil {
		t.proof.Refused = append(t.proof.Refused, RefusedToggle{Toggle: toggle, Reason: err.Error()})
		return
	}
	cuts := cutsOf(t.Release, next)
	added := slices.DeleteFunc(slices.Clone(cuts), func(c Cut) bool {
		return c.Flow.Demand == airflow.Optional || among(t.cuts, c)
	})
	switch {
	case len(added) > 0:
		t.proof.Refused = append(t.proof.Refused, RefusedToggle{Toggle: toggle, Cuts: added})
	case len(changes) == 0:
		t.proof.On = append(t.proof.On, toggle)
	default:
		t.proof.Changes, t.now, t.cuts = append(t.proof.Changes, changes...), next, cuts
	}
}

// errNoToggle says that a key changes no policy, on or off.
var errNoToggle = errors.New("no toggle")

// turnOn renders with a toggle, and then with what lets the flows through that it cuts.
func (t *trial) turnOn(toggle harden.Toggle) ([]harden.ValuesChange, *airflow.Model, error) {
	changes := toggle.Changes
	next, err := t.render(changes)
	if err != nil {
		return nil, nil, err
	}
	if samePolicies(next, t.now) {
		off, err := t.render([]harden.ValuesChange{toggle.Off()})
		if err != nil || samePolicies(off, t.now) {
			return nil, nil, cmp.Or(err, errNoToggle)
		}
		changes, next = nil, t.now // on already: the smallest overlay leaves it out
	}
	const rounds = 3 // peers, then ports, and one to spare
	for range rounds {
		var cut []airflow.Flow
		for _, c := range cutsOf(t.Release, next) {
			if c.Flow.Demand != airflow.Optional {
				cut = append(cut, c.Flow)
			}
		}
		more := harden.Admit(next, cut)
		if len(more) == 0 {
			break
		}
		wider, err := t.render(slices.Concat(changes, more))
		if err != nil {
			return nil, nil, err
		}
		if samePolicies(wider, next) {
			break
		}
		changes, next = slices.Concat(changes, more), wider
	}
	return changes, next, nil
}

func (t *trial) render(changes []harden.ValuesChange) (*airflow.Model, error) {
	return t.Render(harden.Overlay(slices.Concat(t.proof.Changes, changes)))
}

// cutsOf are the flows that a release's policies cut, as Judge orders them.
func cutsOf(r Release, m *airflow.Model) []Cut {
	n := netpol.Of(m)
	var out []Cut
	for _, j := range Judge(n, r.Flows(m)).Cuts {
		cut := Cut{Judged: j}
		for _, loss := range j.Verdict.Losses {
			for _, i := range loss.Policies {
				if name := n.Policies[i].Ref.Name; !slices.Contains(cut.Policies, name) {
					cut.Policies = append(cut.Policies, name)
				}
			}
		}
		out = append(out, cut)
	}
	return out
}

// among says whether a flow of one model stands in a list of another's.
func among(list []Cut, c Cut) bool {
	return slices.ContainsFunc(list, func(other Cut) bool { return flowName(other.Flow) == flowName(c.Flow) })
}

func flowName(f airflow.Flow) string {
	parts := []string{f.ID, f.From.Name, f.To.Name, fmt.Sprint(f.Ports)}
	for _, end := range []airflow.End{f.From, f.To} {
		if end.Workload != nil {
			parts = append(parts, end.Workload.Ref.String())
		}
	}
	return strings.Join(parts, " ")
}

// samePolicies compares what two renders of a release let pass.
func samePolicies(a, b *airflow.Model) bool { return slices.Equal(policyTexts(a), policyTexts(b)) }

func policyTexts(m *airflow.Model) []string {
	var out []string
	for _, o := range m.Snapshot.OfKind(snapshot.NetworkPolicy) {
		spec, _ := json.Marshal(o.At("spec")) // decoded JSON encodes again
		out = append(out, o.Namespace+"/"+o.Name+" "+string(spec))
	}
	slices.Sort(out)
	return out
}
