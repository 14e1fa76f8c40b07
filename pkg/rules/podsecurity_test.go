package rules

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// TestEveryCheckHasARule refuses a newer evaluator until somebody has said
// which rule reports its new check; until then the check falls to AS107.
func TestEveryCheckHasARule(t *testing.T) {
	seen := map[policy.CheckID]bool{}
	for _, c := range policy.DefaultChecks() {
		seen[c.ID] = true
		if _, known := controls[c.ID]; !known {
			t.Errorf("the evaluator has a check %q that no rule names", c.ID)
		}
	}
	for id, c := range controls {
		if !seen[id] {
			t.Errorf("the evaluator has no check %q", id)
		}
		if Find(c.rule) == nil {
			t.Errorf("%s reports %q but is not in the catalogue", c.rule, id)
		}
	}
}

// TestNewCheckFallsToTheRest judges by a check that no table knows.
func TestNewCheckFallsToTheRest(t *testing.T) {
	added := policy.Check{ID: "tomorrow", Level: api.LevelBaseline, Versions: []policy.VersionedCheck{{
		MinimumVersion: api.MajorMinorVersion(1, 99),
		CheckPod: func(_ *metav1.ObjectMeta, spec *corev1.PodSpec) policy.CheckResult {
			for _, c := range spec.Containers {
				if c.Stdin {
					return policy.CheckResult{ForbiddenReason: "stdin", ForbiddenDetail: "take it away"}
				}
			}
			return policy.CheckResult{Allowed: true}
		},
	}}}
	checks := activeChecks([]policy.Check{added}, rule.Baseline, api.LatestVersion())
	if len(checks) != 1 || checks[0].rule != restOfPodSecurity {
		t.Fatalf("a new check goes to %v", checks)
	}
	if old := activeChecks([]policy.Check{added}, rule.Baseline, api.MajorMinorVersion(1, 98)); len(old) != 0 {
		t.Error("a check newer than the version asked for is judged")
	}
	spec := corev1.PodSpec{Containers: []corev1.Container{{Name: "quiet"}, {Name: "loud", Stdin: true}}}
	p := rule.NewPass(modelOf(t, spec, nil), rule.Baseline, rule.Parameters{})
	checks[0].judge(p, p.Workloads()[0])
	if len(p.Findings) != 1 || p.Findings[0].Container != "loud" || p.Findings[0].Path != "/spec/template/spec/containers/1" {
		t.Errorf("the new check is reported as %+v", p.Findings)
	}
}

// TestDisagreementIsReported holds for a locator that finds nothing.
func TestDisagreementIsReported(t *testing.T) {
	broken := activeCheck{
		control: control{"AS101", func(probe) []place { return nil }}, id: "privileged",
		run: func(*metav1.ObjectMeta, *corev1.PodSpec) policy.CheckResult {
			return policy.CheckResult{ForbiddenReason: "privileged", ForbiddenDetail: `container "a"`}
		},
	}
	p := rule.NewPass(modelOf(t, corev1.PodSpec{Containers: []corev1.Container{{Name: "a"}}}, nil), rule.Baseline, rule.Parameters{})
	broken.judge(p, p.Workloads()[0])
	if len(p.Findings) != 1 || p.Findings[0].Path != "/spec/template/spec" {
		t.Errorf("a refusal without a place is reported as %+v", p.Findings)
	}
}

// TestMaskedAnnotationIsUnknown neither blames nor passes a profile that cannot be read.
func TestMaskedAnnotationIsUnknown(t *testing.T) {
	masked := snapshot.Masked{ID: "7", Size: 16}.Token()
	annotations := map[string]string{"container.apparmor.security.beta.kubernetes.io/a": masked, "checksum/config": masked}
	p := rule.NewPass(modelOf(t, corev1.PodSpec{Containers: []corev1.Container{{Name: "a"}}}, annotations), rule.Baseline, rule.Parameters{})
	podSecurity(restOfPodSecurity)(p)
	if len(p.Findings) > 0 || len(p.Unknowns) != 1 {
		t.Errorf("findings %v, unknown %q", p.Findings, p.Unknowns)
	}
}

