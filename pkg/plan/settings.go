package plan

import (
	"cmp"
	"reflect"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// Setting is a key of the chart's values, with the one value that closes findings.
type Setting struct {
	Key   string
	Value any
	Rules []string // sorted
}

// Settings are the keys that close findings by themselves, without any change
// that a rule could name in an object: Airflow's own options. They are sorted
// by key; findings that an exception covers ask for none.
func Settings(report *check.Report, except []string) []Setting {
	var out []Setting
	for _, result := range report.Results {
		if slices.Contains(except, result.Rule) {
			continue
		}
		for _, f := range result.Findings {
			if fix, found := settled(f); found && !f.Excepted {
				out = addSetting(out, Setting{fix.ValuesKey, fix.Value, []string{result.Rule}})
			}
		}
	}
	slices.SortFunc(out, func(a, b Setting) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

func settled(f check.Finding) (check.Fix, bool) {
	i := slices.IndexFunc(f.Fixes, func(fix check.Fix) bool { return fix.Kind == rule.Values })
	if i < 0 || f.Fixes[i].Value == nil || len(f.Changes) > 0 {
		return check.Fix{}, false
	}
	return f.Fixes[i], true
}

// addSetting notes a rule at a key that is wanted already; of two values the first stays.
func addSetting(list []Setting, s Setting) []Setting {
	i := slices.IndexFunc(list, func(o Setting) bool { return o.Key == s.Key })
	if i < 0 {
		return append(list, s)
	}
	if reflect.DeepEqual(list[i].Value, s.Value) {
		list[i].Rules = with(list[i].Rules, s.Rules[0])
	}
	return list
}
