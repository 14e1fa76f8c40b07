package check

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/pattern"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func newFinding(rl *rule.Rule, f rule.Finding, severity rule.Severity) Finding {
	out := Finding{
		Target: Target{
			APIVersion: f.Target.APIVersion, Kind: f.Target.Kind, Namespace: f.Target.Namespace,
			Name: f.Target.Name, Component: f.Component,
		},
		Container: f.Container, Path: f.Path, Message: snapshot.Redact(f.Message), Severity: severity,
		Fingerprint: fingerprint(rl.ID, f), File: f.File, Line: f.Line, Fixes: []Fix{},
		Changes: f.Changes, Unpatchable: f.Unpatchable,
	}
	for _, fix := range f.Fixes {
		out.Fixes = append(out.Fixes, Fix{Kind: fix.Kind, Summary: snapshot.Redact(fix.Summary), ValuesKey: fix.ValuesKey, Value: fix.Value, Writes: fix.Writes()})
		if fix.Kind == rule.Patch && len(out.Changes) == 0 {
			out.Changes = fix.Changes
		}
	}
	return out
}

var containerIndex = pattern.New(`/(containers|initContainers|ephemeralContainers)/\d+`)

// fingerprint names a finding for as long as it is the same finding: rule,
// object, container by name, field and aspect, but neither message, revision nor the
// container's place in its list.
func fingerprint(id string, f rule.Finding) string {
	path := containerIndex.ReplaceAllString(f.Path, "/$1")
	parts := []string{id, f.Target.Group(), f.Target.Kind, f.Target.Namespace, f.Target.Name, f.Container, path}
	if f.Aspect != "" {
		parts = append(parts, f.Aspect)
	}
	key := strings.Join(parts, "\x00")
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:10])
}

func sortFindings(list []Finding) {
	slices.SortStableFunc(list, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(componentOrder(a.Target.Component), componentOrder(b.Target.Component)),
			cmp.Compare(a.Target.Kind, b.Target.Kind),
			cmp.Compare(a.Target.Namespace, b.Target.Namespace),
			cmp.Compare(a.Target.Name, b.Target.Name),
			cmp.Compare(a.Container, b.Container),
			cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.Message, b.Message),
		)
	})
}

// componentOrder is a component's place in reports; unknown ones come last.
func componentOrder(name string) int {
	i := slices.Index(airflow.Components, airflow.Component(name))
	if i < 0 {
		return len(airflow.Components)
	}
	return i
}
