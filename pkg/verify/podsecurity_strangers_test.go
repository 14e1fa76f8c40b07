package verify_test

import (
	"encoding/json"
	"fmt"
	oldrand "math/rand" // testing/quick takes no other
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"testing/quick"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// TestStrangers puts containers that nobody knows into the pods of releases, by
// the chart's values or as a webhook does: a plan neither changes them nor what
// they get from their pods, and still does all that it claims.
func TestStrangers(t *testing.T) {
	var known []*snapshot.Snapshot
	all := releases(t)
	for _, name := range []string{
		"sample", "community-8.9.0/00-defaults", "community-8.9.0/07-gitsync-ssh-no-knownhosts",
		"official-1.22.0/02-kubernetes-executor", "official-1.15.0/03-celery-kubernetes", "official-1.15.0/18-pss-only",
	} {
		if path, found := all[name]; found {
			known = append(known, read(t, path))
		}
	}
	alike := func(seed uint64) bool {
		random := rand.New(rand.NewPCG(seed, 1))
		guests := invite(t, random, known[random.IntN(len(known))])
		p := planPods(t, guests.snapshot, rule.Levels[random.IntN(len(rule.Levels))])
		p.keepsItsWord(t)
		p.touchesNothingElse(t)
		p.keepsUsersAndGroups(t)
		p.isDoneOnce(t)
		for _, c := range guests.list {
			if before, after := c.seen(t, p.before), c.seen(t, p.after); !reflect.DeepEqual(before, after) {
				t.Errorf("%s of %s was\n%s\nand is\n%s", c.name, c.target, before, after)
			}
		}
		return !t.Failed()
	}
	if err := quick.Check(alike, &quick.Config{MaxCount: strangerReleases, Rand: oldrand.New(oldrand.NewSource(1))}); err != nil {
		t.Error(err)
	}
}

// strangerReleases is how many releases are made at random, the same in each run.
const strangerReleases = 80

// guests are strangers in a copy of a release.
type guests struct {
	snapshot *snapshot.Snapshot
	list     []guest
}

// guest is one of them and where it lives.
type guest struct {
	target snapshot.Ref
	spec   string // path of the pod's spec, whose context reaches it
	kind   airflow.ContainerKind
	name   string
	// own is the container where the object does not hold it: a webhook adds it to the pods.
	own *corev1.Container
}

func invite(t *testing.T, random *rand.Rand, from *snapshot.Snapshot) guests {
	t.Helper()
	out := guests{snapshot: copyOf(from)}
	workloads := airflow.New(from).Workloads
	for i := range 1 + random.IntN(4) {
		w := workloads[random.IntN(len(workloads))]
		if stores := airflow.New(from).Find(airflow.Broker); len(stores) > 0 && random.IntN(4) == 0 {
			w = stores[0] // the one that runs as root and owns a volume
		}
		if w.Owner != nil || w.Ref.Kind == "Pod" || !holds(out.snapshot, w) {
			continue
		}
		if random.IntN(3) == 0 {
			out.strip(t, w)
		}
		c := strange(random, i)
		switch random.IntN(4) {
		case 0:
			out.inject(t, w, c, airflow.Regular)
		case 1:
			out.inject(t, w, c, airflow.Ephemeral)
		default:
			out.add(t, random, w, c)
		}
	}
	out.snapshot.Sort()
	return out
}

// holds says whether the workload's object stands among the objects: hooks of a stored release do not.
func holds(s *snapshot.Snapshot, w *airflow.Workload) bool {
	return slices.ContainsFunc(s.Objects, func(o snapshot.Object) bool { return o.Same(w.Ref) })
}

// strange is a container that no table knows.
func strange(random *rand.Rand, i int) corev1.Container {
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	c := corev1.Container{
		Name:  fmt.Sprintf("%s-%d", pick("proxy", "istio-proxy", "vault-agent", "exporter", "sidecar"), i),
		Image: pick("registry.example.com/auth-proxy:1.4", "busybox", "docker.io/istio/proxyv2:1.27.0", "registry.example.com/team/tool@sha256:00"),
	}
	if random.IntN(2) == 0 {
		return c
	}
	c.SecurityContext = &corev1.SecurityContext{}
	some := func(set func(own *corev1.SecurityContext)) {
		if random.IntN(3) == 0 {
			set(c.SecurityContext)
		}
	}
	some(func(own *corev1.SecurityContext) { own.RunAsUser = new(random.Int64N(2) * 1337) })
	some(func(own *corev1.SecurityContext) { own.RunAsNonRoot = new(random.IntN(2) == 0) })
	some(func(own *corev1.SecurityContext) { own.Privileged = new(random.IntN(2) == 0) })
	some(func(own *corev1.SecurityContext) { own.AllowPrivilegeEscalation = new(random.IntN(2) == 0) })
	some(func(own *corev1.SecurityContext) { own.ReadOnlyRootFilesystem = new(true) })
	some(func(own *corev1.SecurityContext) {
		own.Capabilities = &corev1.Capabilities{Add: []corev1.Capability{"NET_ADMIN"}, Drop: []corev1.Capability{"ALL"}}
	})
	some(func(own *corev1.SecurityContext) {
		own.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
	})
	return c
}

// strip takes all that a workload says of users and rights away.
func (g *guests) strip(t *testing.T, w *airflow.Workload) {
	t.Helper()
	paths := []string{w.SpecPath() + "/securityContext"}
	for _, c := range w.Containers() {
		paths = append(paths, w.SpecPath()+"/"+string(c.Kind)+"/name="+c.Name+"/securityContext")
	}
	for _, path := range paths {
		if err := (change.Change{Target: w.Ref, Op: change.Remove, Path: path}).Apply(g.content(w.Ref)); err != nil {
			t.Fatal(err)
		}
	}
}

// add puts a container anywhere into one of a workload's lists.
func (g *guests) add(t *testing.T, random *rand.Rand, w *airflow.Workload, c corev1.Container) {
	t.Helper()
	kind := []airflow.ContainerKind{airflow.Regular, airflow.Init}[random.IntN(2)]
	if kind == airflow.Init && random.IntN(2) == 0 { // the image is known, but it prepares something as root
		c.Image, c.SecurityContext = "apache/airflow:2.10.5", &corev1.SecurityContext{RunAsUser: new(int64(0))}
	}
	path := w.SpecPath() + "/" + string(kind)
	content := g.content(w.Ref)
	list, _ := change.Lookup(content, path)
	entries, _ := list.([]any)
	entries = slices.Insert(slices.Clone(entries), random.IntN(len(entries)+1), any(decoded(t, &c)))
	if err := (change.Change{Target: w.Ref, Op: change.Set, Path: path, Value: entries}).Apply(content); err != nil {
		t.Fatal(err)
	}
	g.list = append(g.list, guest{target: w.Ref, spec: w.SpecPath(), kind: kind, name: c.Name})
}

// inject adds a live pod of a Deployment that has one container more than the
// template: a webhook's, which all of its pods get, or somebody's debugger.
func (g *guests) inject(t *testing.T, w *airflow.Workload, c corev1.Container, kind airflow.ContainerKind) {
	t.Helper()
	if w.Ref.Kind != "Deployment" {
		return
	}
	template, _ := change.Lookup(g.content(w.Ref), w.PodPath)
	pod := runtime.DeepCopyJSON(template.(map[string]any))
	spec := pod["spec"].(map[string]any)
	list, _ := spec[string(kind)].([]any)
	spec[string(kind)] = append(list, decoded(t, &c))
	meta := pod["metadata"].(map[string]any)
	name := w.Ref.Name + "-5d4f-" + c.Name
	meta["name"], meta["namespace"] = name, w.Ref.Namespace
	meta["ownerReferences"] = []any{map[string]any{
		"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": w.Ref.Name + "-5d4f", "uid": "1", "controller": true,
	}}
	pod["apiVersion"], pod["kind"] = "v1", "Pod"
	ref := snapshot.Ref{APIVersion: "v1", Kind: "Pod", Namespace: w.Ref.Namespace, Name: name}
	g.snapshot.Objects = append(g.snapshot.Objects, snapshot.Object{Ref: ref, Origin: snapshot.Live, Content: pod})
	g.list = append(g.list, guest{target: ref, spec: "/spec", kind: kind, name: c.Name})
	if kind == airflow.Regular {
		g.list = append(g.list, guest{target: w.Ref, spec: w.SpecPath(), kind: kind, name: c.Name, own: &c})
	}
}

func (g *guests) content(ref snapshot.Ref) map[string]any {
	i := slices.IndexFunc(g.snapshot.Objects, func(o snapshot.Object) bool { return o.Same(ref) })
	return g.snapshot.Objects[i].Content
}

func decoded(t *testing.T, value any) map[string]any {
	t.Helper()
	out, err := runtime.DefaultUnstructuredConverter.ToUnstructured(value)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// seen is a guest as it stands in a snapshot, with all that its pod gives it, as text.
func (g guest) seen(t *testing.T, s *snapshot.Snapshot) string {
	t.Helper()
	i := slices.IndexFunc(s.Objects, func(o snapshot.Object) bool { return o.Same(g.target) })
	value, _ := change.Lookup(s.Objects[i].Content, g.spec)
	var spec corev1.PodSpec
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(value.(map[string]any), &spec); err != nil {
		t.Fatal(err)
	}
	raw, found := change.Lookup(s.Objects[i].Content, g.spec+"/"+string(g.kind)+"/name="+g.name)
	own := g.own
	if own == nil {
		if !found {
			t.Fatalf("%s is no longer in %s", g.name, g.target)
		}
		own = &corev1.Container{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(raw.(map[string]any), own); err != nil {
			t.Fatal(err)
		}
	}
	text, err := json.Marshal(map[string]any{"itself": raw, "given": given(&spec, own)})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// given is what a container has from its pod, without what it overrides.
func given(spec *corev1.PodSpec, c *corev1.Container) map[string]any {
	pod := contextOf(spec)
	if own := c.SecurityContext; own != nil {
		if own.RunAsUser != nil {
			pod.RunAsUser = nil
		}
		if own.RunAsGroup != nil {
			pod.RunAsGroup = nil
		}
		if own.RunAsNonRoot != nil {
			pod.RunAsNonRoot = nil
		}
		if own.SeccompProfile != nil {
			pod.SeccompProfile = nil
		}
	}
	return map[string]any{
		"context": pod, "network": spec.HostNetwork, "pid": spec.HostPID, "ipc": spec.HostIPC,
		"users": spec.HostUsers, "shares": spec.ShareProcessNamespace,
	}
}
