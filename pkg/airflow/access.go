package airflow

import (
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
)

// Function is something a component does through the Kubernetes API.
type Function string

// The functions, as a profile may declare those that no manifest shows.
const (
	ExecutorPods          Function = "executor-pods"
	TaskLogs              Function = "task-logs"
	PodOperator           Function = "pod-operator"
	PodOperatorXCom       Function = "pod-operator-xcom"
	PodOperatorDeferrable Function = "pod-operator-deferrable"
	JobOperator           Function = "job-operator"
	JobOperatorDeferrable Function = "job-operator-deferrable"
	CleanupPods           Function = "cleanup-pods"
)

// Own marks what a user declares beside the provider's functions.
const Own Function = "own"

// DeclaredNeed is what a user's DAGs need of the Kubernetes API beside the
// provider's functions: custom resources, other namespaces.
type DeclaredNeed struct {
	// Components need it; none named is those that run tasks.
	Components []Component
	// Namespaces are where; none named is where Airflow launches pods.
	Namespaces []string
	Rules      []rbacv1.PolicyRule
	Why        string
}

func (d DeclaredNeed) components(m *Model) []Component {
	switch {
	case len(d.Components) > 0:
		return d.Components
	case m.Local():
		return append(slices.Clone(tasks), Scheduler)
	}
	return tasks
}

// Need is one function that a component needs the Kubernetes API for.
type Need struct {
	Function Function
	Rules    []rbacv1.PolicyRule
	Why      string
	// Namespaces are where the rules are needed; empty is where Airflow launches pods.
	Namespaces []string
}

// Needs are the functions a component needs the Kubernetes API for, with
// those that a profile declares and those the model was made with.
func (m *Model) Needs(component Component, declared ...Function) []Need {
	var out []Need
	provider := m.KubernetesProvider()
	for _, row := range needRows {
		if !slices.Contains(row.components, component) || !m.holds(row.when, slices.Contains(declared, row.function)) {
			continue
		}
		if rules := row.in(provider); len(rules) > 0 {
			out = append(out, Need{Function: row.function, Rules: rules, Why: row.why})
		}
	}
	for _, own := range m.own {
		if slices.Contains(own.components(m), component) {
			out = append(out, Need{Function: Own, Rules: own.Rules, Why: own.Why, Namespaces: own.Namespaces})
		}
	}
	return out
}

func (m *Model) holds(condition when, declared bool) bool {
	switch condition {
	case always:
		return true
	case launching:
		return m.Launches()
	case launchingOrSay:
		return declared || m.Launches()
	case localAndSay:
		return declared && m.Local()
	}
	return declared
}

// NeededRules are the rules that a component needs, one for each resource, sorted.
func (m *Model) NeededRules(component Component, declared ...Function) []rbacv1.PolicyRule {
	var out []rbacv1.PolicyRule
	for _, need := range m.Needs(component, declared...) {
		out = append(out, need.Rules...)
	}
	return MergeRules(out)
}

// NeedsAPI says whether a workload's pods need a token for the Kubernetes API, and what for.
func (m *Model) NeedsAPI(w *Workload, declared ...Function) (needed bool, why string) {
	if needs := m.Needs(w.Component, declared...); len(needs) > 0 {
		return true, needs[0].Why
	}
	return m.LogsInByToken(w)
}

// tokenAnnotations are on pods whose injected agent logs in with the pod's service account token.
// Sources: vault-k8s agent-inject, bank-vaults vault-secrets-webhook.
var tokenAnnotations = []struct{ name, why string }{
	{"vault.hashicorp.com/agent-inject", "the Vault agent logs in with it"},
	{"vault.security.banzaicloud.io/vault-addr", "the Bank-Vaults webhook logs in with it"},
}

// LogsInByToken says whether a workload's token serves to log in elsewhere than the Kubernetes API, and where.
func (m *Model) LogsInByToken(w *Workload) (bool, string) {
	for _, annotation := range tokenAnnotations {
		if value, set := w.Meta.Annotations[annotation.name]; set && value != "false" {
			return true, annotation.why
		}
	}
	c := m.config[w]
	if c == nil {
		return false, ""
	}
	backend := m.resolve(c, optionNamed("secrets", "backend"))
	if !strings.HasSuffix(backend.Value, ".VaultBackend") {
		return false, ""
	}
	kwargs := m.resolve(c, optionNamed("secrets", "backend_kwargs"))
	if kwargs.Clear() && !strings.Contains(kwargs.Value, "kubernetes") {
		return false, ""
	}
	return true, "the Vault secrets backend may log in with it"
}