// TestRulesAgreeWithEvaluator compares the rules with the evaluator itself
// over pods changed at random: the same verdict at each level, every place
// found, every patch needed, and all patches together enough.
func TestRulesAgreeWithEvaluator(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		spec, annotations, told := mutatedPod(random)
		for _, level := range []rule.Level{rule.Baseline, rule.Restricted} {
			comparePod(t, evaluator, spec, annotations, level, told)
		}
		if t.Failed() {
			return
		}
	}
}

func comparePod(t *testing.T, evaluator policy.Evaluator, spec corev1.PodSpec, annotations map[string]string, level rule.Level, told string) {
	t.Helper()
	model := modelOf(t, spec, annotations)
	findings := podFindings(model, level)
	if refused := refusal(evaluator, model, level); (refused != "") != (len(findings) > 0) {
		t.Errorf("%s, %s: the evaluator says %q, the rules say %v", told, level, refused, findings)
	}
	allPatched := true
	for _, f := range findings {
		if strings.HasPrefix(f.Message, "Pod Security refuses") {
			t.Errorf("%s, %s: no place is found for %q", told, level, f.Message)
		}
		allPatched = allPatched && len(patchOf(f)) > 0
	}
	if !allPatched {
		return
	}
	if left := refusal(evaluator, patched(t, spec, annotations, findings, -1), level); left != "" {
		t.Errorf("%s, %s: after all patches the evaluator still says %q", told, level, left)
	}
	for i, f := range findings {
		if refusal(evaluator, patched(t, spec, annotations, findings, i), level) == "" {
			t.Errorf("%s, %s: %s is blamed for nothing: the other patches suffice", told, level, f.Path)
		}
	}
}

func podFindings(model *airflow.Model, level rule.Level) []rule.Finding {
	var out []rule.Finding
	for _, r := range All() {
		if r.ID < "AS101" || r.ID > "AS107" || level == rule.Baseline && r.Level != rule.Baseline {
			continue
		}
		p := rule.NewPass(model, level, rule.Parameters{})
		r.Check(p)
		out = append(out, p.Findings...)
	}
	return out
}

func refusal(evaluator policy.Evaluator, model *airflow.Model, level rule.Level) string {
	w := model.Workloads[0]
	asked := api.LevelVersion{Level: api.Level(level), Version: api.LatestVersion()}
	result := policy.AggregateCheckResults(evaluator.EvaluatePod(asked, &w.Meta, &w.Spec))
	return result.ForbiddenDetail()
}

func patchOf(f rule.Finding) []rule.Fix {
	return slices.DeleteFunc(slices.Clone(f.Fixes), func(x rule.Fix) bool { return x.Kind != rule.Patch })
}

// patched is the model after the patches of all findings but one. What that
// one asks for is left out of the others, too: two may need the same user.
func patched(t *testing.T, spec corev1.PodSpec, annotations map[string]string, findings []rule.Finding, but int) *airflow.Model {
	t.Helper()
	s := snapshotOf(t, spec, annotations)
	without := map[string]bool{}
	for i, f := range findings {
		for _, fix := range patchOf(f) {
			for _, c := range fix.Changes {
				without[c.Path] = without[c.Path] || i == but
			}
		}
	}
	for _, f := range findings {
		for _, fix := range patchOf(f) {
			for _, c := range fix.Changes {
				if without[c.Path] {
					continue
				}
				if err := c.Apply(s.Objects[0].Content); err != nil {
					t.Error(err)
				}
			}
		}
	}
	return airflow.New(s)
}

func modelOf(t *testing.T, spec corev1.PodSpec, annotations map[string]string) *airflow.Model {
	t.Helper()
	return airflow.New(snapshotOf(t, spec, annotations))
}

func snapshotOf(t *testing.T, spec corev1.PodSpec, annotations map[string]string) *snapshot.Snapshot {
	t.Helper()
	pod := corev1.PodTemplateSpec{Spec: spec}
	pod.Labels = map[string]string{"tier": "airflow", "component": "scheduler", "release": "af"}
	pod.Annotations = annotations
	template, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&pod)
	if err != nil {
		t.Fatal(err)
	}
	content := map[string]any{
		"apiVersion": "apps/v1", "kind": "Deployment",
		"metadata": map[string]any{"name": "af-scheduler", "namespace": "airflow"},
		"spec":     map[string]any{"template": template},
	}
	return &snapshot.Snapshot{
		Release: snapshot.Release{Name: "af", Namespace: "airflow", Record: snapshot.FromFiles},
		Objects: []snapshot.Object{{
			Ref:    snapshot.Ref{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "airflow", Name: "af-scheduler"},
			Origin: snapshot.Rendered, Content: content,
		}},
	}
}

