package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// What each function needs, written down a second time, so that the table and the test cannot share a mistake.
const (
	executes  = "pods:create,delete,list,patch,watch"
	readsLogs = "pods:list pods/log:get"
	operates  = "events:list pods:create,delete,get,list,patch pods/log:get"
	execs     = " pods/exec:create,get"
	jobs      = " jobs.batch:create,delete,get,list,patch,watch jobs.batch/status:get,watch"
	waitsOld  = "pods:delete,get pods/log:get"                   // a provider before 10.10.0, or before 8.0
	waitsNew  = "events:list,watch pods:delete,get pods/log:get" // 10.12.0 and later
	waitsJob  = " jobs.batch/status:get"
	spark     = "sparkapplications.sparkoperator.k8s.io:create,get"
)

// everyFunction is all that a profile may declare.
var everyFunction = []airflow.Function{
	airflow.PodOperator, airflow.PodOperatorXCom, airflow.PodOperatorDeferrable, airflow.JobOperator, airflow.JobOperatorDeferrable,
}

// rightsCases are releases with what each component is to be allowed, and nobody else anything.
var rightsCases = []struct {
	name, chart, set string
	functions        []airflow.Function
	also             string // another namespace that Airflow launches pods in
	needs            []airflow.DeclaredNeed
	want             map[airflow.Component]string
	// elsewhere is what is to be allowed in the namespace spark.
	elsewhere map[airflow.Component]string
}{
	{name: "community-celery", chart: "community"},
	{name: "community-celery-declared", chart: "community", functions: everyFunction, want: map[airflow.Component]string{
		airflow.Worker: operates + execs + jobs, airflow.Triggerer: waitsOld + waitsJob,
	}},
	{name: "community-kubernetes", chart: "community", set: noWorkers, want: map[airflow.Component]string{
		airflow.Scheduler: executes, airflow.Webserver: readsLogs, airflow.TaskPod: operates, airflow.Triggerer: waitsOld,
	}},
	{name: "community-both", chart: "community", set: "airflow.executor=CeleryKubernetesExecutor", functions: []airflow.Function{airflow.PodOperatorXCom}, want: map[airflow.Component]string{
		airflow.Scheduler: executes, airflow.Webserver: readsLogs, airflow.TaskPod: operates + execs, airflow.Worker: operates + execs, airflow.Triggerer: waitsOld,
	}},
	{name: "community-spark", chart: "community", needs: []airflow.DeclaredNeed{{Namespaces: []string{"spark"}, Why: "Spark", Rules: sparkRules}},
		elsewhere: map[airflow.Component]string{airflow.Worker: spark}},
	{name: "official-celery", chart: "official"},
	{name: "official-kubernetes", chart: "official", set: "executor=KubernetesExecutor", want: map[airflow.Component]string{
		airflow.Scheduler: executes, airflow.APIServer: readsLogs, airflow.TaskPod: operates, airflow.Triggerer: waitsNew,
	}},
	{name: "official-local", chart: "official", set: "executor=LocalExecutor", functions: []airflow.Function{airflow.PodOperator}, want: map[airflow.Component]string{
		airflow.Scheduler: operates,
	}},
	{name: "official-both", chart: "official", set: `executor=CeleryExecutor\,KubernetesExecutor`, functions: everyFunction, want: map[airflow.Component]string{
		airflow.Scheduler: executes, airflow.APIServer: readsLogs, airflow.TaskPod: operates + execs + jobs, airflow.Worker: operates + execs + jobs, airflow.Triggerer: waitsNew + waitsJob,
	}},
	{name: "official-two-namespaces", chart: "official", set: "executor=KubernetesExecutor", also: "jobs", want: map[airflow.Component]string{
		airflow.Scheduler: executes, airflow.APIServer: readsLogs, airflow.TaskPod: operates, airflow.Triggerer: waitsNew,
	}},
}

const noWorkers = "airflow.executor=KubernetesExecutor,workers.enabled=false,flower.enabled=false,redis.enabled=false"

var sparkRules = []rbacv1.PolicyRule{{APIGroups: []string{"sparkoperator.k8s.io"}, Resources: []string{"sparkapplications"}, Verbs: []string{"create", "get"}}}

