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
	CleanupPods           Function = "cleanup-pods"
)

// Need is one function that a component needs the Kubernetes API for.
type Need struct {
	Function Function
	Rules    []rbacv1.PolicyRule
	Why      string
}

// when says under which condition a row of the table holds.
type when string

const (
	always         when = "always"
	launching      when = "an executor makes a pod for each task"
	launchingOrSay when = "an executor makes a pod for each task, or the profile declares it"
	localAndSay    when = "tasks run in the scheduler, and the profile declares it"
	onlySay        when = "the profile declares it"
)

type needRow struct {
	function   Function
	components []Component
	when       when
	rules      []rbacv1.PolicyRule
	why        string
}

func allow(group, resource string, verbs ...string) rbacv1.PolicyRule {
	return rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: verbs}
}

var (
	podOperatorRules = []rbacv1.PolicyRule{
		allow("", "pods", "create", "delete", "get", "list", "patch", "watch"),
		allow("", "pods/log", "get"),
		allow("", "events", "list", "watch"),
	}
	execRules = []rbacv1.PolicyRule{allow("", "pods/exec", "create", "get")}
	jobRules  = []rbacv1.PolicyRule{
		allow("batch", "jobs", "create", "delete", "get", "list", "patch", "watch"),
		allow("batch", "jobs/status", "get", "watch"),
	}
	tasks = []Component{Worker, TaskPod}
)

// needRows is who needs which verbs. Nobody needs Secrets, Roles, or anything
// cluster-wide, unless Airflow works in several namespaces.
//
// Whether DAGs use KubernetesPodOperator stands in no manifest. Decision: where
// the executor makes pods, the operator is taken to be in use, because the
// workers' rights then add little; with Celery or Local executors alone it must
// be declared, because a DAG author's right to make pods is the right to use
// any Secret and service account of the namespace. Running commands in pods
// must always be declared: it opens every pod of the namespace.
//
// Sources: cncf.kubernetes provider (kubernetes_executor, utils/pod_manager,
// triggers/pod, operators/job), `airflow kubernetes cleanup-pods`, and the
// official chart's templates/rbac.
var needRows = []needRow{
	{ExecutorPods, []Component{Scheduler}, launching, []rbacv1.PolicyRule{
		allow("", "pods", "create", "delete", "list", "patch", "watch"),
	}, "the executor makes, adopts and deletes task pods"},
	{TaskLogs, []Component{Webserver, APIServer}, launching, []rbacv1.PolicyRule{
		allow("", "pods", "list"), allow("", "pods/log", "get"),
	}, "the web UI reads the logs of running task pods"},
	{PodOperator, tasks, launchingOrSay, podOperatorRules, "tasks may use KubernetesPodOperator"},
	{PodOperator, []Component{Scheduler}, localAndSay, podOperatorRules, "tasks in the scheduler use KubernetesPodOperator"},
	{PodOperatorXCom, tasks, onlySay, execRules, "KubernetesPodOperator reads XComs from its sidecar"},
	{PodOperatorXCom, []Component{Scheduler}, localAndSay, execRules, "KubernetesPodOperator reads XComs from its sidecar"},
	{PodOperatorDeferrable, []Component{Triggerer}, launchingOrSay, []rbacv1.PolicyRule{
		allow("", "pods", "get", "list", "watch"), allow("", "pods/log", "get"), allow("", "events", "list", "watch"),
	}, "deferred KubernetesPodOperators are watched from the triggerer"},
	{JobOperator, tasks, onlySay, jobRules, "tasks use KubernetesJobOperator"},
	{JobOperator, []Component{Scheduler}, localAndSay, jobRules, "tasks in the scheduler use KubernetesJobOperator"},
	{CleanupPods, []Component{Cleanup}, always, []rbacv1.PolicyRule{
		allow("", "pods", "delete", "list"),
	}, "the job deletes finished task pods"},
}

// Needs are the functions a component needs the Kubernetes API for, with
// those that a profile declares.
func (m *Model) Needs(component Component, declared ...Function) []Need {
	var out []Need
	for _, row := range needRows {
		if slices.Contains(row.components, component) && m.holds(row.when, slices.Contains(declared, row.function)) {
			out = append(out, Need{row.function, row.rules, row.why})
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
	verbs := map[[2]string][]string{}
	for _, need := range m.Needs(component, declared...) {
		for _, rule := range need.Rules {
			key := [2]string{rule.APIGroups[0], rule.Resources[0]}
			verbs[key] = append(verbs[key], rule.Verbs...)
		}
	}
	var out []rbacv1.PolicyRule
	for key, list := range verbs {
		slices.Sort(list)
		out = append(out, allow(key[0], key[1], slices.Compact(list)...))
	}
	slices.SortFunc(out, func(a, b rbacv1.PolicyRule) int {
		return strings.Compare(a.APIGroups[0]+"/"+a.Resources[0], b.APIGroups[0]+"/"+b.Resources[0])
	})
	return out
}

// NeedsAPI says whether a workload's pods need a token for the Kubernetes API, and what for.
func (m *Model) NeedsAPI(w *Workload, declared ...Function) (needed bool, why string) {
	if needs := m.Needs(w.Component, declared...); len(needs) > 0 {
		return true, needs[0].Why
	}
	return m.logsInByToken(w)
}

// tokenAnnotations are on pods whose injected agent logs in with the pod's service account token.
// Sources: vault-k8s agent-inject, bank-vaults vault-secrets-webhook.
var tokenAnnotations = []struct{ name, why string }{
	{"vault.hashicorp.com/agent-inject", "the Vault agent logs in with it"},
	{"vault.security.banzaicloud.io/vault-addr", "the Bank-Vaults webhook logs in with it"},
}

// logsInByToken is for tokens that serve to log in elsewhere.
func (m *Model) logsInByToken(w *Workload) (bool, string) {
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
