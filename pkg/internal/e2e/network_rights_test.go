package e2e

import (
	"net/netip"
	"slices"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"
)

// printed are the objects that access prints for a namespace.
func (n network) printed(namespace string) []map[string]any {
	n.Helper()
	out, talk, code := n.program.run(nil, "access", "-n", namespace)
	if code != 0 {
		n.Fatal(talk)
	}
	var objects []map[string]any
	for _, text := range strings.Split(out, "\n---\n") {
		o := map[string]any{}
		if err := yaml.Unmarshal([]byte(text), &o); err != nil {
			n.Fatal(err)
		}
		objects = append(objects, o)
	}
	return objects
}

func (n network) user(number int) []string {
	return []string{"KUBECONFIG=" + n.cluster.Kubeconfig(least(number))}
}

// exactRights works under exactly the rights that access prints, and only
// reads: the same is written, and policies that are not applied stay so.
func (n network) exactRights() {
	const namespace = "web"
	access := n.printed(namespace)
	grant(n, n.cluster, least(1), access)
	user := n.user(1)
	stream, _ := n.patches(namespace)
	with := n.saved(stream)
	for _, line := range []string{
		"check af", "reach af", "generate patches af", "generate values af",
		"reach af broker database:5432", "reach af broker database:5432 --with " + with, "reach af -o svg --with " + with,
	} {
		words := append(strings.Fields(line), "-n", namespace)
		out, talk, code := n.program.run(nil, words...)
		least, leastTalk, leastCode := n.program.run(user, words...)
		if code == 2 || out != least || talk != leastTalk || code != leastCode {
			n.Errorf("%s: exit code %d, and %d with least rights; on standard error\n%s\n%s", line, code, leastCode, talk, leastTalk)
		}
	}
	n.reach(user, namespace, "broker", "database:5432", "allowed, Airflow does not need it", 0)
	n.reach(user, namespace, "broker", "database:5432", notNeeded, 0, "--with", with)
	if applied := n.inForce(namespace); len(applied) > 0 {
		n.Errorf("applied: %q", applied)
	}
	n.onlyReads(least(1), rightsIn(access))
}

func (n network) onlyReads(user string, rights []right) {
	n.Helper()
	requests, err := n.cluster.Requests(user)
	if err != nil || len(requests) == 0 {
		n.Fatalf("%d requests, %v", len(requests), err)
	}
	for _, r := range requests {
		granted := slices.Contains(rights, right{r.Verb, r.Group, r.Resource})
		discovery := r.Resource == "" && r.Verb == "get" && (r.Path == "/version" || r.Path == "/apis")
		absent := r.Resource == "services" && r.Verb == "get" && r.Code == 404 // no cluster has the DNS of all distributions
		if r.Verb != "get" && r.Verb != "list" || !granted && !discovery || r.Code != 200 && !absent {
			n.Errorf("%s", r)
		}
	}
}

// tasksNamespace holds a release whose executor makes pods.
const tasksNamespace = "tasks"

// taskPods serves a task pod that carries nothing but the labels of
// KubernetesExecutor, and no other pod. Source of the labels: the cncf.kubernetes
// provider, pod_generator.py, construct_pod.
func (n network) taskPods() {
	n.install("helm3", "community", tasksNamespace, "airflow.executor=KubernetesExecutor,workers.enabled=false,flower.enabled=false,redis.enabled=false")
	apply(n, n.cluster, `apiVersion: v1
kind: Pod
metadata:
  name: say-hello
  namespace: tasks
  labels: {kubernetes_executor: "True", airflow-worker: "7", dag_id: hello, task_id: say, try_number: "1", run_id: manual-1, airflow_version: 2.8.4}
spec: {serviceAccountName: af, containers: [{name: base, image: apache/airflow:2.8.4}]}
---
apiVersion: v1
kind: Pod
metadata: {name: stranger, namespace: tasks}
spec: {containers: [{name: base, image: busybox:1}]}
`)
	n.kubectl("wait", "--for=condition=Ready", "pod", "--all", "-n", tasksNamespace)
	n.expect("without policies", tasksNamespace, "failed failed passed failed failed")
	n.reach(nil, tasksNamespace, "stranger", "database:5432", "allowed, Airflow does not need it", 0)
	n.applied(tasksNamespace)
	for _, task := range []string{"task-pod", "say-hello"} {
		n.reach(nil, tasksNamespace, task, "database:5432", needed, 0)
	}
	n.reach(nil, tasksNamespace, "stranger", "database:5432", notNeeded, 0)
	n.reach(nil, tasksNamespace, "say-hello", "webserver:8080", notNeeded, 0)
	n.othersTask()
}

// othersTask is another release's task pod, which no label tells apart: that
// the policies hold it and let it to the database is said, not hidden.
func (n network) othersTask() {
	n.Helper()
	apply(n, n.cluster, `apiVersion: v1
kind: Pod
metadata: {name: others-task, namespace: tasks, labels: {tier: airflow, component: worker, release: other, kubernetes_executor: "True"}}
spec: {containers: [{name: base, image: apache/airflow:2.8.4}]}
`)
	n.kubectl("wait", "--for=condition=Ready", "pod/others-task", "-n", tasksNamespace)
	_, talk, code := n.program.run(nil, "generate", "patches", "af", "-n", tasksNamespace, "--only", "networkpolicy")
	if code != 3 || !strings.Contains(talk, "Also held: pod others-task, which is not this release's, by airflowsec-af-task-pod:") {
		n.Errorf("exit code %d, and the other release's task pod is not named: %s", code, talk)
	}
	n.expect("beside another release's task pod", tasksNamespace, "passed passed passed failed passed")
	n.kubectl("delete", "pod/others-task", "-n", tasksNamespace)
}

