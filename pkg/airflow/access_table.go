package airflow

import rbacv1 "k8s.io/api/rbac/v1"

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
	rules      []neededRule
	why        string
}

// neededRule is needed by the cncf.kubernetes provider from version since on
// and before version until; empty is unbounded.
type neededRule struct {
	rbacv1.PolicyRule
	since, until string
}

func allow(group, resource string, verbs ...string) neededRule {
	return neededRule{PolicyRule: rbacv1.PolicyRule{APIGroups: []string{group}, Resources: []string{resource}, Verbs: verbs}}
}

func (r neededRule) from(version string) neededRule { r.since = version; return r }

func (r neededRule) before(version string) neededRule { r.until = version; return r }

// in are the rules that a provider of these versions may need.
func (r needRow) in(provider ProviderVersions) []rbacv1.PolicyRule {
	var out []rbacv1.PolicyRule
	for _, rule := range r.rules {
		if provider.mayBe(rule.since, rule.until) {
			out = append(out, rule.PolicyRule)
		}
	}
	return out
}

// The rules of the functions, with what tells them: the provider's source
// (modules of airflow.providers.cncf.kubernetes), its changelog and its page
// "Kubernetes RBAC permissions".
var (
	// operators/pod, utils/pod_manager: it lists pods to find its own again and
	// polls them; it never watches. Events are listed on failure
	// (log_events_on_failure), from 10.6.0 on (#50192) also at each start; the
	// waiting task lists them, it does not watch.
	podOperatorRules = []neededRule{
		allow("", "pods", "create", "delete", "get", "list", "patch"),
		allow("", "pods/log", "get"),
		allow("", "events", "list"),
	}
	// utils/pod_manager, extract_xcom: an exec by WebSocket is a GET; API servers
	// from 1.35 on ask for create, too (AuthorizePodWebsocketUpgradeCreatePermission).
	execRules = []neededRule{allow("", "pods/exec", "create", "get")}
	// triggers/pod: it polls the pod. Until 8.0 a cancelled trigger read the logs
	// and deleted the pod; since 10.10.0 it reads logs (#57531) and lists events
	// (#56875), since 10.12.0 it watches events (#59080), since 10.15.0 it deletes
	// the pod of a task that a user ends (#62401).
	deferredRules = []neededRule{
		allow("", "pods", "get"),
		allow("", "pods", "delete").before("8.0.0"), allow("", "pods", "delete").from("10.15.0"),
		allow("", "pods/log", "get").before("8.0.0"), allow("", "pods/log", "get").from("10.10.0"),
		allow("", "events", "list").from("10.10.0"), allow("", "events", "watch").from("10.12.0"),
	}
	// operators/job: besides the job it lists the job's pods and reads their logs.
	jobRules = []neededRule{
		allow("batch", "jobs", "create", "delete", "get", "list", "patch", "watch"),
		allow("batch", "jobs/status", "get", "watch"),
		allow("", "pods", "get", "list"), allow("", "pods/log", "get"),
	}
	// triggers/job: it polls the job's status, and the pods where XComs are read.
	deferredJobRules = []neededRule{allow("batch", "jobs/status", "get"), allow("", "pods", "get")}
	// executors/kubernetes_executor and its utils: make, watch, label (patch) and
	// delete; the adoption lists. Nothing reads a single pod.
	executorRules = []neededRule{allow("", "pods", "create", "delete", "list", "patch", "watch")}
	// executors/kubernetes_executor, get_task_log.
	logRules = []neededRule{allow("", "pods", "list"), allow("", "pods/log", "get")}
	// cli/kubernetes_command, cleanup_pods.
	cleanupRules = []neededRule{allow("", "pods", "delete", "list")}

	tasks   = []Component{Worker, TaskPod}
	inPlace = []Component{Scheduler}
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
var needRows = []needRow{
	{ExecutorPods, inPlace, launching, executorRules, "the executor makes, adopts and deletes task pods"},
	{TaskLogs, []Component{Webserver, APIServer}, launching, logRules, "the web UI reads the logs of running task pods"},
	{PodOperator, tasks, launchingOrSay, podOperatorRules, "tasks may use KubernetesPodOperator"},
	{PodOperator, inPlace, localAndSay, podOperatorRules, "tasks in the scheduler use KubernetesPodOperator"},
	{PodOperatorXCom, tasks, onlySay, execRules, "KubernetesPodOperator reads XComs from its sidecar"},
	{PodOperatorXCom, inPlace, localAndSay, execRules, "KubernetesPodOperator reads XComs from its sidecar"},
	{PodOperatorDeferrable, []Component{Triggerer}, launchingOrSay, deferredRules, "deferred KubernetesPodOperators are watched from the triggerer"},
	{JobOperator, tasks, onlySay, jobRules, "tasks use KubernetesJobOperator"},
	{JobOperator, inPlace, localAndSay, jobRules, "tasks in the scheduler use KubernetesJobOperator"},
	{JobOperatorDeferrable, []Component{Triggerer}, onlySay, deferredJobRules, "deferred KubernetesJobOperators are watched from the triggerer"},
	{CleanupPods, []Component{Cleanup}, always, cleanupRules, "the job deletes finished task pods"},
}
