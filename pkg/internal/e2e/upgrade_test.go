package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
	"github.com/airflowsec/kubectl-airflowsec/pkg/plan"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// upgrading is a release that is patched and then upgraded with unchanged values.
type upgrading struct {
	*testing.T
	cluster   *controlplane.Cluster
	reader    *collect.Cluster
	namespace string
	helm      string // the one that upgrades
	chart     string
	args      []string // of every upgrade
}

// TestUpgradeFates compares what is foretold of each field with what real
// upgrades do, whichever Helm installed the release and however it applies.
func TestUpgradeFates(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	chart, err := controlplane.Chart("official")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ name, install, upgrade, args string }{
		{"three", "helm3", "helm3", ""},
		{"four", "helm4", "helm4", ""},
		{"four-client", "helm4", "helm4", "--server-side=false"},
		{"three-four", "helm3", "helm4", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := strings.Fields(test.args)
			install(t, c, test.install, "official", test.name, "af", args...)
			if err := c.WaitReady(t.Context(), test.name); err != nil {
				t.Fatal(err)
			}
			u := upgrading{T: t, cluster: c, reader: as(t, c.Kubeconfig(controlplane.Admin)), namespace: test.name, helm: test.upgrade, chart: chart}
			u.fates(fixtureSteps(test.name))
		})
	}
}

// fates foretells a plan's fates and then tries each.
func (u upgrading) fates(changes []change.Change) {
	u.Helper()
	p := u.foretold(changes)
	u.named(p)
	for _, s := range p.Steps {
		err := u.apply([]plan.Step{s}, "--dry-run=server")
		if refused := err != nil && strings.Contains(err.Error(), "conflict"); refused != (len(s.Fate.Contested) > 0) {
			u.Errorf("%s %s: without force it is refused: %v, but contested by %q of %q", s.Target, s.Path, refused, s.Fate.Contested, s.Fate.Owners)
		}
	}
	release := read(u, u.reader, u.namespace, "af").Release
	if release.ApplyMethod == "ssa" {
		u.refusals(p)
		return
	}
	u.patch(p.Steps)
	if err := u.upgrade(); err != nil {
		u.Fatal(err)
	}
	u.compare(p.Steps, func(f plan.Fate) plan.Outcome { return f.ByMerge })
}

// named holds the fates that a person should know of to their words.
func (u upgrading) named(p *plan.Plan) {
	u.Helper()
	got := map[string]string{}
	for _, s := range p.Steps {
		if s.Path == "" {
			continue
		}
		got[s.Target.Name+s.Path[strings.LastIndex(s.Path, "/"):]] = fmt.Sprintf("%s %s: %s", s.Fate.ByMerge, s.Fate.ByApply, s.Fate.Reason)
	}
	for field, want := range map[string]string{
		"af-redis/runAsUser":                                "reverted conflicts: the release's manifest sets it to 0",
		"af-redis/runAsNonRoot":                             "mixed survives: runAsUser: 0 of the pod is put back beside it, and container redis cannot start",
		"af-redis/seccompProfile":                           "survives survives: ",
		"af-scheduler/readOnlyRootFilesystem":               "survives survives: ",
		"af-statsd/runAsUser":                               "reverted reverted: the release's manifest sets it to 65534",
		"af-airflow-scheduler/automountServiceAccountToken": "reverted conflicts: the release's manifest sets it to true",
	} {
		if got[field] != want {
			u.Errorf("%s: foretold is %q, not %q", field, got[field], want)
		}
	}
}

// refusals tries the steps of a release that is upgraded by server-side apply:
// all that survive together, and each that conflicts by itself.
func (u upgrading) refusals(p *plan.Plan) {
	u.Helper()
	before := read(u, u.reader, u.namespace, "af")
	survive := func(s plan.Step) bool { return s.Fate.ByApply != plan.Conflicts }
	rest := slices.DeleteFunc(slices.Clone(p.Steps), func(s plan.Step) bool { return !survive(s) })
	u.patch(rest)
	if err := u.upgrade(); err != nil {
		u.Errorf("an upgrade is refused over steps that should survive: %v", err)
	}
	u.compare(rest, func(f plan.Fate) plan.Outcome { return f.ByApply })
	conflicts := slices.DeleteFunc(slices.Clone(p.Steps), survive)
	for _, s := range conflicts {
		same := slices.DeleteFunc(slices.Clone(rest), func(r plan.Step) bool { return r.Target != s.Target })
		u.patch(append(same, s))
		if err := u.upgrade(); err == nil || !strings.Contains(err.Error(), "conflict") || !strings.Contains(err.Error(), s.Target.Name) {
			u.Errorf("%s %s: the upgrade ends with %v", s.Target, s.Path, err)
		}
		u.compare([]plan.Step{s}, func(plan.Fate) plan.Outcome { return plan.Survives })
		u.patch(append(same, u.undone(s, before)))
	}
	u.patch(p.Steps)
	if err := u.upgrade("--force-conflicts"); err != nil {
		u.Fatal(err)
	}
	u.compare(conflicts, func(plan.Fate) plan.Outcome { return plan.Reverted })
	u.compare(rest, func(f plan.Fate) plan.Outcome { return f.ByApply })
}

