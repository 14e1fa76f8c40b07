package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/diff"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// one compares one release.
func (o *diffOptions) one(ctx context.Context) func(*snapshot.Snapshot) error {
	return func(s *snapshot.Snapshot) error {
		model := airflow.New(s)
		var err error
		switch {
		case o.threeWay:
			err = o.threeWays(model)
		case o.release:
			err = o.againstRelease(ctx, model)
		default:
			err = o.againstProfile(ctx, model)
		}
		if errors.Is(err, errFindings) || errors.Is(err, errIncomplete) {
			return err
		}
		return aboutError(model.Release, err)
	}
}

func aboutError(release string, err error) error {
	if err == nil {
		return nil
	}
	return about(release, err)
}

func (o *diffOptions) againstProfile(ctx context.Context, model *airflow.Model) error {
	d, err := o.fromProfile(model)
	if err != nil {
		return err
	}
	return o.show(ctx, d)
}

func (o *diffOptions) againstRelease(ctx context.Context, model *airflow.Model) error {
	d, err := fromRelease(model)
	if err != nil {
		return err
	}
	return o.show(ctx, d)
}

func (o *diffOptions) threeWays(model *airflow.Model) error {
	drifted, err := fromRelease(model)
	if err != nil {
		return err
	}
	wanted, err := o.fromProfile(model)
	if err != nil {
		return err
	}
	t := diff.ThreeWays(model.Snapshot, drifted, wanted)
	if err := render.ThreeWay(o.streams.Out, o.format, t, o.render); err != nil {
		return err
	}
	if !o.quiet {
		_ = render.ThreeWaySummary(o.streams.ErrOut, t)
	}
	return verdict(!t.Empty(), len(t.Unread) > 0)
}

// fromRelease compares with what Helm installed.
func fromRelease(model *airflow.Model) (*diff.Diff, error) {
	s := model.Snapshot
	switch {
	case s.Offline():
		return nil, errors.New("what Helm installed is not known of manifests or a chart")
	case len(s.Release.Manifest) == 0:
		c := s.CoverageOf(snapshot.ReleaseRecord)
		if c.Reason != "" {
			return nil, fmt.Errorf("what Helm installed could not be read: %s", c.Reason)
		}
		return nil, errors.New("what Helm installed could not be read")
	}
	components := map[snapshot.Ref]string{}
	for _, w := range model.Workloads {
		components[w.Ref] = string(w.Component)
	}
	return diff.OfRelease(s, func(ref snapshot.Ref) string { return components[ref] }), nil
}

// show prints a comparison, or has the user's own program show it.
func (o *diffOptions) show(ctx context.Context, d *diff.Diff) error {
	differs := !d.Empty()
	if o.external != nil && differs {
		var err error
		if differs, err = o.showWith(ctx, d); err != nil {
			return err
		}
	} else if err := render.Diff(o.streams.Out, o.format, d, o.render); err != nil {
		return err
	}
	if !o.quiet {
		_ = render.DiffSummary(o.streams.ErrOut, d)
	}
	return verdict(differs, len(d.Unread) > 0)
}
