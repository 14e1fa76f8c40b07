package rules

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// heldKeys are keys of Secrets in a container, as namespace/name and then key; * is all of them.
type heldKeys map[string]map[string]bool

const allKeys = "*"

func (h heldKeys) add(namespace, name, key string) {
	at := namespace + "/" + name
	if h[at] == nil {
		h[at] = map[string]bool{}
	}
	h[at][key] = true
}

// shares says that two containers hold the same key of a Secret.
func (h heldKeys) shares(at string, other heldKeys) bool {
	mine, theirs := h[at], other[at]
	if len(mine) == 0 || len(theirs) == 0 {
		return false
	}
	return mine[allKeys] || theirs[allKeys] || slices.ContainsFunc(slices.Collect(maps.Keys(mine)), func(key string) bool { return theirs[key] })
}

// gitLogins are the keys of Secrets that git-sync logs in with.
func gitLogins(p *rule.Pass) heldKeys {
	out := heldKeys{}
	for _, w := range p.Workloads() {
		for _, c := range w.Containers() {
			if c.Role == airflow.GitSync {
				addVariables(out, w, c, func(name string) bool { return strings.HasPrefix(name, "GIT") })
				addVolumes(out, w, c)
			}
		}
	}
	return out
}

func addVariables(h heldKeys, w *airflow.Workload, c airflow.Container, wanted func(name string) bool) {
	for _, v := range c.Env {
		if from := v.ValueFrom; from != nil && from.SecretKeyRef != nil && wanted(v.Name) {
			h.add(w.Namespace(), from.SecretKeyRef.Name, from.SecretKeyRef.Key)
		}
	}
}

// addVolumes adds what a container mounts; the public keys of hosts are no login.
func addVolumes(h heldKeys, w *airflow.Workload, c airflow.Container) {
	for _, mount := range c.VolumeMounts {
		i := slices.IndexFunc(w.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name && v.Secret != nil })
		if i < 0 || path.Base(mount.SubPath) == "known_hosts" {
			continue
		}
		secret := w.Spec.Volumes[i].Secret
		switch {
		case len(secret.Items) > 0:
			for _, item := range secret.Items {
				h.add(w.Namespace(), secret.SecretName, item.Key)
			}
		case mount.SubPath != "":
			h.add(w.Namespace(), secret.SecretName, mount.SubPath)
		default:
			h.add(w.Namespace(), secret.SecretName, allKeys)
		}
	}
}

// judgeGitLogin finds git's login outside git-sync. Where Airflow itself
// fetches bundles with git, it needs one, too.
func judgeGitLogin(g *gathered, w *airflow.Workload, c airflow.Container, logins heldKeys) {
	if s, exists := g.pass.SettingIn(w, c.Name, "dag_processor", "dag_bundle_config_list"); exists && !s.Default {
		return
	}
	held := heldKeys{}
	addVariables(held, w, c, func(string) bool { return true })
	addVolumes(held, w, c)
	for _, at := range slices.Sorted(maps.Keys(held)) {
		if !held.shares(at, logins) {
			continue
		}
		_, name, _ := strings.Cut(at, "/")
		g.add("git "+at+c.Name, rule.Finding{
			Target: w.Ref, Component: string(w.Component), Container: c.Name, Path: c.Path,
			Message: fmt.Sprintf("container %s holds git's login from Secret %s, which git-sync alone needs: code in it reads, and often writes, the repository of the DAGs", c.Name, name),
			Fixes:   []rule.Fix{{Kind: rule.Manual, Summary: "take Secret " + name + " out of container " + c.Name}},
		})
	}
}
