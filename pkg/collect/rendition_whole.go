package collect

import (
	"context"
	"maps"
	"path"
	"reflect"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Trial begins with a live release as its stored chart makes it: what was read
// of the cluster, with the chart's own objects in the place of those that Helm
// installed, and those of subcharts as Helm's record has them. It fails where
// the chart does not give here what Helm installed. Secrets stay those of the
// cluster but for what an overlay does to them, because charts make keys anew at each rendering.
func (s *StoredChart) Trial(ctx context.Context, live *snapshot.Snapshot) (*Trial, error) {
	objects, err := s.objects(ctx, nil)
	if err != nil {
		return nil, err
	}
	installed, hooks, err := s.record.manifests(s.masker)
	if err != nil {
		return nil, notRendered("its manifest cannot be read")
	}
	if err := s.sameAsInstalled(objects, slices.Concat(installed, hooks)); err != nil {
		return nil, err
	}
	t := &Trial{Base: s.upgraded(live, objects, nil), Keys: keysOf(s.record.helmChart(), subchartNames(s.record.Chart.Metadata)), kept: map[string]*rendered{}}
	t.render = func(ctx context.Context, overlay map[string]any) (*snapshot.Snapshot, error) {
		after, err := s.objects(ctx, overlay)
		if err != nil {
			return nil, err
		}
		out := s.upgraded(live, after, overlay)
		if err := s.secretsAfter(ctx, out, objects, after); err != nil {
			return nil, err
		}
		out.Sort()
		return out, nil
	}
	return t, nil
}

// objects are those of the chart's own templates, hooks included.
func (s *StoredChart) objects(ctx context.Context, overlay map[string]any) (out []snapshot.Object, err error) {
	defer guard("rendering the stored chart", &err)
	ch := s.record.helmChart()
	ch.Templates = slices.DeleteFunc(slices.Clone(ch.Templates), func(t *chart.File) bool { return path.Base(t.Name) == "NOTES.txt" })
	dropRemoteSchemas(ch)
	return s.rendered(ctx, ch, overlay)
}

// rendered is what a chart's templates make of the release's values under an overlay.
func (s *StoredChart) rendered(ctx context.Context, ch *chart.Chart, overlay map[string]any) (out []snapshot.Object, err error) {
	words, refused := chartWords(ch), refusalOf(ch, nil)
	var files map[string]string
	quietly(func() {
		files, err = renderChart(ch, mergeValues(runtime.DeepCopyJSON(s.record.Config), overlay), s.options(), s.capabilities)
	})
	if err != nil {
		return nil, notRendered(chartError("the chart", err, words, refused).Error())
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		objects, err := parseManifests(strings.NewReader(files[name]), name, s.record.Namespace, s.masker)
		if err != nil {
			return nil, notRendered(err.Error())
		}
		for i := range objects {
			objects[i].Source, objects[i].File, objects[i].Line = name, "", 0
		}
		out = append(out, objects...)
	}
	return out, ctx.Err()
}

// options are those of the upgrade that would follow.
func (s *StoredChart) options() chartutil.ReleaseOptions {
	return chartutil.ReleaseOptions{
		Name: s.record.Name, Namespace: s.record.Namespace, Revision: s.record.Version,
		IsInstall: s.record.Version == 1, IsUpgrade: s.record.Version > 1,
	}
}

// sameAsInstalled compares names, pods and rights of what the chart renders to with what Helm installed.
func (s *StoredChart) sameAsInstalled(rendered, installed []snapshot.Object) error {
	known := map[snapshot.Ref]any{}
	for _, o := range installed {
		if !inSubchart(o) {
			known[o.Ref] = essence(o)
		}
	}
	for _, o := range rendered {
		was, found := known[o.Ref]
		if !found || !reflect.DeepEqual(was, essence(o)) {
			return notRendered("it gives another " + shown(&o) + " than Helm installed")
		}
		delete(known, o.Ref)
	}
	if len(known) > 0 {
		return notRendered("it does not give all that Helm installed")
	}
	return nil
}

// essence is what an overlay is judged by: the specs of pods and all that
// decides on rights and connections. The rest may be made anew at each rendering.
func essence(o snapshot.Object) any {
	if pod, ok := podOf(&o)["spec"]; ok {
		return pod
	}
	switch snapshot.Kind(o.Kind) {
	case snapshot.NetworkPolicy:
		return o.At("spec")
	case snapshot.Role, snapshot.ClusterRole:
		return o.At("rules")
	case snapshot.RoleBinding, snapshot.ClusterRoleBinding:
		return []any{o.At("subjects"), o.At("roleRef")}
	case snapshot.ServiceAccount:
		return o.At("automountServiceAccountToken")
	}
	return nil
}

// upgraded is a live release after an upgrade that brings these objects.
func (s *StoredChart) upgraded(live *snapshot.Snapshot, objects []snapshot.Object, overlay map[string]any) *snapshot.Snapshot {
	out := *live
	isSecret := func(o snapshot.Object) bool { return o.Kind == string(snapshot.Secret) && o.Group() == "" }
	gone := map[string]bool{}
	for _, o := range slices.Concat(live.Release.Manifest, objects) {
		gone[identity(o.Ref)] = !isSecret(o)
	}
	out.Objects = slices.DeleteFunc(slices.Clone(live.Objects), func(o snapshot.Object) bool { return gone[identity(o.Ref)] })
	out.Release.Manifest, out.Release.Hooks = nil, slices.DeleteFunc(slices.Clone(live.Release.Hooks), func(o snapshot.Object) bool { return !inSubchart(o) && !isSecret(o) })
	for _, o := range live.Release.Manifest {
		if inSubchart(o) || isSecret(o) {
			out.Release.Manifest = append(out.Release.Manifest, o)
		}
		if inSubchart(o) && !isSecret(o) {
			out.Objects = append(out.Objects, o)
		}
	}
	for _, o := range objects {
		switch {
		case isSecret(o):
		case o.Origin == snapshot.Hook:
			out.Release.Hooks = append(out.Release.Hooks, o)
		default:
			out.Objects, out.Release.Manifest = append(out.Objects, o), append(out.Release.Manifest, o)
		}
	}
	if len(overlay) > 0 {
		out.Release.Values = s.masker.values(mergeValues(runtime.DeepCopyJSON(s.record.Config), overlay))
	}
	out.Sort()
	return &out
}
