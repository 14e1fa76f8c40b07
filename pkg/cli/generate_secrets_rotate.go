package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/emit"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rotation"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/wire"
)

// rotateHelp is what generate secrets says of --rotate.
const rotateHelp = `

With --rotate KEY it writes how one secret is replaced by a new one instead: the
steps in their order as a shell script with its explanation, or with -o json or
yaml as data. New values are made when the commands run; none is printed or
given to a command as an argument. Keys: fernet, web-secret (Airflow 2),
api-secret and jwt (Airflow 3), database, broker, flower, git-key. It refuses
(exit code 2, with what to do first) where the new value would be undone or
stored connections would become unreadable. Where a wiring syncs the Secret,
give the flags that it was written with, so that the new value goes to the manager.`

// rotateOptions reads --rotate and the flags that go with it.
func (f *secretsFlags) rotateOptions(args []string, streams Streams) (*rotateOptions, error) {
	o := &rotateOptions{streams: streams, key: rotation.Key(f.rotate), format: render.Format(f.output), wiring: f.wiring}
	if o.format == bundleFormat {
		o.format = render.Shell
	}
	switch {
	case !slices.Contains(rotation.Keys(), f.rotate):
		return nil, fmt.Errorf("--rotate %q: use %s", f.rotate, strings.Join(rotation.Keys(), ", "))
	case !slices.Contains([]render.Format{render.Shell, render.JSON, render.YAML}, o.format):
		return nil, fmt.Errorf("-o %q: with --rotate use shell, json or yaml", f.output)
	case f.directory != "":
		return nil, errors.New("-d is for the files of a wiring; --rotate writes one script: redirect it to a file")
	case f.source.kube.all:
		return nil, errors.New("one release is rotated at a time; -A does not go with --rotate")
	case f.backend == "" && f.sync != "":
		return nil, errors.New("--sync needs --backend")
	}
	if f.backend != "" {
		o.wiring.Backend, o.wiring.Sync = wire.Backend(f.backend), wire.Sync(f.sync)
		known := o.wiring
		if err := known.Complete("release"); err != nil {
			return nil, err
		}
	}
	if f.quiet {
		o.streams.ErrOut = quietly{}
	}
	var err error
	o.source, err = f.source.toSource(first(args), o.streams, f.quiet)
	return o, err
}

// rotateOptions are what --rotate does, with no word left to interpret.
type rotateOptions struct {
	source  source
	key     rotation.Key
	format  render.Format
	wiring  wire.Options // its Backend is empty where no manager was named
	streams Streams
}

func (o *rotateOptions) run(ctx context.Context) error {
	return o.source(ctx, func(s *snapshot.Snapshot) error {
		model := airflow.New(s)
		store, err := o.store(model)
		if err != nil {
			return about(model.Release, err)
		}
		plan, err := rotation.Of(model, o.key, store)
		if err != nil {
			return about(model.Release, err)
		}
		return render.Rotation(o.streams.Out, o.format, plan)
	})
}

// store is the manager that a wiring with these flags keeps values in; nil where none is named.
func (o *rotateOptions) store(m *airflow.Model) (*rotation.Store, error) {
	if o.wiring.Backend == "" || o.wiring.Backend == wire.Kubernetes {
		return nil, nil
	}
	plan, err := wire.Make(m, nil, o.wiring, false)
	if err != nil {
		return nil, err
	}
	line := func(words []string) string {
		if len(words) == 0 {
			return ""
		}
		return emit.CommandLine(words)
	}
	return &rotation.Store{
		Name:  string(o.wiring.Backend),
		Write: func(secret, key string) string { return line(plan.Replace(secret, key)) },
		Sync: func(secret string) string {
			// An annotation must change each time, or nobody looks.
			return strings.Replace(line(plan.Refresh(secret)), "force-sync=now", `force-sync="$(date +%s)"`, 1)
		},
	}, nil
}
