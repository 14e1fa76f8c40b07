package emit

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Patches writes a plan's policies as a stream for kubectl apply, with the
// commands that apply and remove it, and above each policy why it has each of
// its rules. Stale are policies of an older set that this one does not hold.
func Patches(w io.Writer, m *airflow.Model, plan harden.NetworkPlan, label harden.Label, stale []snapshot.Ref) error {
	var objects []Object
	for _, p := range plan.Policies {
		objects = append(objects, Object{Value: p.NetworkPolicy, Comments: reasons(p)})
	}
	return Apply(w, header(m, plan, label, stale), objects)
}

func header(m *airflow.Model, plan harden.NetworkPlan, label harden.Label, stale []snapshot.Ref) []string {
	out := []string{
		"NetworkPolicies for the Airflow release " + about(m),
		"Apply:   kubectl apply --server-side --field-manager=airflowsec -f FILE",
	}
	for _, namespace := range namespaces(plan) {
		out = append(out, fmt.Sprintf("Remove:  kubectl delete networkpolicy -n %s -l %s=%s", namespace, label.Key, label.Value))
	}
	for _, old := range stale {
		out = append(out, fmt.Sprintf("No longer part of the set: kubectl delete networkpolicy -n %s %s", old.Namespace, old.Name))
	}
	return out
}

// about names a release with what is known of it.
func about(m *airflow.Model) string {
	out := m.Release + " in namespace " + m.Namespace
	var details []string
	if m.Chart.Name != "" {
		details = append(details, string(m.Dialect)+" chart "+m.Chart.Version)
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

func namespaces(plan harden.NetworkPlan) []string {
	var out []string
	for _, p := range plan.Policies {
		if !slices.Contains(out, p.Namespace) {
			out = append(out, p.Namespace)
		}
	}
	return out
}

// reasons are one line for each kind of flow that a policy lets through.
func reasons(p harden.PlannedPolicy) []string {
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
