package airflow

import (
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// GitOps is what applies a release from Git, and what it does with a Helm hook.
type GitOps struct {
	Name string
	// Hooks says when it makes the objects of install hooks anew.
	Hooks string
	// Renders says that it renders the chart for each sync, as `helm template` does.
	Renders bool
}

var (
	argoCD        = &GitOps{Name: "Argo CD", Hooks: "with every sync", Renders: true}
	fluxHelm      = &GitOps{Name: "Flux", Hooks: "when it installs the release again, as it does to remedy a failed one"}
	fluxKustomize = &GitOps{Name: "Flux", Hooks: "whenever the rendered chart in Git changes", Renders: true}
)

// gitOpsSign is what labels and annotations begin with that an engine leaves on objects.
// Sources: https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/ and
// https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#helm-hooks;
// https://fluxcd.io/flux/components/helm/helmreleases/ and https://fluxcd.io/flux/components/kustomize/kustomizations/.
type gitOpsSign struct {
	engine     *GitOps
	key        string
	annotation bool
}

var gitOpsSigns = []gitOpsSign{
	{argoCD, "argocd.argoproj.io/", true},
	{argoCD, "argocd.argoproj.io/", false},
	{fluxHelm, "helm.toolkit.fluxcd.io/", false},
	{fluxKustomize, "kustomize.toolkit.fluxcd.io/", false},
}

// argoInstance is Argo CD's older way to track objects. Charts use the label, too, but then for pods as well.
const argoInstance = "app.kubernetes.io/instance"

// GitOps is the engine that applies the release; nil where nothing shows one.
func (m *Model) GitOps() *GitOps {
	for _, w := range m.Workloads {
		if !w.Component.RunsAirflow() || w.Future {
			continue
		}
		if engine := gitOpsOf(w.Object); engine != nil {
			return engine
		}
		if w.PodPath != "" && w.Object.Labels()[argoInstance] != "" && w.Meta.Labels[argoInstance] == "" {
			return argoCD
		}
	}
	for _, list := range [][]snapshot.Object{m.Snapshot.Objects, m.Snapshot.Release.Manifest} {
		for i := range list {
			if engine := gitOpsOf(&list[i]); engine != nil && list[i].Namespace == m.Namespace {
				return engine
			}
		}
	}
	return nil
}

// gitOpsOf is the engine that an object's own labels or annotations name.
func gitOpsOf(o *snapshot.Object) *GitOps {
	i := slices.IndexFunc(gitOpsSigns, func(s gitOpsSign) bool {
		on := o.Labels()
		if s.annotation {
			on = o.Annotations()
		}
		for key := range on {
			if strings.HasPrefix(key, s.key) {
				return true
			}
		}
		return false
	})
	if i < 0 {
		return nil
	}
	return gitOpsSigns[i].engine
}
