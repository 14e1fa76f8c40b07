package rotation

import (
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// gitops is who applies the release from Git; empty where nothing tells.
func (r *rotation) gitops() string {
	if engine := r.GitOps(); engine != nil {
		return engine.Name
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