// undone is a step that sets what an object held before.
func (u upgrading) undone(s plan.Step, before *snapshot.Snapshot) plan.Step {
	u.Helper()
	i := slices.IndexFunc(before.Objects, func(o snapshot.Object) bool { return o.Same(s.Target) })
	undo, ok := s.Undo(before.Objects[i].Content)
	if !ok || undo.Op != change.Set {
		u.Fatalf("%s %s: nothing was there", s.Target, s.Path)
	}
	s.Change = undo
	return s
}

// foretold is the plan of some changes to what is live.
func (u upgrading) foretold(changes []change.Change) *plan.Plan {
	u.Helper()
	var asked []plan.Asked
	for i, c := range changes {
		asked = append(asked, plan.Asked{Change: c, Rule: fmt.Sprint("AS", i)})
	}
	p, err := plan.Of(asked, nil)
	if err != nil {
		u.Fatal(err)
	}
	if err := p.Foresee(read(u, u.reader, u.namespace, "af")); err != nil {
		u.Fatal(err)
	}
	return p
}

// patch makes changes as a user would, forcing conflicts.
func (u upgrading) patch(steps []plan.Step) {
	u.Helper()
	if err := u.apply(steps, "--force-conflicts"); err != nil {
		u.Fatal(err)
	}
	for _, s := range steps {
		if s.Op == change.Remove {
			u.kubectl("patch", s.Target, "--type=merge", "-p", nothingAt(s.Path))
		}
	}
}

// nothingAt is a merge patch that takes away what stands at a path without lists.
func nothingAt(path string) string {
	text := "null"
	parts := change.Split(path)
	for _, part := range slices.Backward(parts) {
		text = fmt.Sprintf(`{%q: %s}`, part, text)
	}
	return text
}

// apply applies what steps set, object by object, by server-side apply.
func (u upgrading) apply(steps []plan.Step, arg string) error {
	u.Helper()
	var documents []string
	for i, s := range steps {
		if i > 0 && s.Target == steps[i-1].Target {
			continue
		}
		var own []change.Change
		for _, other := range steps {
			if other.Target == s.Target && other.Op != change.Remove {
				own = append(own, other.Change)
			}
		}
		object, _ := change.Sparse(s.Target, own)
		text, err := json.Marshal(object)
		if err != nil {
			u.Fatal(err)
		}
		documents = append(documents, string(text))
	}
	file := filepath.Join(u.TempDir(), "patches.yaml")
	if err := os.WriteFile(file, []byte(strings.Join(documents, "\n---\n")), 0o600); err != nil {
		u.Fatal(err)
	}
	_, err := u.cluster.Run(u.Context(), controlplane.Admin, "kubectl", "apply", "--server-side", "--field-manager="+snapshot.PlanManager, arg, "-f", file)
	return err
}

func (u upgrading) kubectl(verb string, target snapshot.Ref, args ...string) {
	u.Helper()
	args = append([]string{verb, strings.ToLower(target.Kind), target.Name, "-n", u.namespace, "--field-manager=" + snapshot.PlanManager}, args...)
	kubectl(u, u.cluster, args...)
}

func (u upgrading) upgrade(args ...string) error {
	args = append([]string{"upgrade", "af", u.chart, "-n", u.namespace, "--reuse-values"}, append(args, u.args...)...)
	_, err := u.cluster.Run(u.Context(), controlplane.Admin, u.helm, args...)
	return err
}

// compare holds what became of the steps' fields to what was to become of them.
func (u upgrading) compare(steps []plan.Step, foretold func(plan.Fate) plan.Outcome) {
	u.Helper()
	s := read(u, u.reader, u.namespace, "af")
	for _, step := range steps {
		i := slices.IndexFunc(s.Objects, func(o snapshot.Object) bool { return o.Same(step.Target) })
		if i < 0 {
			u.Errorf("%s is gone", step.Target)
			continue
		}
		stays := foretold(step.Fate) == plan.Survives || foretold(step.Fate) == plan.Mixed
		if got := u.stands(step, s.Objects[i].Content); got != stays {
			value, _ := change.Lookup(s.Objects[i].Content, step.Path)
			u.Errorf("%s %s: foretold is %+v, and there is now %v", step.Target, step.Path, step.Fate, value)
		}
	}
}