// mutatedPod is a pod that keeps the restricted level, changed in up to five
// places; told says which.
func mutatedPod(random *rand.Rand) (corev1.PodSpec, map[string]string, string) {
	spec := corev1.PodSpec{
		SecurityContext: compliant(),
		InitContainers:  []corev1.Container{goodContainer("wait")},
		Containers:      []corev1.Container{goodContainer("scheduler"), goodContainer("sidecar")},
	}
	m := mutant{spec: &spec, annotations: map[string]string{}, random: random}
	var told []string
	for range random.IntN(6) {
		i := random.IntN(len(mutations))
		mutations[i].change(&m)
		told = append(told, mutations[i].name)
	}
	return spec, m.annotations, fmt.Sprint(told)
}

func goodContainer(name string) corev1.Container {
	return corev1.Container{Name: name, Image: "apache/airflow:3.2.2", SecurityContext: &corev1.SecurityContext{
		AllowPrivilegeEscalation: new(false),
		Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
	}}
}

// mutant is a pod under change.
type mutant struct {
	spec        *corev1.PodSpec
	annotations map[string]string
	random      *rand.Rand
}

// any is one of the pod's containers, with a security context.
func (m *mutant) any() *corev1.SecurityContext { return m.container().SecurityContext }

func (m *mutant) container() *corev1.Container {
	list := []*corev1.Container{&m.spec.InitContainers[0], &m.spec.Containers[0], &m.spec.Containers[1]}
	for i := range m.spec.EphemeralContainers {
		list = append(list, (*corev1.Container)(&m.spec.EphemeralContainers[i].EphemeralContainerCommon))
	}
	c := list[m.random.IntN(len(list))]
	if c.SecurityContext == nil {
		c.SecurityContext = &corev1.SecurityContext{}
	}
	return c
}

// pod is the pod's security context.
func (m *mutant) pod() *corev1.PodSecurityContext {
	if m.spec.SecurityContext == nil {
		m.spec.SecurityContext = &corev1.PodSecurityContext{}
	}
	return m.spec.SecurityContext
}

func (m *mutant) capability() corev1.Capability {
	list := []corev1.Capability{"NET_BIND_SERVICE", "CHOWN", "SYS_ADMIN", "NET_RAW"}
	return list[m.random.IntN(len(list))]
}