// The matrix: every verb on every resource that a rule of the table names, and on what nobody is to have.
var (
	askedVerbs     = []string{"create", "delete", "get", "list", "patch", "watch", "update", "deletecollection", "impersonate", "*"}
	askedResources = []string{
		"pods", "pods/log", "pods/exec", "pods/attach", "pods/portforward", "pods/ephemeralcontainers", "events", "secrets", "configmaps", "serviceaccounts", "serviceaccounts/token",
		"jobs.batch", "jobs.batch/status", "cronjobs.batch", "deployments.apps", "roles.rbac.authorization.k8s.io", "rolebindings.rbac.authorization.k8s.io",
		"sparkapplications.sparkoperator.k8s.io", "*", "*.*",
	}
)

// Where nothing is to be allowed, or little, less is asked.
var (
	fewVerbs     = []string{"create", "get", "list", "*"}
	fewResources = []string{"pods", "pods/exec", "secrets", "jobs.batch", "sparkapplications.sparkoperator.k8s.io", "*.*"}
)

// TestRights applies generated objects to real releases and asks the API
// server what each component may do: exactly what is needed.
func TestRights(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	reader := as(t, c.Kubeconfig(controlplane.Admin))
	asker := newAsker(t, c)
	for _, namespace := range []string{"jobs", "spark"} {
		kubectl(t, c, "create", "namespace", namespace)
	}
	for _, tt := range rightsCases {
		t.Run(tt.name, func(t *testing.T) {
			var args []string
			if tt.set != "" {
				args = []string{"--set", tt.set}
			}
			install(t, c, "helm3", tt.chart, tt.name, "af", args...)
			m := airflow.New(read(t, reader, tt.name, "af"), tt.needs...)
			options := harden.RBACOptions{Functions: tt.functions, Label: harden.ReleaseLabel("af")}
			if tt.also != "" {
				options.Namespaces = []string{tt.name, tt.also}
			}
			after := planRights(t, c, m, options, tt.needs)
			places := map[string]map[airflow.Component]string{tt.name: tt.want, "default": nil, "": nil, "jobs": nil, "spark": tt.elsewhere}
			if tt.also != "" {
				places[tt.also] = tt.want
			}
			for namespace, want := range places {
				asker.compare(t, after, namespace, want)
			}
			for _, o := range harden.RBAC(airflow.New(read(t, reader, tt.name, "af"), tt.needs...), options).Objects {
				// Accounts that no pod uses and other namespaces are not read from a cluster; the task pods' template cannot be patched.
				if ref := o.Ref(); ref.Namespace == tt.name && ref.Kind != "ServiceAccount" && o.Component != airflow.TaskPod {
					t.Errorf("applied, the plan still wants %v", o.Content)
				}
			}
		})
	}
}

