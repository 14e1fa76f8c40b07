package wire

import (
	"cmp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// finder says where pods take a credential from today. Sure is false where
// something that could not be read may set it.
type finder func(m *airflow.Model) (now Now, found, sure bool)

// variable finds what the first container has under a name; with components, only theirs count.
func variable(name string, components ...airflow.Component) finder {
	return func(m *airflow.Model) (now Now, found, sure bool) {
		for _, w := range m.Workloads {
			if w.Future || len(components) > 0 && !slices.Contains(components, w.Component) {
				continue
			}
			for _, c := range w.Containers() {
				s, set := m.Env(w, c.Name, name)
				if !set || s.Known && s.Value == "" {
					continue
				}
				if !found || !sure && knowable(s) {
					now, found, sure = placeOf(s, w, c, len(components) > 0), true, knowable(s)
				}
			}
		}
		return now, found, sure
	}
}

// knowable is false where nobody could read whether the variable is set at all.
func knowable(s airflow.Setting) bool { return s.Known || s.Via == "secret" || s.Via == "configmap" }

// placeOf is where a variable comes from. What all of Airflow has is asked of the
// pod that always runs; own says that only this container may have it.
func placeOf(s airflow.Setting, w *airflow.Workload, c airflow.Container, own bool) Now {
	if s.Via == "secret" {
		key := strings.TrimPrefix(s.Path, "/data/")
		return Now{Via: InSecret, Ref: s.Ref, Key: strings.ReplaceAll(strings.ReplaceAll(key, "~1", "/"), "~0", "~")}
	}
	now := Now{Via: InEnvironment, Name: s.Name}
	if own {
		now.Ref, now.Container = w.Ref, c.Name
	}
	return now
}

// mounted finds the Secret that a component's volume with a name holds.
func mounted(volume, key string, components ...airflow.Component) finder {
	return func(m *airflow.Model) (Now, bool, bool) {
		for _, w := range m.Workloads {
			if len(components) > 0 && !slices.Contains(components, w.Component) {
				continue
			}
			for _, v := range w.Spec.Volumes {
				if v.Name == volume && v.Secret != nil {
					return inSecret(w.Namespace(), v.Secret.SecretName, cmp.Or(key, mountedKey(w, volume))), true, true
				}
			}
		}
		return Now{}, false, false
	}
}

// mountedKey is the one key of a volume that a container mounts as a file.
func mountedKey(w *airflow.Workload, volume string) string {
	for _, c := range w.Containers() {
		i := slices.IndexFunc(c.VolumeMounts, func(v corev1.VolumeMount) bool { return v.Name == volume && v.SubPath != "" })
		if i >= 0 {
			return c.VolumeMounts[i].SubPath
		}
	}
	return ""
}

// pulling finds the Secret that the images are pulled with.
func pulling(m *airflow.Model) (Now, bool, bool) {
	for _, w := range m.Workloads {
		if w.Component.RunsAirflow() && len(w.Spec.ImagePullSecrets) > 0 && w.Spec.ImagePullSecrets[0].Name != "" {
			return inSecret(w.Namespace(), w.Spec.ImagePullSecrets[0].Name, corev1.DockerConfigJsonKey), true, true
		}
	}
	return Now{}, false, false
}

func inSecret(namespace, name, key string) Now {
	return Now{Via: InSecret, Key: key, Ref: snapshot.Ref{APIVersion: "v1", Kind: string(snapshot.Secret), Namespace: namespace, Name: name}}
}
