package render

import (
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// stepLine is one change of a plan. Its value is in the object that is applied.
type stepLine struct {
	Target    snapshot.Ref `json:"target"`
	Component string       `json:"component,omitempty"`
	Container string       `json:"container,omitempty"`
	Op        change.Op    `json:"op"`
	Path      string       `json:"path"`
	Value     any          `json:"value,omitempty"`
	Rules     []string     `json:"rules"`
	ValuesKey string       `json:"valuesKey,omitempty"`
	Fate      fateLine     `json:"fate"`
	// Dropped says why the form that was asked for does not hold the step.
	Dropped string `json:"dropped,omitempty"`
}

type fateLine struct {
	Owners    []string     `json:"owners,omitempty"`
	SetByHelm bool         `json:"setByHelm"`
	ByMerge   plan.Outcome `json:"byMerge"`
	ByApply   plan.Outcome `json:"byServerSideApply"`
	Release   plan.Outcome `json:"thisRelease,omitempty"`
	Reason    string       `json:"reason,omitempty"`
}

type leftLine struct {
	Rule      string       `json:"rule"`
	Target    snapshot.Ref `json:"target"`
	Component string       `json:"component,omitempty"`
	Container string       `json:"container,omitempty"`
	Path      string       `json:"path,omitempty"`
	Message   string       `json:"message"`
	Reason    string       `json:"reason"`
}

type findingsDocument struct {
	// Closed counts the findings that are gone after the plan, of any rule.
	Closed  int        `json:"closed"`
	Left    int        `json:"left"`
	Broken  []leftLine `json:"claimedAndOpen"`
	New     []leftLine `json:"new"`
	Unknown []string   `json:"unknownSince"`
	Cut     []flowLine `json:"cut"`
}

func stepLines(set *PatchSet) []stepLine {
	out := []stepLine{}
	for _, s := range set.Plan.Steps {
		out = append(out, stepOf(s, ""))
	}
	for _, d := range set.Dropped {
		out = append(out, stepOf(d.Step, d.Why))
	}
	return out
}

func stepOf(s plan.Step, dropped string) stepLine {
	f := s.Fate
	line := stepLine{
		Target: s.Target, Component: s.Component, Container: s.Container, Op: s.Op, Path: s.Path, Rules: slices.Clone(s.Rules),
		ValuesKey: s.ValuesKey, Dropped: dropped,
		Fate: fateLine{Owners: f.Owners, SetByHelm: f.SetByHelm, ByMerge: f.ByMerge, ByApply: f.ByApply, Release: f.Release, Reason: f.Reason},
	}
	if s.Op == change.Set {
		line.Value = s.Value
	}
	return line
}

func leftLines(list []plan.Left) []leftLine {
	out := []leftLine{}
	for _, l := range list {
		line := factLine(verify.Fact{Rule: l.Rule, Finding: l.Finding})
		line.Reason = l.Reason
		out = append(out, line)
	}
	return out
}

func factLine(f verify.Fact) leftLine {
	t := f.Target
	return leftLine{
		Rule: f.Rule, Target: snapshot.Ref{APIVersion: t.APIVersion, Kind: t.Kind, Namespace: t.Namespace, Name: t.Name},
		Component: t.Component, Container: f.Container, Path: f.Path, Message: f.Message,
	}
}

func factLines(list []verify.Fact) []leftLine {
	out := []leftLine{}
	for _, f := range list {
		out = append(out, factLine(f))
	}
	return out
}

func findingsOf(p *verify.PlanProof) findingsDocument {
	return findingsDocument{
		Closed: len(p.Closed), Left: len(p.Left), Broken: factLines(p.Broken), New: factLines(p.New),
		Unknown: append([]string{}, p.Unknown...), Cut: judgedLines(p.Cuts),
	}
}
