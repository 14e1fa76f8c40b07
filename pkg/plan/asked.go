package plan

import (
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// Asked is one change that one rule asks for.
type Asked struct {
	change.Change
	Rule string // AS103
	// Component and Container are the part of Airflow that it is about; empty where none fits.
	Component, Container string
	// Unpatchable says why no patch of the live object makes it; empty where one does.
	Unpatchable string
	// ValuesKey is the values path of the chart that reaches the field; empty where none does.
	ValuesKey string
	// Fingerprint is that of the finding it closes; empty where it closes none by itself.
	Fingerprint string
}

// Left is a finding that no change closes.
type Left struct {
	Rule    string
	Finding check.Finding
	// Reason says why, and what to do instead.
	Reason string
}

// Wanted are the changes that the findings of some rules ask for, and the
// findings that ask for none. Findings that an exception covers ask for nothing.
func Wanted(report *check.Report, rules []string) (asked []Asked, left []Left) {
	for _, result := range report.Results {
		if !slices.Contains(rules, result.Rule) {
			continue
		}
		for _, f := range result.Findings {
			if f.Excepted {
				continue
			}
			if len(f.Changes) == 0 {
				left = append(left, Left{Rule: result.Rule, Finding: f, Reason: inWords(f)})
			}
			for _, c := range f.Changes {
				asked = append(asked, Asked{
					Change: c, Rule: result.Rule, Component: f.Target.Component, Container: f.Container,
					Unpatchable: f.Unpatchable, ValuesKey: valuesKey(f), Fingerprint: f.Fingerprint,
				})
			}
		}
	}
	return asked, left
}

func valuesKey(f check.Finding) string {
	for _, fix := range f.Fixes {
		if fix.Kind == rule.Values {
			return fix.ValuesKey
		}
	}
	return ""
}

// inWords is what the finding's fixes tell a person to do.
func inWords(f check.Finding) string {
	for _, fix := range f.Fixes {
		if fix.ValuesKey != "" {
			return fix.Summary + " (" + fix.ValuesKey + ")"
		}
	}
	for _, fix := range f.Fixes {
		return fix.Summary
	}
	return ""
}
