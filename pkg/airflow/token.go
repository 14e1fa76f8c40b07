package airflow

import (
	"fmt"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Token says whether pods carry a token for the Kubernetes API.
type Token struct {
	Mounted bool
	// Known is false where the service account decides and was not read.
	Known bool
	// Why says who decided.
	Why string
	// Ref and Path are the place that decided: the pod's field or volume, the
	// account's field, or, where only Kubernetes' default did, the pod's field that would overrule it.
	Ref  snapshot.Ref
	Path string
	// Explicit says that a volume holds the token, which no automount switch takes away.
	Explicit bool
}

// MountsToken follows the API server: a volume that projects a token counts
// always; else the pod's automountServiceAccountToken decides, else the
// account's, else it is mounted.
// Source: kubernetes plugin/pkg/admission/serviceaccount.
func (m *Model) MountsToken(w *Workload) Token {
	if i, why := m.tokenVolume(w); i >= 0 {
		return Token{Mounted: true, Known: true, Why: why, Ref: w.Ref, Path: w.SpecPath() + "/volumes/" + strconv.Itoa(i), Explicit: true}
	}
	t := Token{Known: true, Ref: w.Ref, Path: w.SpecPath() + "/automountServiceAccountToken"}
	if pod := w.Spec.AutomountServiceAccountToken; pod != nil {
		t.Mounted, t.Why = *pod, fmt.Sprintf("the pod sets automountServiceAccountToken: %t", *pod)
		return t
	}
	a := m.account(w.Namespace(), w.ServiceAccount())
	if a.Unread != "" {
		t.Known, t.Why = false, a.Unread
		return t
	}
	if a.Object != nil {
		if account, set := a.Object.At("automountServiceAccountToken").(bool); set {
			t.Ref, t.Path = a.Object.Ref, "/automountServiceAccountToken"
			t.Mounted, t.Why = account, fmt.Sprintf("service account %s sets automountServiceAccountToken: %t", a.Name, account)
			return t
		}
	}
	t.Mounted, t.Why = true, fmt.Sprintf("nothing sets automountServiceAccountToken for service account %s, so Kubernetes mounts it", a.Name)
	return t
}

// tokenVolume finds a volume that hands a container a token for the API
// server; -1 where there is none. Tokens for another audience (a cloud, Vault,
// a mesh) are of no use there. The volume that the API server itself adds to
// live pods does not count: the switches explain it.
func (m *Model) tokenVolume(w *Workload) (index int, why string) {
	for i := range w.Spec.Volumes {
		v := &w.Spec.Volumes[i]
		if !m.mountsVolume(w, v.Name) {
			continue
		}
		if v.Projected != nil && !addedByAPIServer(w, v) && slices.ContainsFunc(v.Projected.Sources, forAPIServer) {
			return i, fmt.Sprintf("volume %s projects a service account token", v.Name)
		}
		if v.Secret != nil {
			o := m.index.find(snapshot.Secret, w.Namespace(), v.Secret.SecretName)
			if o != nil && o.At("type") == string(corev1.SecretTypeServiceAccountToken) {
				return i, fmt.Sprintf("volume %s holds a service account token that never expires", v.Name)
			}
		}
	}
	return -1, ""
}

func (m *Model) mountsVolume(w *Workload, name string) bool {
	return slices.ContainsFunc(w.Containers(), func(c Container) bool {
		return slices.ContainsFunc(c.VolumeMounts, func(v corev1.VolumeMount) bool { return v.Name == name })
	})
}

func addedByAPIServer(w *Workload, v *corev1.Volume) bool {
	const prefix = "kube-api-access-"
	return w.Ref.Kind == string(snapshot.Pod) && len(v.Name) > len(prefix) && v.Name[:len(prefix)] == prefix
}

func forAPIServer(p corev1.VolumeProjection) bool {
	if p.ServiceAccountToken == nil {
		return false
	}
	switch p.ServiceAccountToken.Audience {
	case "", "https://kubernetes.default.svc", "https://kubernetes.default.svc.cluster.local":
		return true
	}
	return false
}
