package rotation

import (
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// gitops is who applies the release from Git; empty where nothing tells.
// Sources: Argo CD resource tracking; Flux helm-controller and kustomize-controller origin labels.
func (r *rotation) gitops() string {
	for _, list := range [][]snapshot.Object{r.Snapshot.Objects, r.Snapshot.Release.Manifest} {
		for i := range list {
			if name := gitopsOf(&list[i]); name != "" && list[i].Namespace == r.Namespace {
				return name
			}
		}
	}
	return ""
}

func gitopsOf(o *snapshot.Object) string {
	for key := range o.Annotations() {
		if key == "argocd.argoproj.io/tracking-id" || key == "argocd.argoproj.io/instance" {
			return "Argo CD"
		}
	}
	for key := range o.Labels() {
		switch {
		case key == "argocd.argoproj.io/instance":
			return "Argo CD"
		case strings.HasPrefix(key, "helm.toolkit.fluxcd.io/"), strings.HasPrefix(key, "kustomize.toolkit.fluxcd.io/"):
			return "Flux"
		}
	}
	return ""
}

// given says whether the release's own values set a key to something. Known is false where its values were not read.
func (r *rotation) given(key string) (set, known bool) {
	release := r.Snapshot.Release
	if release.Record != snapshot.Stored && release.Record != snapshot.FromChart {
		return false, false
	}
	var value any = release.Values
	for _, part := range strings.Split(r.Reachable(key), ".") {
		fields, _ := value.(map[string]any)
		value = fields[part]
	}
	text, isText := value.(string)
	if masked, is := snapshot.ParseMasked(text); is && masked.Size == 0 {
		return false, true
	}
	return value != nil && (!isText || text != ""), true
}
