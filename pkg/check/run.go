package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// ErrNothing says that there was nothing to judge: never a pass.
var ErrNothing = errors.New("nothing to evaluate")

// Run judges a model by the rules of a profile. It fails with ErrNothing where
// the model holds no workload, and where an object's pods are no pods: leaving
// that object out would look like a pass.
func Run(model *airflow.Model, rules []*rule.Rule, with *profile.Profile) (*Report, error) {
	if len(model.Malformed) > 0 {
		return nil, malformed(model.Malformed[0])
	}
	if len(model.Workloads) == 0 {
		return nil, noWorkload(model.Snapshot)
	}
	exceptions := newExceptions(with, model.Snapshot.TakenAt)
	shared := rule.NewShared(model, with.Level, with.Parameters)
	r := newReport(model, with, shared)
	for _, rl := range rules {
		if with.Has(rl) {
			r.Results = append(r.Results, judge(model, rl, with, shared.Pass(), exceptions))
		}
	}
	slices.SortStableFunc(r.Results, func(a, b Result) int { return strings.Compare(a.Rule, b.Rule) })
	r.Exceptions = exceptions.states()
	r.summarise()
	return r, nil
}

// noWorkload tells a source without workloads from one whose workloads were not read.
func noWorkload(s *snapshot.Snapshot) error {
	unread, _ := gaps(s, snapshot.Workloads)
	if len(unread) > 0 {
		return fmt.Errorf("%w: no workload of an Airflow release was read (%s)", ErrNothing, strings.Join(unread, "; "))
	}
	return fmt.Errorf("%w: the source holds no workload of an Airflow release", ErrNothing)
}

func malformed(o *snapshot.Object) error {
	where := ""
	if o.File != "" {
		where = fmt.Sprintf("%s:%d: ", o.File, o.Line)
	}
	return fmt.Errorf("%s%s in namespace %s: its pod does not fit Kubernetes' API (check the types of the fields of the pod's spec)", where, o.Ref, o.Namespace)
}

func newReport(model *airflow.Model, with *profile.Profile, shared *rule.Shared) *Report {
	id := model.Identity
	r := &Report{
		APIVersion: APIVersion, Kind: "Report", Profile: with.Name,
		Release: Release{
			Name: id.Release, Namespace: id.Namespace, Revision: model.Snapshot.Release.Revision,
			Chart:          chartOf(model),
			AirflowVersion: id.Version, Executor: strings.Join(id.Executors, ","),
		},
		Coverage: slices.Clone(model.Snapshot.Coverage),
		Results:  []Result{},
	}
	known := shared.Advisories()
	r.Advisories = &Advisories{Read: known.Read, Newest: known.Newest, Given: known.Given, GivenNewest: known.GivenNewest}
	ends := shared.EndOfLife()
	r.EndOfLife = &EndOfLife{Read: ends.Read, Given: ends.Given, GivenNewest: ends.GivenNewest}
	r.Evaluated.Objects = len(model.Snapshot.Objects)
	r.Evaluated.Workloads = len(model.Workloads)
	for _, w := range model.Workloads {
		r.Evaluated.Containers += len(w.Containers())
		if w.Origin == snapshot.Hook && !model.Snapshot.Offline() {
			r.Evaluated.Objects++
		}
	}
	return r
}

func chartOf(model *airflow.Model) Chart {
	id := model.Identity
	out := Chart{Name: id.Chart.Name, Version: id.Chart.Version, Dialect: string(id.Dialect)}
	if id.Own.Name != "" && (id.Own.Name != id.Chart.Name || id.Own.Version != id.Chart.Version) {
		out.Brings = &Brought{Name: id.Own.Name, Version: id.Own.Version}
	}
	return out
}

func judge(model *airflow.Model, rl *rule.Rule, with *profile.Profile, pass *rule.Pass, exceptions *exceptions) Result {
	rl.Check(pass)
	result := Result{Rule: rl.ID, Slug: rl.Slug, Title: rl.Title, Severity: rl.Severity, Findings: []Finding{}, Doc: rl}
	if s, set := with.Severity[rl.ID]; set {
		result.Severity = s
	}
	for _, f := range pass.Findings {
		out := newFinding(rl, f, with.SeverityOf(rl, f))
		out.Excepted = exceptions.cover(rl.ID, f)
		if out.Severity.Rank() > result.Severity.Rank() {
			result.Severity = out.Severity
		}
		result.Findings = append(result.Findings, out)
	}
	sortFindings(result.Findings)
	result.decide(model.Snapshot, rl, pass)
	return result
}

// decide turns what a pass saw into an outcome. Unread is never passed.
func (r *Result) decide(s *snapshot.Snapshot, rl *rule.Rule, pass *rule.Pass) {
	unread, absent := gaps(s, rl.Needs)
	reasons := append(unread, pass.Unknowns...)
	r.Reason, r.Incomplete = joined(append(reasons, pass.Notes...)...), len(reasons) > 0
	switch {
	case len(r.Findings) > 0 && !slices.ContainsFunc(r.Findings, func(f Finding) bool { return !f.Excepted }):
		r.Outcome, r.Reason = rule.Excepted, joined("all findings are covered by exceptions", r.Reason)
	case len(r.Findings) > 0:
		r.Outcome = rule.Failed
	case len(reasons) > 0:
		r.Outcome = rule.Unknown
	case len(absent) > 0:
		r.Outcome, r.Reason = rule.NotApplicable, "only a cluster can tell: "+strings.Join(absent, ", ")+" not in this source"
	case pass.Subjects == 0:
		r.Outcome, r.Reason = rule.NotApplicable, "the release holds nothing this rule is about"
	default:
		r.Outcome = rule.Passed
	}
}

// gaps are the needed kinds that were not read: with a reason where they
// should have been, and by name where an offline source can never hold them.
func gaps(s *snapshot.Snapshot, needs []snapshot.Kind) (unread, absent []string) {
	for _, kind := range needs {
		c := s.CoverageOf(kind)
		switch {
		case c.State == snapshot.Read:
		case kind == snapshot.Pod && s.Offline(): // manifests hold what makes pods, which is what is judged there
		case c.State == snapshot.NotCollected && s.Offline():
			absent = append(absent, string(kind))
		case c.State == snapshot.Unserved:
		default:
			unread = append(unread, strings.TrimSuffix(fmt.Sprintf("%s %s: %s", kind, words[c.State], c.Reason), ": "))
		}
	}
	return unread, absent
}

var words = map[snapshot.State]string{
	snapshot.Forbidden:    "could not be read (forbidden)",
	snapshot.NotCollected: "was not read",
}

func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "; ")
}

func (r *Report) summarise() {
	for _, result := range r.Results {
		switch result.Outcome {
		case rule.Failed:
			r.Summary.Failed++
		case rule.Passed:
			r.Summary.Passed++
		case rule.Unknown:
			r.Summary.Unknown++
		case rule.NotApplicable:
			r.Summary.NotApplicable++
		case rule.Excepted:
			r.Summary.Excepted++
		}
		for _, f := range result.Findings {
			if !f.Excepted {
				r.Summary.BySeverity.add(f.Severity)
			}
		}
	}
}

func (b *BySeverity) add(s rule.Severity) {
	switch s {
	case rule.Critical:
		b.Critical++
	case rule.High:
		b.High++
	case rule.Medium:
		b.Medium++
	case rule.Low:
		b.Low++
	}
}
