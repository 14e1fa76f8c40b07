package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/change"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var otherPodSecurityControls = &rule.Rule{
	ID:       restOfPodSecurity,
	Slug:     "other-pod-security-controls",
	Title:    "Pods keep the rest of the Pod Security Standards: volumes, sysctls, SELinux, AppArmor, procMount, probe hosts",
	Why:      "Each of these settings takes away one of the walls between a pod and its node, or lets the kubelet be sent to addresses the pod itself cannot reach.",
	Fix:      "Take the setting out of the pod, or give it a value that Pod Security allows.",
	Severity: rule.High,
	Level:    rule.Baseline,
	FixKinds: []rule.FixKind{rule.Values, rule.Patch, rule.Manual},
	Topics:   []string{"K8s"},
	Refs: []rule.Ref{
		pss("baseline: appArmorProfile, seLinuxOptions, procMount, sysctls, hostProbesAndHostLifecycle"),
		pss("restricted: restrictedVolumes, procMount_restricted"),
		cis("5.6.3"), nsa("Pod security"), owasp("K01"), mitre("T1611"),
	},
	Needs: snapshot.Workloads,
	Check: podSecurity(restOfPodSecurity),
}

func locateAppArmor(q probe) []place {
	const field, order = "/securityContext/appArmorProfile", "take the AppArmor profile away, so that the runtime's default holds"
	var out []place
	for _, key := range slices.Sorted(maps.Keys(q.meta.Annotations)) {
		only := &metav1.ObjectMeta{Annotations: map[string]string{key: q.meta.Annotations[key]}}
		if q.check(only, &corev1.PodSpec{}).Allowed {
			continue
		}
		path := q.w.PodPath + "/metadata/annotations/" + change.Escape(key)
		at := place{path: path, message: "the annotation " + key + " takes the container out of AppArmor", order: "remove the annotation"}
		if h, held := q.held[strings.TrimPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix)]; held {
			at.order = h.order(at.order)
		} else {
			at.changes = []change.Change{{Target: q.w.Ref, Op: change.Remove, Path: path}}
		}
		out = append(out, at)
	}
	if q.pod() {
		out = append(out, q.removePod(field, "the pod runs outside AppArmor's default profile", order))
	}
	for _, c := range q.containers() {
		out = append(out, q.remove(c, field, "container "+c.Name+" runs outside AppArmor's default profile", order))
	}
	return out
}

func locateSELinux(q probe) []place {
	const field, order = "/securityContext/seLinuxOptions", "take user, role and type out of seLinuxOptions"
	parts := func(at place) place {
		var changes []change.Change
		for _, whole := range at.changes {
			for _, part := range []string{"role", "type", "user"} {
				changes = append(changes, change.Change{Target: whole.Target, Op: change.Remove, Path: whole.Path + "/" + part})
			}
		}
		at.changes = changes
		return at
	}
	var out []place
	if q.pod() {
		out = append(out, parts(q.removePod(field, "the pod picks an SELinux user, role or type that confines it less", order)))
	}
	for _, c := range q.containers() {
		out = append(out, parts(q.remove(c, field, "container "+c.Name+" picks an SELinux user, role or type that confines it less", order)))
	}
	return out
}

func locateProcMount(q probe) []place {
	var out []place
	for _, c := range q.containers() {
		out = append(out, q.set(c, "/securityContext/procMount", "Default",
			"container "+c.Name+" sees the kernel's /proc unmasked", "set procMount: Default"))
	}
	return out
}

func locateSysctls(q probe) []place {
	var bad []string
	var good []any
	security := podSecurityContext(q.w)
	for _, s := range security.Sysctls {
		if q.refuses(corev1.PodSpec{SecurityContext: &corev1.PodSecurityContext{Sysctls: []corev1.Sysctl{s}}}) {
			bad = append(bad, s.Name)
		} else {
			good = append(good, map[string]any{"name": s.Name, "value": s.Value})
		}
	}
	if len(bad) == 0 {
		return nil
	}
	const field = "/securityContext/sysctls"
	message := "the pod sets " + strings.Join(bad, ", ") + ", which may reach beyond the pod"
	order := "take " + strings.Join(bad, ", ") + " out of sysctls"
	if len(good) == 0 {
		return []place{q.removePod(field, message, order)}
	}
	return []place{q.setPod(field, good, message, order)}
}

func locateVolumes(q probe) []place {
	var out []place
	for i, v := range q.w.Spec.Volumes {
		if v.HostPath != nil || !q.refuses(corev1.PodSpec{Volumes: []corev1.Volume{v}}) {
			continue
		}
		out = append(out, place{
			path:    fmt.Sprintf("%s/volumes/%d", q.w.SpecPath(), i),
			message: "volume " + v.Name + " mounts storage by its own address, past the claims that a cluster administrator controls",
			order:   "put a PersistentVolumeClaim in the place of volume " + v.Name,
		})
	}
	return out
}

// locateHandlerHosts finds probes and lifecycle handlers that send the kubelet to another host.
func locateHandlerHosts(q probe) []place {
	var out []place
	for _, c := range q.containers() {
		for _, h := range handlers(c.Container) {
			if h.host == "" {
				continue
			}
			out = append(out, withoutField(q.remove(c, h.path+"/host",
				"container "+c.Name+" makes the node's kubelet call "+h.host, "take host away: the kubelet then calls the pod itself")))
		}
	}
	return out
}

func withoutField(at place) place {
	at.field = ""
	return at
}

// handler is one place where a container tells the kubelet whom to call.
type handler struct{ path, host string }

func handlers(c *corev1.Container) []handler {
	var out []handler
	add := func(path string, get *corev1.HTTPGetAction, tcp *corev1.TCPSocketAction) {
		if get != nil {
			out = append(out, handler{path + "/httpGet", get.Host})
		}
		if tcp != nil {
			out = append(out, handler{path + "/tcpSocket", tcp.Host})
		}
	}
	probe := func(path string, p *corev1.Probe) {
		if p != nil {
			add(path, p.HTTPGet, p.TCPSocket)
		}
	}
	probe("/livenessProbe", c.LivenessProbe)
	probe("/readinessProbe", c.ReadinessProbe)
	probe("/startupProbe", c.StartupProbe)
	if c.Lifecycle == nil {
		return out
	}
	if on := c.Lifecycle.PostStart; on != nil {
		add("/lifecycle/postStart", on.HTTPGet, on.TCPSocket)
	}
	if on := c.Lifecycle.PreStop; on != nil {
		add("/lifecycle/preStop", on.HTTPGet, on.TCPSocket)
	}
	return out
}