var mutations = []struct {
	name   string
	change func(*mutant)
}{
	{"privileged", func(m *mutant) { m.any().Privileged = new(true) }},
	{"not privileged", func(m *mutant) { m.any().Privileged = new(false) }},
	{"host network", func(m *mutant) { m.spec.HostNetwork = true }},
	{"host pid", func(m *mutant) { m.spec.HostPID = true }},
	{"host ipc", func(m *mutant) { m.spec.HostIPC = true }},
	{"host users off", func(m *mutant) { m.spec.HostUsers = new(false) }},
	{"windows", func(m *mutant) { m.spec.OS = &corev1.PodOS{Name: corev1.Windows} }},
	{"linux", func(m *mutant) { m.spec.OS = &corev1.PodOS{Name: corev1.Linux} }},
	{"host port", func(m *mutant) {
		c := m.container()
		c.Ports = append(c.Ports, corev1.ContainerPort{ContainerPort: 8080}, corev1.ContainerPort{ContainerPort: 80, HostPort: 80})
	}},
	{"host path", func(m *mutant) { m.volume(corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}) }},
	{"nfs", func(m *mutant) { m.volume(corev1.VolumeSource{NFS: &corev1.NFSVolumeSource{Server: "nfs"}}) }},
	{"empty dir", func(m *mutant) { m.volume(corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}) }},
	{"host process", func(m *mutant) {
		m.any().WindowsOptions = &corev1.WindowsSecurityContextOptions{HostProcess: new(true)}
	}},
	{"pod host process", func(m *mutant) {
		m.pod().WindowsOptions = &corev1.WindowsSecurityContextOptions{HostProcess: new(true)}
	}},
	{"may escalate", func(m *mutant) { m.any().AllowPrivilegeEscalation = new(true) }},
	{"no word on escalation", func(m *mutant) { m.any().AllowPrivilegeEscalation = nil }},
	{"no container context", func(m *mutant) { m.container().SecurityContext = nil }},
	{"no pod context", func(m *mutant) { m.spec.SecurityContext = nil }},
	{"root allowed", func(m *mutant) { m.any().RunAsNonRoot = new(false) }},
	{"root refused", func(m *mutant) { m.any().RunAsNonRoot = new(true) }},
	{"pod root allowed", func(m *mutant) { m.pod().RunAsNonRoot = new(false) }},
	{"pod silent on root", func(m *mutant) { m.pod().RunAsNonRoot = nil }},
	{"root user", func(m *mutant) { m.any().RunAsUser = new(int64(0)) }},
	{"own user", func(m *mutant) { m.any().RunAsUser = new(int64(50000)) }},
	{"pod root user", func(m *mutant) { m.pod().RunAsUser = new(int64(0)) }},
	{"adds a capability", func(m *mutant) {
		c := m.any()
		if c.Capabilities == nil {
			c.Capabilities = &corev1.Capabilities{}
		}
		c.Capabilities.Add = append(c.Capabilities.Add, m.capability())
	}},
	{"drops one capability", func(m *mutant) {
		m.any().Capabilities = &corev1.Capabilities{Drop: []corev1.Capability{m.capability()}}
	}},
	{"no capabilities", func(m *mutant) { m.any().Capabilities = nil }},
	{"unconfined", func(m *mutant) {
		m.any().SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
	}},
	{"own seccomp", func(m *mutant) {
		m.any().SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
	}},
	{"pod unconfined", func(m *mutant) {
		m.pod().SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeUnconfined}
	}},
	{"pod silent on seccomp", func(m *mutant) { m.pod().SeccompProfile = nil }},
	{"apparmor off", func(m *mutant) {
		m.any().AppArmorProfile = &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined}
	}},
	{"pod apparmor off", func(m *mutant) {
		m.pod().AppArmorProfile = &corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeUnconfined}
	}},
	{"apparmor annotation", func(m *mutant) {
		m.annotations["container.apparmor.security.beta.kubernetes.io/scheduler"] = "unconfined"
	}},
	{"harmless annotation", func(m *mutant) {
		m.annotations["container.apparmor.security.beta.kubernetes.io/sidecar"] = "runtime/default"
	}},
	{"selinux user", func(m *mutant) { m.any().SELinuxOptions = &corev1.SELinuxOptions{User: "root"} }},
	{"selinux level", func(m *mutant) { m.any().SELinuxOptions = &corev1.SELinuxOptions{Level: "s0"} }},
	{"pod selinux type", func(m *mutant) { m.pod().SELinuxOptions = &corev1.SELinuxOptions{Type: "spc_t"} }},
	{"proc unmasked", func(m *mutant) { m.any().ProcMount = new(corev1.UnmaskedProcMount) }},
	{"sysctl", func(m *mutant) {
		m.pod().Sysctls = append(m.pod().Sysctls, corev1.Sysctl{Name: "kernel.msgmax", Value: "1"})
	}},
	{"safe sysctl", func(m *mutant) {
		m.pod().Sysctls = append(m.pod().Sysctls, corev1.Sysctl{Name: "net.ipv4.tcp_syncookies", Value: "1"})
	}},
	{"probe elsewhere", func(m *mutant) {
		m.container().LivenessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Host: "169.254.169.254"}}}
	}},
	{"hook elsewhere", func(m *mutant) {
		m.container().Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{TCPSocket: &corev1.TCPSocketAction{Host: "elsewhere"}}}
	}},
	{"debugger", func(m *mutant) {
		debugger := corev1.EphemeralContainerCommon(goodContainer(fmt.Sprintf("debugger-%d", len(m.spec.EphemeralContainers))))
		m.spec.EphemeralContainers = append(m.spec.EphemeralContainers, corev1.EphemeralContainer{EphemeralContainerCommon: debugger})
	}},
	{"probe here", func(m *mutant) {
		m.container().ReadinessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: "/"}}}
	}},
}

func (m *mutant) volume(source corev1.VolumeSource) {
	name := fmt.Sprintf("v%d", len(m.spec.Volumes))
	m.spec.Volumes = append(m.spec.Volumes, corev1.Volume{Name: name, VolumeSource: source})
}