// stands says that an object is as a step leaves it.
func (u upgrading) stands(step plan.Step, content map[string]any) bool {
	if step.Op == change.Put {
		return reflect.DeepEqual(content["spec"], step.Value.(map[string]any)["spec"])
	}
	value, found := change.Lookup(content, step.Path)
	if list, ok := step.Value.([]any); ok && len(list) == 0 { // the API server keeps an empty list as null
		return value == nil
	}
	return found == (step.Op == change.Set) && (!found || reflect.DeepEqual(value, step.Value))
}

// fixtureSteps are changes to the official fixture chart's release: of fields that
// Helm sets and that it does not.
func fixtureSteps(namespace string) []change.Change {
	const pod, context = "/spec/template/spec", "/spec/template/spec/securityContext"
	in := func(apiVersion, kind, name string) func(path string, value any) change.Change {
		return func(path string, value any) change.Change {
			ref := snapshot.Ref{APIVersion: apiVersion, Kind: kind, Namespace: namespace, Name: name}
			if kind == "Namespace" {
				ref.Namespace = ""
			}
			c := change.Change{Target: ref, Op: change.Set, Path: path, Value: value}
			if value == nil {
				c.Op = change.Remove
			}
			return c
		}
	}
	redis, scheduler, statsd := in("apps/v1", "StatefulSet", "af-redis"), in("apps/v1", "Deployment", "af-scheduler"), in("apps/v1", "Deployment", "af-statsd")
	processor := in("apps/v1", "Deployment", "af-dag-processor")
	const rbac = "rbac.authorization.k8s.io/v1"
	policy := snapshot.Ref{APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy", Namespace: namespace, Name: "new"}
	return []change.Change{
		redis(context+"/runAsUser", int64(999)),
		redis(context+"/runAsNonRoot", true),
		redis(context+"/seccompProfile", map[string]any{"type": "RuntimeDefault"}),
		redis(pod+"/containers/name=redis/securityContext/capabilities/drop", []any{"ALL", "NET_RAW"}),
		scheduler(pod+"/containers/name=scheduler/securityContext/capabilities/add", []any{"NET_BIND_SERVICE"}),
		scheduler(pod+"/containers/name=scheduler/securityContext/readOnlyRootFilesystem", true),
		scheduler(pod+"/containers/name=scheduler/volumeMounts/mountPath=~1tmp", map[string]any{"name": "tmp", "mountPath": "/tmp"}),
		scheduler(pod+"/volumes/name=tmp", map[string]any{"name": "tmp", "emptyDir": map[string]any{"sizeLimit": "64Mi"}}),
		scheduler(pod+"/automountServiceAccountToken", false),
		processor(pod+"/containers/name=dag-processor/volumeMounts/mountPath=~1opt~1airflow~1logs", map[string]any{"name": "tmp", "mountPath": "/opt/airflow/logs"}),
		processor(pod+"/volumes/name=tmp", map[string]any{"name": "tmp", "emptyDir": map[string]any{}}),
		processor("/metadata/labels/component", "other"),
		statsd(pod+"/serviceAccountName", "other"),
		statsd(pod+"/automountServiceAccountToken", false),
		statsd(context+"/runAsUser", nil),
		in("v1", "ServiceAccount", "af-airflow-scheduler")("/automountServiceAccountToken", false),
		in(rbac, "Role", "af-pod-launcher-role")("/rules", []any{map[string]any{"apiGroups": []any{""}, "resources": []any{"pods"}, "verbs": []any{"list"}}}),
		in(rbac, "RoleBinding", "af-pod-launcher-rolebinding")("/subjects", []any{map[string]any{"kind": "ServiceAccount", "name": "af-airflow-worker", "namespace": namespace}}),
		in("v1", "Namespace", namespace)("/metadata/labels/pod-security.kubernetes.io~1warn", "restricted"),
		{Target: policy, Op: change.Put, Value: map[string]any{
			"apiVersion": policy.APIVersion, "kind": policy.Kind, "metadata": map[string]any{"name": policy.Name, "namespace": namespace},
			"spec": map[string]any{"podSelector": map[string]any{}, "policyTypes": []any{"Ingress"}},
		}},
	}
}
