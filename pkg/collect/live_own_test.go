package collect

import (
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// liveObjects are YAML documents as objects of namespace team.
func liveObjects(t *testing.T, text string) []snapshot.Object {
	t.Helper()
	var out []snapshot.Object
	for doc := range strings.SplitSeq(text, "\n---\n") {
		content := map[string]any{}
		if err := yaml.Unmarshal([]byte(doc), &content); err != nil {
			t.Fatalf("%v in %s", err, doc)
		}
		o, err := newObject(content, snapshot.Live, "team")
		if err != nil {
			t.Fatalf("%v in %s", err, doc)
		}
		out = append(out, o)
	}
	return out
}

// keptOf are the objects of release af, as kind/name.
func keptOf(t *testing.T, manifest, live string) []string {
	t.Helper()
	release := &snapshot.Release{Name: "af", Namespace: "team"}
	if manifest != "" {
		release.Manifest = liveObjects(t, manifest)
	}
	w := newOwnership(release, liveObjects(t, live))
	w.decide()
	w.surround()
	var out []string
	for _, o := range w.kept() {
		out = append(out, o.String())
	}
	slices.Sort(out)
	return out
}

func wantKept(t *testing.T, got []string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func taskPod(name, account, more string) string {
	return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + name + ", labels: {kubernetes_executor: 'True'" + more + "}}\nspec: {serviceAccountName: " + account + ", containers: [{name: base}]}"
}

func deployment(name, release, account string) string {
	return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: " + name + ", labels: {tier: airflow, release: " + release + "}}\n" +
		"spec: {template: {metadata: {labels: {tier: airflow, release: " + release + "}}, spec: {serviceAccountName: " + account + ", containers: [{name: c}]}}}"
}

func join(docs ...string) string { return strings.Join(docs, "\n---\n") }

func TestTwoReleasesDoNotMix(t *testing.T) {
	other := []string{
		deployment("other-scheduler", "other", "other"),
		taskPod("other-task", "other", ""),
		taskPod("labelled-task", "af", ", release: other"),
		"apiVersion: v1\nkind: Service\nmetadata: {name: other-web}\nspec: {selector: {release: other}}",
		"apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: other}",
		"apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: other}\nroleRef: {kind: Role, name: other}\nsubjects: [{kind: ServiceAccount, name: other}]",
		"apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: other}",
		taskPod("nobody-knows", "default", ""),
	}
	mine := []string{
		deployment("af-scheduler", "af", "af"), taskPod("af-task", "af", ""), taskPod("af-labelled", "default", ", release: af"),
	}
	wantKept(t, keptOf(t, "", join(append(other, mine...)...)), "deployment/af-scheduler", "pod/af-task", "pod/af-labelled")
}

func TestTaskPodsOfTheOnlyReleaseAreIts(t *testing.T) {
	wantKept(t, keptOf(t, "", join(deployment("af-scheduler", "af", "af"), taskPod("task", "default", ""),
		"apiVersion: v1\nkind: Pod\nmetadata: {name: stranger}\nspec: {containers: [{name: c}]}",
		"apiVersion: v1\nkind: Pod\nmetadata: {name: operator, labels: {kubernetes_pod_operator: 'True'}}\nspec: {containers: [{name: base}]}",
	)), "deployment/af-scheduler", "pod/task", "pod/operator")
}

func TestControllersPassOwnershipOn(t *testing.T) {
	wantKept(t, keptOf(t, "", join(
		deployment("af-web", "af", "af"),
		"apiVersion: v1\nkind: Pod\nmetadata: {name: af-web-55d-x, labels: {pod-template-hash: 55d}, ownerReferences: [{kind: ReplicaSet, name: af-web-55d, controller: true}]}",
		"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: af-cleanup, labels: {release: af}}",
		"apiVersion: batch/v1\nkind: Job\nmetadata: {name: af-cleanup-1, ownerReferences: [{kind: CronJob, name: af-cleanup, controller: true}]}",
		"apiVersion: v1\nkind: Pod\nmetadata: {name: af-cleanup-1-x, ownerReferences: [{kind: Job, name: af-cleanup-1, controller: true}]}",
		"apiVersion: v1\nkind: Pod\nmetadata: {name: loose, ownerReferences: [{kind: Job, name: af-cleanup-1}]}",
	)), "deployment/af-web", "pod/af-web-55d-x", "cronjob/af-cleanup", "job/af-cleanup-1", "pod/af-cleanup-1-x")
}

func TestTheRecordOwnsWhatItInstalled(t *testing.T) {
	bare := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}"
	wantKept(t, keptOf(t, bare, join(bare, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: stranger}")), "configmap/extra")
	wantKept(t, keptOf(t, "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: p}", "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: p}"), "poddisruptionbudget/p")
}

func TestArgoCDMayOverwriteTheInstanceLabel(t *testing.T) {
	wantKept(t, keptOf(t, "", "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: af-postgresql, labels: {app.kubernetes.io/instance: data-platform}}\n"+
		"spec: {template: {metadata: {labels: {app.kubernetes.io/instance: af}}, spec: {containers: [{name: c}]}}}"), "statefulset/af-postgresql")
	wantKept(t, keptOf(t, "", "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: other-postgresql, labels: {app.kubernetes.io/instance: af}}\n"+
		"spec: {template: {metadata: {labels: {app.kubernetes.io/instance: other}}, spec: {containers: [{name: c}]}}}"))
}

func TestWhatPodsReferToIsRead(t *testing.T) {
	live := join(
		`apiVersion: v1
kind: Pod
metadata: {name: p, labels: {release: af}}
spec:
  serviceAccountName: runner
  containers:
  - env: [{valueFrom: {secretKeyRef: {name: s-env}}}, {valueFrom: {configMapKeyRef: {name: c-env}}}]
    envFrom: [{secretRef: {name: s-from}}, {configMapRef: {name: c-from}}]
  initContainers:
  - env: [{valueFrom: {secretKeyRef: {name: s-init}}}]
  volumes:
  - secret: {secretName: s-volume}
  - configMap: {name: c-volume}
  - projected: {sources: [{secret: {name: s-projected}}, {configMap: {name: kube-root-ca.crt}}]}
  - persistentVolumeClaim: {claimName: dags}`,
		"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: af-pod-template, labels: {release: af}}\ndata:\n  pod_template.yaml: |\n    spec:\n      containers:\n      - envFrom: [{secretRef: {name: s-task}}]\n",
		"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: dags}",
		"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: other}",
		"apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: runner}",
		"apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}",
		"apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: other}",
	)
	want := []string{"pod/p", "configmap/af-pod-template", "persistentvolumeclaim/dags", "serviceaccount/runner", "serviceaccount/default"}
	for _, name := range []string{"s-env", "s-from", "s-init", "s-volume", "s-projected", "s-task", "s-other"} {
		live = join(live, "apiVersion: v1\nkind: Secret\nmetadata: {name: "+name+"}")
		if name != "s-other" {
			want = append(want, "secret/"+name)
		}
	}
	for _, name := range []string{"c-env", "c-from", "c-volume", "kube-root-ca.crt"} {
		live = join(live, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: "+name+"}")
		if name != "kube-root-ca.crt" {
			want = append(want, "configmap/"+name)
		}
	}
	wantKept(t, keptOf(t, "", live), want...)
}

func TestWhatReachesTheReleaseIsRead(t *testing.T) {
	wantKept(t, keptOf(t, "", join(
		deployment("af-web", "af", "af"),
		"apiVersion: v1\nkind: Service\nmetadata: {name: by-hand}\nspec: {selector: {tier: airflow}}",
		"apiVersion: v1\nkind: Service\nmetadata: {name: without-selector}\nspec: {}",
		"apiVersion: v1\nkind: Service\nmetadata: {name: other}\nspec: {selector: {tier: airflow, release: other}}",
		"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: in}\nspec: {rules: [{http: {paths: [{backend: {service: {name: by-hand}}}]}}]}",
		"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: in-default}\nspec: {defaultBackend: {service: {name: by-hand}}}",
		"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: in-other}\nspec: {defaultBackend: {service: {name: other}}}",
		"apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: route}\nspec: {rules: [{backendRefs: [{name: by-hand}]}]}",
		"apiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {name: shift}\nspec: {to: {kind: Service, name: by-hand}}",
		"apiVersion: route.openshift.io/v1\nkind: Route\nmetadata: {name: shift-other}\nspec: {to: {kind: Service, name: other}}",
		"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: scale}\nspec: {scaleTargetRef: {kind: Deployment, name: af-web}}",
		"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: deny-all}",
	)), "deployment/af-web", "service/by-hand", "ingress/in", "ingress/in-default", "httproute/route", "route/shift", "horizontalpodautoscaler/scale", "networkpolicy/deny-all")
}

func TestBindingsThatConcernTheRelease(t *testing.T) {
	w := newOwnership(&snapshot.Release{Name: "af", Namespace: "team"}, nil)
	w.accounts["af-worker"] = true
	for subject, want := range map[string]bool{
		"{kind: ServiceAccount, name: af-worker, namespace: team}":   true,
		"{kind: ServiceAccount, name: af-worker}":                    true, // the binding's namespace
		"{kind: ServiceAccount, name: af-worker, namespace: other}":  false,
		"{kind: ServiceAccount, name: default, namespace: team}":     true,
		"{kind: ServiceAccount, name: stranger, namespace: team}":    false,
		"{kind: User, name: 'system:serviceaccount:team:af-worker'}": true,
		"{kind: User, name: 'system:serviceaccount:team:stranger'}":  false,
		"{kind: User, name: 'system:anonymous'}":                     true,
		"{kind: User, name: somebody}":                               false,
		"{kind: Group, name: 'system:authenticated'}":                true,
		"{kind: Group, name: 'system:unauthenticated'}":              true,
		"{kind: Group, name: 'system:serviceaccounts'}":              true,
		"{kind: Group, name: 'system:serviceaccounts:team'}":         true,
		"{kind: Group, name: 'system:serviceaccounts:other'}":        false,
		"{kind: Group, name: 'system:masters'}":                      false,
	} {
		b := liveObjects(t, "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: b}\nsubjects: ["+subject+"]")
		if got := w.concerns(&b[0]); got != want {
			t.Errorf("%s: got %v", subject, got)
		}
	}
}
