package render

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// group is the findings of one component, the worst first.
type group struct {
	component string
	rows      []row
}

// row is one line of a report for people: findings that differ only in their container.
type row struct {
	rule       string
	severity   rule.Severity
	target     check.Target
	containers []string
	places     int
	message    string
	alike      string // the message without the container's name: what rows that fold have in common
	fixes      []string
}

// groups folds the findings that no exception covers. The component with the
// worst finding comes first; equal ones in the order check gives findings.
func groups(r *check.Report) []group {
	var out []group
	for _, result := range r.Results {
		for _, f := range result.Findings {
			if !f.Excepted {
				out = fold(out, result.Rule, f)
			}
		}
	}
	for _, g := range out {
		slices.SortStableFunc(g.rows, func(a, b row) int { return b.severity.Rank() - a.severity.Rank() })
	}
	slices.SortStableFunc(out, func(a, b group) int {
		return cmp.Or(b.rows[0].severity.Rank()-a.rows[0].severity.Rank(), place(a.component)-place(b.component))
	})
	return out
}

// place is a component's place in a report; findings of none come last.
func place(component string) int {
	if i := slices.Index(airflow.Components, airflow.Component(component)); i >= 0 {
		return i
	}
	return len(airflow.Components)
}

func fold(out []group, id string, f check.Finding) []group {
	at := slices.IndexFunc(out, func(g group) bool { return g.component == f.Target.Component })
	if at < 0 {
		at, out = len(out), append(out, group{component: f.Target.Component})
	}
	g, next := &out[at], newRow(id, f)
	for i := range g.rows {
		if g.rows[i].take(next) {
			return out
		}
	}
	g.rows = append(g.rows, next)
	return out
}

func newRow(id string, f check.Finding) row {
	r := row{rule: id, severity: f.Severity, target: f.Target, places: 1, message: f.Message, alike: f.Message}
	if f.Container != "" {
		r.containers = []string{f.Container}
		r.message = strings.TrimPrefix(f.Message, "container "+f.Container+" ")
		r.alike = strings.ReplaceAll(r.message, "container "+f.Container, "each container")
	}
	if fix := fixText(f.Fixes); fix != "" {
		r.fixes = []string{fix}
	}
	return r
}

// take folds another row into this one where both say the same of one object.
func (r *row) take(o row) bool {
	if r.rule != o.rule || r.severity != o.severity || r.target != o.target || r.alike != o.alike {
		return false
	}
	if r.message != o.message {
		r.message = r.alike
	}
	r.places += o.places
	r.containers = union(r.containers, o.containers)
	r.fixes = union(r.fixes, o.fixes)
	return true
}

func union(list, more []string) []string {
	for _, entry := range more {
		if !slices.Contains(list, entry) {
			list = append(list, entry)
		}
	}
	return list
}

// object names the object and its containers.
func (r *row) object() string {
	name := objectName(r.target)
	switch {
	case len(r.containers) > 1:
		return fmt.Sprintf("%s, %d containers", name, len(r.containers))
	case r.places > 1:
		return fmt.Sprintf("%s, %d places", name, r.places)
	case len(r.containers) == 1:
		return name + ", " + r.containers[0]
	}
	return name
}

// fix is what closes the row: the first two fixes, and how many more.
func (r *row) fix() string {
	const shown = 2
	text := strings.ReplaceAll(strings.Join(r.fixes[:min(shown, len(r.fixes))], "; "), "; values: ", ", ")
	if more := len(r.fixes) - shown; more > 0 {
		text += fmt.Sprintf("; %d more with -o wide", more)
	}
	return text
}

// objectName is "kind/name", as kubectl prints it.
func objectName(t check.Target) string { return strings.ToLower(t.Kind) + "/" + t.Name }

// fixText is the fix to try first: a values key, because a patch is lost with
// the next helm upgrade; then a patch; then words.
func fixText(fixes []check.Fix) string {
	best := firstFix(fixes)
	if best == nil {
		return ""
	}
	if best.Kind == rule.Values && best.ValuesKey != "" {
		return "values: " + best.ValuesKey
	}
	return string(best.Kind) + ": " + best.Summary
}

func firstFix(fixes []check.Fix) *check.Fix {
	for _, wanted := range []func(check.Fix) bool{
		func(f check.Fix) bool { return f.Kind == rule.Values && f.ValuesKey != "" },
		func(f check.Fix) bool { return f.Kind == rule.Patch },
		func(check.Fix) bool { return true },
	} {
		if i := slices.IndexFunc(fixes, wanted); i >= 0 {
			return &fixes[i]
		}
	}
	return nil
}
