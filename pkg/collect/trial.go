package collect

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Trial renders a chart again and again with other values over those that were
// given. It keeps what it has rendered, and is safe for concurrent use.
type Trial struct {
	// Keys are those of the chart.
	Keys *ChartKeys
	// Base is the release without an overlay.
	Base *snapshot.Snapshot

	render func(ctx context.Context, overlay map[string]any) (*snapshot.Snapshot, error)
	mutex  sync.Mutex
	kept   map[string]*rendered
}

type rendered struct {
	once     sync.Once
	snapshot *snapshot.Snapshot
	err      error
}

// With is the release as it would be with an overlay over its values.
func (t *Trial) With(ctx context.Context, overlay map[string]any) (*snapshot.Snapshot, error) {
	if len(overlay) == 0 {
		return t.Base, nil
	}
	text, err := json.Marshal(overlay)
	if err != nil {
		return nil, fmt.Errorf("the overlay is no JSON: %w", err)
	}
	t.mutex.Lock()
	r := t.kept[string(text)]
	if r == nil {
		r = &rendered{}
		t.kept[string(text)] = r
	}
	t.mutex.Unlock()
	r.once.Do(func() { r.snapshot, r.err = t.render(ctx, overlay) })
	return r.snapshot, r.err
}

// Renders is how often the chart was rendered so far, beside its base.
func (t *Trial) Renders() int {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return len(t.kept)
}

// Trial begins with the release as the chart makes it. Where an overlay leaves
// the subcharts' values alone, only the chart's own templates are rendered
// again, which takes half the time, and the subcharts' objects stay.
func (c Chart) Trial(ctx context.Context) (*Trial, error) {
	base, err := FromChart(ctx, c)
	if err != nil {
		return nil, err
	}
	ch, err := loadChart(c.Path)
	if err != nil {
		return nil, err
	}
	user, err := c.userValues()
	if err != nil {
		return nil, err
	}
	with := c
	with.CacheDir, with.Progress = "", nil // what is tried once need not be kept
	t := &Trial{Base: base, Keys: keysOf(ch, nil), kept: map[string]*rendered{}}
	t.render = func(ctx context.Context, overlay map[string]any) (*snapshot.Snapshot, error) {
		trial := with
		trial.Overlay = overlay
		if !reachesSubcharts(ch, overlay) {
			if s, err := trial.own(ctx, base, mergeValues(user, overlay)); err == nil {
				return s, nil
			}
		}
		return FromChart(ctx, trial)
	}
	return t, nil
}

// reachesSubcharts says whether values are a subchart's, or everybody's.
func reachesSubcharts(ch *chart.Chart, overlay map[string]any) bool {
	names := append(subchartNames(ch.Metadata), "global")
	return slices.ContainsFunc(slices.Collect(maps.Keys(overlay)), func(key string) bool { return slices.Contains(names, key) })
}

// own renders the chart's own templates with all values, and takes the
// subcharts' objects from base. It fails where a template needs one of a subchart's.
func (c Chart) own(ctx context.Context, base *snapshot.Snapshot, user map[string]any) (*snapshot.Snapshot, error) {
	ch, err := loadChart(c.Path)
	if err != nil {
		return nil, err
	}
	full, major, minor, err := kubeVersion(c.kubernetes())
	if err != nil {
		return nil, err
	}
	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.KubeVersion = chartutil.KubeVersion{Version: full, Major: major, Minor: minor}
	m, err := newMasker()
	if err != nil {
		return nil, err
	}
	options := chartutil.ReleaseOptions{Name: base.Release.Name, Namespace: base.Release.Namespace, Revision: 1, IsInstall: true}
	var files map[string]string
	quietly(func() { files, err = renderOwn(ch, user, options, capabilities) })
	if err != nil {
		return nil, err
	}
	c.Namespace = base.Release.Namespace
	objects, err := c.objects(ch, files, m)
	if err != nil {
		return nil, err
	}
	out := *base
	out.Objects = slices.Concat(objects, slices.DeleteFunc(slices.Clone(base.Objects), func(o snapshot.Object) bool { return !inSubchart(o) }))
	out.Release.Values = m.values(user)
	out.Sort()
	return &out, ctx.Err()
}

// inSubchart says that an object came from a template of a subchart.
func inSubchart(o snapshot.Object) bool { return strings.Contains(o.Source, "/charts/") }

// subchartNames are the keys below which the values of subcharts stand.
func subchartNames(meta *chart.Metadata) []string {
	var out []string
	for _, d := range meta.Dependencies {
		if d != nil {
			out = append(out, cmp.Or(d.Alias, d.Name))
		}
	}
	return out
}
