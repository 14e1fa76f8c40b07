package diff

import (
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// Revisions is how two revisions of a release differ in what rules find.
type Revisions struct {
	APIVersion string  `json:"apiVersion"`
	Kind       string  `json:"kind"` // always "RevisionDiff"
	Release    Release `json:"release"`
	Profile    string  `json:"profile"`
	From       Side    `json:"from"`
	To         Side    `json:"to"`
	// Brought are findings of To alone, Removed those of From alone, Kept those of both; in a report's order.
	Brought []Finding `json:"brought"`
	Removed []Finding `json:"removed"`
	Kept    []Finding `json:"kept"`
	// Unread are the rules that have no answer for one of the revisions, with the reason.
	Unread []string `json:"unread"`
}

// Side is one revision.
type Side struct {
	Revision     int              `json:"revision"`
	Status       string           `json:"status,omitempty"` // Helm's word
	ChartVersion string           `json:"chartVersion,omitempty"`
	Airflow      string           `json:"airflowVersion,omitempty"`
	BySeverity   check.BySeverity `json:"bySeverity"`
}

// Finding is a finding of one revision or of both.
type Finding struct {
	Rule string `json:"rule"`
	Slug string `json:"slug"`
	check.Finding
	// Was is the severity that From gives it, where To gives another.
	Was rule.Severity `json:"was,omitempty"`
}

// OfRevisions compares the reports of two revisions, made by the same rules and
// profile. Findings that an exception covers do not count.
func OfRevisions(from, to *check.Report, fromStatus, toStatus string) *Revisions {
	r := &Revisions{
		APIVersion: APIVersion, Kind: "RevisionDiff", Profile: to.Profile,
		Release: Release{Name: to.Release.Name, Namespace: to.Release.Namespace},
		From:    sideOf(from, fromStatus), To: sideOf(to, toStatus),
		Brought: []Finding{}, Removed: []Finding{}, Kept: []Finding{}, Unread: []string{},
	}
	before, after := counting(from), counting(to)
	old := index(before)
	for _, f := range after {
		was, found := old.take(f.Fingerprint)
		if !found {
			r.Brought = append(r.Brought, f)
			continue
		}
		if was.Severity != f.Severity {
			f.Was = was.Severity
		}
		r.Kept = append(r.Kept, f)
	}
	for _, f := range before {
		if _, left := old.take(f.Fingerprint); left {
			r.Removed = append(r.Removed, f)
		}
	}
	r.Unread = unanswered(from, to)
	return r
}

func sideOf(r *check.Report, status string) Side {
	return Side{
		Revision: r.Release.Revision, Status: status, ChartVersion: r.Release.Chart.Version,
		Airflow: r.Release.AirflowVersion, BySeverity: r.Summary.BySeverity,
	}
}

// counting are the findings of a report that no exception covers, in its order.
func counting(r *check.Report) []Finding {
	var out []Finding
	for _, result := range r.Results {
		for _, f := range result.Findings {
			if !f.Excepted {
				out = append(out, Finding{Rule: result.Rule, Slug: result.Slug, Finding: f})
			}
		}
	}
	return out
}

// byFingerprint are findings that are not matched yet. A field can have two findings of one rule.
type byFingerprint map[string][]Finding

func index(list []Finding) byFingerprint {
	out := byFingerprint{}
	for _, f := range list {
		out[f.Fingerprint] = append(out[f.Fingerprint], f)
	}
	return out
}

func (b byFingerprint) take(fingerprint string) (Finding, bool) {
	list := b[fingerprint]
	if len(list) == 0 {
		return Finding{}, false
	}
	b[fingerprint] = list[1:]
	return list[0], true
}

// Worst is the highest severity of what To brought or made worse; empty where it did neither.
func (r *Revisions) Worst() rule.Severity {
	var worst rule.Severity
	consider := func(f Finding) {
		if f.Severity.Rank() > worst.Rank() {
			worst = f.Severity
		}
	}
	for _, f := range r.Brought {
		consider(f)
	}
	for _, f := range r.Kept {
		if f.Was != "" && f.Severity.Rank() > f.Was.Rank() {
			consider(f)
		}
	}
	return worst
}

func unanswered(reports ...*check.Report) []string {
	var out []string
	for _, r := range reports {
		for _, result := range r.Results {
			if result.Incomplete {
				out = append(out, result.Rule+": "+result.Reason)
			}
		}
	}
	slices.Sort(out)
	return append([]string{}, slices.Compact(out)...)
}
