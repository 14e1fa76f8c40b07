package diff

import (
	"fmt"
	"slices"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// revisionOf is a report with findings, written as fingerprint and severity.
func revisionOf(number int, findings ...string) *check.Report {
	r := &check.Report{Profile: "restricted", Release: check.Release{Name: "af", Namespace: "air", Revision: number}}
	result := check.Result{Rule: "AS101", Slug: "not-privileged", Outcome: rule.Failed}
	for _, text := range findings {
		var f check.Finding
		var severity string
		_, _ = fmt.Sscan(text, &f.Fingerprint, &severity)
		f.Severity = rule.Severity(severity)
		if severity == "excepted" {
			f.Severity, f.Excepted = rule.Critical, true
		}
		result.Findings = append(result.Findings, f)
	}
	r.Results = []check.Result{result}
	return r
}

func fingerprints(list []Finding) []string {
	out := []string{}
	for _, f := range list {
		out = append(out, f.Fingerprint)
	}
	return out
}

func TestOfRevisions(t *testing.T) {
	for _, c := range []struct {
		name                   string
		from, to               []string
		brought, removed, kept []string
		worst                  rule.Severity
	}{
		{"nothing", nil, nil, nil, nil, nil, ""},
		{"the same", []string{"a high"}, []string{"a high"}, nil, nil, []string{"a"}, ""},
		{"one brought, one removed", []string{"a high", "b low"}, []string{"b low", "c critical"}, []string{"c"}, []string{"a"}, []string{"b"}, rule.Critical},
		{"the same place twice", []string{"a low"}, []string{"a low", "a high"}, []string{"a"}, nil, []string{"a"}, rule.High},
		{"worse than before", []string{"a low"}, []string{"a high"}, nil, nil, []string{"a"}, rule.High},
		{"better than before", []string{"a high"}, []string{"a low"}, nil, nil, []string{"a"}, ""},
		{"an exception covers it", nil, []string{"a excepted"}, nil, nil, nil, ""},
		{"an exception does not any more", []string{"a excepted"}, []string{"a high"}, []string{"a"}, nil, nil, rule.High},
	} {
		from, to := revisionOf(1, c.from...), revisionOf(2, c.to...)
		r := OfRevisions(from, to, "superseded", "deployed")
		if !slices.Equal(fingerprints(r.Brought), c.brought) || !slices.Equal(fingerprints(r.Removed), c.removed) || !slices.Equal(fingerprints(r.Kept), c.kept) || r.Worst() != c.worst {
			t.Errorf("%s: brought %v, removed %v, kept %v, worst %q", c.name, fingerprints(r.Brought), fingerprints(r.Removed), fingerprints(r.Kept), r.Worst())
		}
		back := OfRevisions(to, from, "deployed", "superseded")
		if !slices.Equal(fingerprints(back.Brought), fingerprints(r.Removed)) || !slices.Equal(fingerprints(back.Removed), fingerprints(r.Brought)) {
			t.Errorf("%s: the way back brings %v and removes %v", c.name, fingerprints(back.Brought), fingerprints(back.Removed))
		}
		if r.From.Revision != 1 || r.To.Revision != 2 || r.From.Status != "superseded" {
			t.Errorf("%s: sides %+v %+v", c.name, r.From, r.To)
		}
	}
}

func TestRulesWithoutAnAnswerAreNamed(t *testing.T) {
	from, to := revisionOf(1), revisionOf(2)
	for _, r := range []*check.Report{from, to} {
		r.Results = append(r.Results, check.Result{Rule: "AS401", Outcome: rule.Unknown, Incomplete: true, Reason: "no Secrets"})
	}
	if got := OfRevisions(from, to, "", "").Unread; !slices.Equal(got, []string{"AS401: no Secrets"}) {
		t.Errorf("got %v", got)
	}
}
