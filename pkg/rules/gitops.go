package rules

import (
	"maps"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// gitOpsEngine is what applies a release from Git, and what it does with a Helm hook.
type gitOpsEngine struct {
	name string
	// hooks says when it makes the objects of install hooks anew.
	hooks string
	// renders says that it renders the chart for each sync, as `helm template` does.
	renders bool
}

var (
	argoCD        = &gitOpsEngine{name: "Argo CD", hooks: "with every sync", renders: true}
	fluxHelm      = &gitOpsEngine{name: "Flux", hooks: "when it installs the release again, as it does to remedy a failed one"}
	fluxKustomize = &gitOpsEngine{name: "Flux", hooks: "whenever the rendered chart in Git changes", renders: true}
)

// gitOpsSign is a label or annotation that an engine leaves on objects.
// Sources: https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/ and
// https://argo-cd.readthedocs.io/en/stable/user-guide/helm/#helm-hooks;
// https://fluxcd.io/flux/components/helm/helmreleases/ and https://fluxcd.io/flux/components/kustomize/kustomizations/.
type gitOpsSign struct {
	engine     *gitOpsEngine
	key        string // its beginning where it ends in a slash
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

// gitOps is the engine that applies the release; nil where nothing shows one.
func gitOps(p *rule.Pass) *gitOpsEngine {
	for _, w := range p.Workloads() {
		if !w.Component.RunsAirflow() || w.Future {
			continue
		}
		for _, sign := range gitOpsSigns {
			on := w.Object.Labels()
			if sign.annotation {
				on = w.Object.Annotations()
			}
			if slices.ContainsFunc(slices.Collect(maps.Keys(on)), sign.matches) {
				return sign.engine
			}
		}
		if isTracked(w) {
			return argoCD
		}
	}
	return nil
}

func (s gitOpsSign) matches(key string) bool { return strings.HasPrefix(key, s.key) }

func isTracked(w *airflow.Workload) bool {
	return w.PodPath != "" && w.Object.Labels()[argoInstance] != "" && w.Meta.Labels[argoInstance] == ""
}
