package collect

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// Trial renders a chart again and again with other values over those that were
// given. It keeps what it has rendered, and is safe for concurrent use within During.
type Trial struct {
	// Keys are those of the chart.
	Keys *ChartKeys
	// Base is the release without an overlay.
	Base *snapshot.Snapshot

	render func(ctx context.Context, overlay map[string]any) (*snapshot.Snapshot, error)
	whole  func(ctx context.Context, overlay map[string]any) (*snapshot.Snapshot, error) // nil where render does it
	mutex  sync.Mutex
	kept   map[string]*rendered
}

type rendered struct {
	once     sync.Once
	snapshot *snapshot.Snapshot
	err      error
}

// With is the release as it would be with an overlay over its values.
// It begins no rendering after the context has ended.
func (t *Trial) With(ctx context.Context, overlay map[string]any) (*snapshot.Snapshot, error) {
	if len(overlay) == 0 || ctx.Err() != nil {
		return t.Base, ctx.Err()
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

// During runs f, in which the chart may be rendered several times at once: the
// standard logger, which they would all turn off and on again, is off meanwhile.
func (t *Trial) During(f func()) { quietly(f) }

// Renders is how often the chart was rendered so far, beside its base.
func (t *Trial) Renders() int {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return len(t.kept)
}

// Whole is With in one rendering of the chart and its subcharts together, as
// Helm does it. With renders them apart, which takes half the time; no chart
// should tell the difference.
func (t *Trial) Whole(ctx context.Context, overlay map[string]any) (*snapshot.Snapshot, error) {
	if t.whole == nil || len(overlay) == 0 {
		return t.With(ctx, overlay)
	}
	return t.whole(ctx, overlay)
}

// Trial begins with the release as the chart makes it.
func (c Chart) Trial(ctx context.Context) (*Trial, error) {
	base, err := FromChart(ctx, c)
	if err != nil {
		return nil, err
	}
	ch, err := loadChart(c.Path)
	if err != nil {
		return nil, err
	}
	gave, err := c.userValues()
	if err != nil {
		return nil, err
	}
	c.CacheDir, c.Progress = "", nil // what is tried once need not be kept
	t := &Trial{Base: base, Keys: keysOf(ch, nil), kept: map[string]*rendered{}}
	t.whole = func(ctx context.Context, overlay map[string]any) (*snapshot.Snapshot, error) {
		with := c
		with.Overlay = overlay
		return FromChart(ctx, with)
	}
	p := &parts{Chart: c, base: base, user: gave.values, owner: ownersValues(ch), names: append(subchartNames(ch.Metadata), "global"), subcharts: map[string][]snapshot.Object{}}
	t.render = func(ctx context.Context, overlay map[string]any) (*snapshot.Snapshot, error) {
		if s, err := p.render(ctx, overlay); err == nil {
			return s, nil
		}
		return t.whole(ctx, overlay)
	}
	return t, nil
}

// parts renders a chart and its subcharts apart from each other.
type parts struct {
	Chart
	base  *snapshot.Snapshot
	user  map[string]any
	owner map[string]any // what an umbrella's own values say
	names []string       // the keys of the subcharts' values
	mutex sync.Mutex
	// subcharts are their objects by what an overlay holds for them, as JSON.
	subcharts map[string][]snapshot.Object
}

// render fails where a template needs one of the other part, too.
func (p *parts) render(ctx context.Context, overlay map[string]any) (*snapshot.Snapshot, error) {
	user := mergeValues(p.user, overlay)
	m, err := newMasker()
	if err != nil {
		return nil, err
	}
	own, err := p.objectsOf(user, m, func(ch *chart.Chart) { ch.SetDependencies() })
	if err != nil {
		return nil, err
	}
	below, err := p.below(user, overlay, m)
	if err != nil {
		return nil, err
	}
	out := *p.base
	out.Objects = slices.Concat(own, below)
	out.Release.Values = m.values(mergeValues(p.owner, user))
	out.Sort()
	return &out, ctx.Err()
}

// below are the subcharts' objects.
func (p *parts) below(user, overlay map[string]any, m *masker) ([]snapshot.Object, error) {
	theirs := map[string]any{}
	for _, name := range p.names {
		if value, found := overlay[name]; found {
			theirs[name] = value
		}
	}
	if len(theirs) == 0 {
		return slices.DeleteFunc(slices.Clone(p.base.Objects), func(o snapshot.Object) bool { return !inSubchart(o) }), nil
	}
	text, err := json.Marshal(theirs)
	if err != nil {
		return nil, err
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	known, found := p.subcharts[string(text)]
	if !found {
		known, err = p.objectsOf(user, m, func(ch *chart.Chart) { ch.Templates = nil })
		p.subcharts[string(text)] = known
	}
	return known, err
}

// objectsOf renders what is left of the chart, with the values that it would see as a whole.
func (p *parts) objectsOf(user map[string]any, m *masker, cut func(*chart.Chart)) ([]snapshot.Object, error) {
	ch, err := loadChart(p.Path)
	if err != nil {
		return nil, err
	}
	full, major, minor, err := kubeVersion(p.kubernetes())
	if err != nil {
		return nil, err
	}
	capabilities := chartutil.DefaultCapabilities.Copy()
	capabilities.KubeVersion = chartutil.KubeVersion{Version: full, Major: major, Minor: minor}
	of := p.base.Release
	options := chartutil.ReleaseOptions{Name: of.Name, Namespace: of.Namespace, Revision: 1, IsInstall: true}
	var files map[string]string
	quietly(func() { files, err = renderPart(ch, user, options, capabilities, cut) })
	if err != nil {
		return nil, err
	}
	with := p.Chart
	with.Namespace = of.Namespace
	return with.objects(ch, files, m)
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
