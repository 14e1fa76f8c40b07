package emit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Header says what a set of patches is for, how all that it adds is removed,
// and which objects of an older set it no longer holds. The objects carry the label.
func Header(m *airflow.Model, objects []snapshot.Ref, label harden.Label, stale []snapshot.Ref) []string {
	out := []string{"For the Airflow release " + about(m)}
	kinds := map[string][]string{}
	for _, o := range objects {
		if kind := strings.ToLower(o.Kind); !slices.Contains(kinds[o.Namespace], kind) {
			kinds[o.Namespace] = append(kinds[o.Namespace], kind)
		}
	}
	for _, namespace := range slices.Sorted(maps.Keys(kinds)) {
		out = append(out, fmt.Sprintf("Remove:  kubectl delete %s -n %s -l %s=%s",
			strings.Join(kinds[namespace], ","), namespace, label.Key, label.Value))
	}
	for _, old := range stale {
		out = append(out, fmt.Sprintf("No longer part of the set: kubectl delete %s -n %s %s", strings.ToLower(old.Kind), old.Namespace, old.Name))
	}
	return out
}

// about names a release with what is known of it.
func about(m *airflow.Model) string {
	out := m.Release + " in namespace " + m.Namespace
	var details []string
	if m.Chart.Name != "" {
		details = append(details, string(m.Dialect)+" chart "+m.Own.Version)
	}
	if m.Version != "" {
		details = append(details, "Airflow "+m.Version)
	}
	if len(m.Executors) > 0 {
		details = append(details, strings.Join(m.Executors, ", "))
	}
	if len(details) > 0 {
		out += " (" + strings.Join(details, "; ") + ")"
	}
	return out
}

// Reasons are one line for each kind of flow that a policy lets through.
func Reasons(p harden.PlannedPolicy) []string {
	if p.Component == "" {
		return []string{"Denies everything that no other policy lets through, for pods of later revisions, too."}
	}
	var out []string
	for _, f := range p.Flows {
		line := fmt.Sprintf("%s → %s%s: %s", f.From.Name, f.To.Name, airflow.PortList(f.Ports), f.Why)
		if !slices.Contains(out, line) {
			out = append(out, line)
		}
	}
	slices.Sort(out)
	return out
}
