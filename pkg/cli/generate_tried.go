package cli

import (
	"context"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// proved is what a command wrote, with what came of trying it.
type proved interface {
	Holds() bool
	Incomplete() bool
}

// verdictOn turns a proof into the error that decides the exit code.
func verdictOn(p proved) error {
	switch {
	case !p.Holds():
		return errFindings
	case p.Incomplete():
		return errIncomplete
	}
	return nil
}

// attempt is a command that writes what it has tried by rendering a release again.
type attempt[S proved] interface {
	model(*snapshot.Snapshot) *airflow.Model
	make(context.Context, *airflow.Model, *rendition) (S, error)
	write(*airflow.Model, S) error
}

// trying is how such a command comes by its release.
type trying struct {
	open     func(context.Context) (*rendition, error)
	progress *progress
}

func (f *sourceFlags) toTrying(release string, streams Streams, quiet bool) trying {
	progress := newProgress(streams, quiet)
	return trying{progress: progress, open: func(ctx context.Context) (*rendition, error) {
		switch {
		case f.chart != "":
			return f.openChart(ctx, release, progress)
		case f.from != "" || f.sample:
			return f.openSaved(release, streams)
		}
		return f.openLive(ctx, release, streams, progress)
	}}
}

// try makes all of an answer before it writes any of it.
func try[S proved](ctx context.Context, how trying, a attempt[S]) error {
	defer how.progress.stop()
	r, err := how.open(ctx)
	if err != nil {
		return err
	}
	model := a.model(r.base)
	var set S
	r.during(func() { set, err = a.make(ctx, model, r) })
	if err != nil {
		return about(model.Release, err)
	}
	how.progress.stop()
	if err := a.write(model, set); err != nil {
		return about(model.Release, err)
	}
	return verdictOn(set)
}