// planRights applies the plan but for what no patch can change, and gives the
// release as it is to be: with the task pods' account, too.
func planRights(t *testing.T, c *controlplane.Cluster, m *airflow.Model, options harden.RBACOptions, needs []airflow.DeclaredNeed) *airflow.Model {
	t.Helper()
	p := harden.RBAC(m, options)
	var changes []change.Change
	var documents []string
	byTarget := map[snapshot.Ref][]change.Change{}
	var order []snapshot.Ref
	for _, proposed := range p.Proposed() {
		changes = append(changes, proposed.Change)
		if proposed.Unpatchable != "" {
			continue
		}
		if byTarget[proposed.Target] == nil {
			order = append(order, proposed.Target)
		}
		byTarget[proposed.Target] = append(byTarget[proposed.Target], proposed.Change)
	}
	for _, target := range order {
		object, left := change.Sparse(target, byTarget[target])
		text, err := json.Marshal(object)
		if err != nil || len(left) > 0 {
			t.Fatalf("%v, left %v", err, left)
		}
		documents = append(documents, string(text))
	}
	file := filepath.Join(t.TempDir(), "rights.yaml")
	if err := os.WriteFile(file, []byte(strings.Join(documents, "\n---\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time changes nothing and is no conflict
		kubectl(t, c, "apply", "--server-side", "--field-manager=airflowsec", "--force-conflicts", "-f", file)
	}
	replayed, err := verify.Replay(m.Snapshot, changes)
	if err != nil {
		t.Fatal(err)
	}
	return airflow.New(replayed, needs...)
}

// asker asks the API server what accounts may do.
type asker struct {
	client *http.Client
	host   string
}

func newAsker(t *testing.T, c *controlplane.Cluster) *asker {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig(controlplane.Admin))
	if err != nil {
		t.Fatal(err)
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	return &asker{client, config.Host}
}

// compare asks for everything in a namespace, for each workload's account.
func (a *asker) compare(t *testing.T, m *airflow.Model, namespace string, want map[airflow.Component]string) {
	t.Helper()
	resources, verbs := askedResources, askedVerbs
	if namespace != m.Namespace && want[airflow.Scheduler] == "" {
		resources, verbs = fewResources, fewVerbs
	}
	answers := map[string]string{}
	for _, w := range m.Workloads {
		if w.Owner != nil {
			continue
		}
		account := w.Namespace() + ":" + w.ServiceAccount()
		if _, known := answers[account]; !known {
			answers[account] = a.allowed(t, account, namespace, resources, verbs)
		}
		if expected := inOrder(want[w.Component]); answers[account] != expected {
			t.Errorf("%s as %s in namespace %q may\n%s\nwanted\n%s", w.Component, account, namespace, answers[account], expected)
		}
	}
}

// allowed is all that an account may do of the matrix, as "pods:get,list events:list".
func (a *asker) allowed(t *testing.T, account, namespace string, resources, verbs []string) string {
	t.Helper()
	answers := make([][]bool, len(resources))
	var group sync.WaitGroup
	for i, resource := range resources {
		answers[i] = make([]bool, len(verbs))
		group.Go(func() {
			for j, verb := range verbs {
				answers[i][j] = a.ask(t, account, namespace, resource, verb)
			}
		})
	}
	group.Wait()
	var out []string
	for i, resource := range resources {
		for j, verb := range verbs {
			if answers[i][j] {
				out = append(out, resource+":"+verb)
			}
		}
	}
	return inOrder(strings.Join(out, " "))
}

// inOrder sorts rights and their verbs, and joins those of one resource.
func inOrder(text string) string {
	verbs := map[string][]string{}
	for _, one := range strings.Fields(text) {
		resource, list, _ := strings.Cut(one, ":")
		verbs[resource] = append(verbs[resource], strings.Split(list, ",")...)
	}
	var out []string
	for resource, list := range verbs {
		slices.Sort(list)
		out = append(out, resource+":"+strings.Join(slices.Compact(list), ","))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func (a *asker) ask(t *testing.T, account, namespace, resource, verb string) bool {
	name, sub, _ := strings.Cut(resource, "/")
	name, group, _ := strings.Cut(name, ".")
	owner, _, _ := strings.Cut(account, ":")
	body, err := json.Marshal(authorizationv1.SubjectAccessReview{
		TypeMeta: metav1.TypeMeta{APIVersion: "authorization.k8s.io/v1", Kind: "SubjectAccessReview"},
		Spec: authorizationv1.SubjectAccessReviewSpec{
			User:               "system:serviceaccount:" + account,
			Groups:             []string{"system:serviceaccounts", "system:serviceaccounts:" + owner, "system:authenticated"},
			ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: namespace, Verb: verb, Group: group, Resource: name, Subresource: sub},
		},
	})
	if err != nil {
		t.Error(err)
		return false
	}
	answer, err := a.client.Post(a.host+"/apis/authorization.k8s.io/v1/subjectaccessreviews", "application/json", bytes.NewReader(body))
	if err != nil {
		t.Error(err)
		return false
	}
	defer answer.Body.Close()
	var review authorizationv1.SubjectAccessReview
	if err := json.NewDecoder(answer.Body).Decode(&review); err != nil || answer.StatusCode != http.StatusCreated {
		t.Error(fmt.Errorf("%s: %w", answer.Status, err))
		return false
	}
	return review.Status.Allowed
}