// landmarks are where DNS and the API server are: the policies hold exactly that.
func (n network) landmarks() {
	apply(n, n.cluster, `apiVersion: v1
kind: Service
metadata: {name: kube-dns, namespace: kube-system}
spec:
  selector: {k8s-app: kube-dns, role: resolver}
  ports: [{name: dns, port: 53, protocol: UDP, targetPort: 5353}, {name: dns-tcp, port: 53, targetPort: 5353}]
`)
	stream, _ := n.patches(tasksNamespace)
	const dns = `  - ports:
    - port: 53
      protocol: TCP
    - port: 53
      protocol: UDP
    - port: 5353
      protocol: TCP
    - port: 5353
      protocol: UDP
    to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: kube-system
      podSelector:
        matchLabels:
          k8s-app: kube-dns
          role: resolver
`
	policies := n.policies(stream)
	if got, want := strings.Count(stream, dns), len(policies)-1; got != want { // all but the default deny
		n.Errorf("%d policies of %d let DNS through as its Service says:\n%s", got, want, stream)
	}
	n.onlyUsers(policies)
}

// onlyUsers lets those to the API server who need it, at both of its addresses, and nobody else.
func (n network) onlyUsers(policies map[string]networkingv1.NetworkPolicy) {
	n.Helper()
	service, endpoint := n.apiServer()
	users := []string{"scheduler", "task-pod", "triggerer", "webserver"}
	for name, policy := range policies {
		component := strings.TrimPrefix(name, "airflowsec-af-")
		for _, at := range []netip.AddrPort{service, endpoint} {
			if got := letsOut(policy, at); got != slices.Contains(users, component) {
				n.Errorf("%s to %s: %t", component, at, got)
			}
		}
	}
	for _, at := range []netip.AddrPort{service, endpoint} { // of the users, only this one has no wider range
		if letsOut(policies["airflowsec-af-webserver"], netip.AddrPortFrom(at.Addr().Next(), at.Port())) || letsOut(policies["airflowsec-af-webserver"], netip.AddrPortFrom(at.Addr(), 1)) {
			n.Errorf("the webserver's policy is wider than %s", at)
		}
	}
}

// apiServer is where the API server says it is.
func (n network) apiServer() (service, endpoint netip.AddrPort) {
	n.Helper()
	for path, into := range map[string]*netip.AddrPort{
		"service/kubernetes={.spec.clusterIP}:{.spec.ports[0].port}":             &service,
		"endpointslice/kubernetes={.endpoints[0].addresses[0]}:{.ports[0].port}": &endpoint,
	} {
		object, template, _ := strings.Cut(path, "=")
		at, err := netip.ParseAddrPort(n.kubectl("get", object, "-n", "default", "-o", "jsonpath="+template))
		if err != nil {
			n.Fatal(err)
		}
		*into = at
	}
	return service, endpoint
}

// letsOut says whether a policy's rules about addresses let its pods reach one by TCP.
func letsOut(policy networkingv1.NetworkPolicy, to netip.AddrPort) bool {
	return slices.ContainsFunc(policy.Spec.Egress, func(r networkingv1.NetworkPolicyEgressRule) bool {
		port := len(r.Ports) == 0 || slices.ContainsFunc(r.Ports, func(p networkingv1.NetworkPolicyPort) bool {
			return p.Port.IntValue() == int(to.Port()) && *p.Protocol == "TCP"
		})
		return port && slices.ContainsFunc(r.To, func(p networkingv1.NetworkPolicyPeer) bool {
			in := func(prefix string) bool { return netip.MustParsePrefix(prefix).Contains(to.Addr()) }
			return p.IPBlock != nil && in(p.IPBlock.CIDR) && !slices.ContainsFunc(p.IPBlock.Except, in)
		})
	})
}

// withoutLandmarks has the Role of access but not its ClusterRole.
func (n network) withoutLandmarks() {
	access := n.printed(tasksNamespace)
	grant(n, n.cluster, least(2), access[:2])
	user := n.user(2)
	out, talk, code := n.program.run(user, "generate", "patches", "af", "-n", tasksNamespace, "--only", "networkpolicy")
	if code != 3 || !strings.Contains(talk, "\nThe connections are proved: ") || !strings.Contains(talk, "webserver → kubernetes-api:443,6443: its address") {
		n.Errorf("exit code %d, and on standard error: %s", code, talk)
	}
	if strings.Contains(out, "5353") || !letsOut(n.policies(out)["airflowsec-af-webserver"], netip.MustParseAddrPort("10.1.2.3:6443")) {
		n.Errorf("written without knowing where DNS and the API server are:\n%s", out)
	}
	v := n.check(user, tasksNamespace)
	for _, c := range v.Coverage {
		if c.Kind == "ClusterServices" && (c.State != "forbidden" || c.Reason == "") {
			n.Errorf("got %+v", c)
		}
	}
	for _, r := range v.Results { // the policies in force are right, as the whole cluster told before
		if r.Rule >= "AS201" && r.Rule <= "AS205" && r.Outcome == "failed" {
			n.Errorf("%s fails of what was not read: %+v", r.Rule, r.Findings)
		}
	}
	n.reach(user, tasksNamespace, "say-hello", "database:5432", needed, 0)
	n.reach(user, tasksNamespace, "webserver", "kubernetes-api:6443", "denied, and Airflow needs it", 3) // or 443, which is open to one address
}
