package cli

import (
	"context"
	"slices"

	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// rendition is a release with the means to render it again.
type rendition struct {
	base      *snapshot.Snapshot
	again     func(ctx context.Context, overlay map[string]any) (*snapshot.Snapshot, error)
	keys      harden.ChartKeys
	whole     func(ctx context.Context, overlay map[string]any) (*snapshot.Snapshot, error)
	during    func(func())
	renders   func() int
	subcharts bool
	// partly says why nothing but NetworkPolicies can be rendered; empty where all can.
	partly string
}

func (f *sourceFlags) openChart(ctx context.Context, release string, progress *progress) (*rendition, error) {
	trial, err := f.chartSource(release, progress).Trial(ctx)
	if err != nil {
		return nil, err
	}
	r := renditionOf(trial)
	r.subcharts = true
	return r, nil
}

// openSaved is a release that was read before: there is no chart to render.
func (f *sourceFlags) openSaved(release string, streams Streams) (*rendition, error) {
	open := func() (*snapshot.Snapshot, error) {
		if f.sample {
			return readSample()
		}
		return openSnapshot(f.from, streams)
	}
	s, err := holding(release, open)
	if err != nil {
		return nil, err
	}
	return &rendition{base: s, partly: "a snapshot holds no chart; give --chart to try the values", during: func(f func()) { f() }}, nil
}

func renditionOf(t *collect.Trial) *rendition {
	return &rendition{base: t.Base, again: t.With, whole: t.Whole, during: t.During, keys: t.Keys, renders: t.Renders}
}

func (f *sourceFlags) openLive(ctx context.Context, release string, streams Streams, progress *progress) (*rendition, error) {
	cluster, err := f.kube.cluster(streams, progress.show)
	if err != nil {
		return nil, err
	}
	found, err := f.kube.releases(ctx, cluster, release)
	if err != nil {
		return nil, err
	}
	s, err := cluster.Read(ctx, found[0], f.revision)
	if err != nil {
		return nil, err
	}
	chart, err := cluster.Chart(ctx, found[0], f.revision)
	if err != nil {
		return nil, about(s.Release.Name, err)
	}
	trial, err := chart.Trial(ctx, s)
	if err == nil {
		return renditionOf(trial), nil
	}
	r := &rendition{partly: err.Error(), renders: func() int { return 0 }, during: func(f func()) { f() }}
	r.again = func(ctx context.Context, overlay map[string]any) (*snapshot.Snapshot, error) {
		policies, err := chart.Policies(ctx, overlay)
		return withPolicies(s, policies), err
	}
	r.base, err = r.again(ctx, nil) // the chart's own words, because the API server adds defaults to the live ones
	return r, err
}

// withPolicies is a release as it would be after an upgrade that brings these policies.
func withPolicies(s *snapshot.Snapshot, policies []snapshot.Object) *snapshot.Snapshot {
	out := *s
	out.Objects = slices.DeleteFunc(slices.Clone(s.Objects), func(o snapshot.Object) bool {
		return slices.ContainsFunc(policies, func(p snapshot.Object) bool { return p.Same(o.Ref) })
	})
	out.Objects = append(out.Objects, policies...)
	out.Sort()
	return &out
}
