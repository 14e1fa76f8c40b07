package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/emit"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// valuesFlags are the words of generate values, as typed.
type valuesFlags struct {
	source  sourceFlags
	profile string
	quiet   bool
}

// valuesOptions are what generate values does, with no word left to interpret.
type valuesOptions struct {
	open    func(context.Context) (*rendition, error)
	profile *profile.Profile
	streams Streams
}

// rendition is a release with the means to render it again.
type rendition struct {
	snapshot  *snapshot.Snapshot
	again     func(ctx context.Context, overlay map[string]any) (*snapshot.Snapshot, error)
	subcharts bool
}

func newGenerateValuesCommand(streams Streams) *cobra.Command {
	flags := valuesFlags{source: sourceFlags{kube: newKubeFlags()}}
	cmd := &cobra.Command{
		Use:   "values [RELEASE]",
		Short: "Write values that turn the chart's own NetworkPolicies on, where they cut nothing",
		Long: `Writes the smallest values overlay that turns on the NetworkPolicies of the
release's own chart and of its database and broker subcharts, with the peers
that Airflow's needed connections ask for.

Each toggle is tried first: the chart is rendered with the overlay on top of the
release's values, and every needed connection is asked for. One that would cut a
needed connection stays off, and standard error says which and why. Helm keeps
the chart with a release, but not its subcharts: theirs need --chart.

Exit codes: 0 written and the proof holds, 1 written, but a toggle stays off or
a needed connection is cut (standard error says what), 2 nothing is written: the
release cannot be rendered, or its chart has no such toggle (generate patches
writes policies for any chart), 3 written, but something could not be read.`,
		Example: `  # look at the proof, then upgrade
  $HOST generate values airflow -n airflow > network.yaml
  helm upgrade airflow apache-airflow/airflow -n airflow --reuse-values -f network.yaml

  # for a chart that is not installed yet
  $HOST generate values airflow -n airflow --chart ./airflow --values prod.yaml`,
		Args: cobra.MaximumNArgs(1),
		RunE: runs(flags.toOptions, streams),
	}
	flags.source.add(cmd)
	cmd.Flags().StringVar(&flags.profile, "profile", "restricted", "Hardening profile: baseline, restricted, paranoid, or a file; its egress and ingressFrom are kept")
	cmd.Flags().BoolVarP(&flags.quiet, "quiet", "q", false, "No progress, no warnings and no summary of the proof")
	_ = cmd.RegisterFlagCompletionFunc("profile", cobra.FixedCompletions(profile.Names(), cobra.ShellCompDirectiveDefault))
	cmd.ValidArgsFunction = completeReleases(flags.source.kube, streams)
	return cmd
}

func (f *valuesFlags) toOptions(args []string, streams Streams) (*valuesOptions, error) {
	o := &valuesOptions{streams: streams}
	s := &f.source
	if err := s.validate(); err != nil {
		return nil, err
	}
	switch {
	case s.kube.all:
		return nil, errors.New("values are for one release; -A does not go with them")
	case s.sample || s.from != "" || len(s.files) > 0:
		return nil, errors.New("values are tried by rendering the chart: read the cluster, or give --chart")
	}
	if f.quiet {
		o.streams.ErrOut = quietly{}
	}
	var err error
	if o.profile, err = loadProfile(f.profile); err != nil {
		return nil, err
	}
	progress := newProgress(o.streams, f.quiet)
	o.open = func(ctx context.Context) (*rendition, error) {
		defer progress.stop()
		if s.chart != "" {
			return s.openChart(ctx, first(args), progress)
		}
		return s.openLive(ctx, first(args), o.streams, progress)
	}
	return o, nil
}

func (f *sourceFlags) openChart(ctx context.Context, release string, progress *progress) (*rendition, error) {
	chart := f.chartSource(release, progress)
	again := func(ctx context.Context, overlay map[string]any) (*snapshot.Snapshot, error) {
		with := chart
		with.Overlay = overlay
		return collect.FromChart(ctx, with)
	}
	s, err := again(ctx, nil)
	return &rendition{snapshot: s, again: again, subcharts: true}, err
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
	again := func(ctx context.Context, overlay map[string]any) (*snapshot.Snapshot, error) {
		policies, err := chart.Policies(ctx, overlay)
		return withPolicies(s, policies), err
	}
	now, err := again(ctx, nil) // the chart's own words, because the API server adds defaults to the live ones
	return &rendition{snapshot: now, again: again}, err
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

func (o *valuesOptions) run(ctx context.Context) error {
	r, err := o.open(ctx)
	if err != nil {
		return err
	}
	model := airflow.New(r.snapshot)
	proof, err := o.prove(ctx, model, r)
	if err != nil {
		return about(model.Release, err)
	}
	if proof.Empty() {
		return about(model.Release, noToggle(proof))
	}
	missing := unread(r.snapshot)
	if err := render.ValuesProof(o.streams.ErrOut, proof, missing); err != nil {
		return err
	}
	if err := emit.Values(o.streams.Out, model, proof.Changes); err != nil {
		return err
	}
	switch {
	case !proof.Holds():
		return errFindings
	case len(missing) > 0 || len(proof.Unclear) > 0:
		return errIncomplete
	}
	return nil
}

func (o *valuesOptions) prove(ctx context.Context, model *airflow.Model, r *rendition) (*verify.ValuesProof, error) {
	if err := refuse(model); err != nil {
		return nil, err
	}
	if bad := netpol.Of(model).Malformed; len(bad) > 0 {
		return nil, fmt.Errorf("%s does not fit Kubernetes' API, so what it allows cannot be told", bad[0].Ref)
	}
	declared := o.profile.Parameters.Declarations()
	flows := func(m *airflow.Model) []airflow.Flow { return m.Flows(declared) }
	return verify.Values(verify.Release{
		Model: model, Flows: flows, Subcharts: r.subcharts,
		Render: func(overlay map[string]any) (*airflow.Model, error) {
			s, err := r.again(ctx, overlay)
			if err != nil {
				return nil, err
			}
			return airflow.New(s), nil
		},
	}, harden.NetworkToggles(model, flows(model))), ctx.Err()
}

// noToggle says why there is nothing to write.
func noToggle(p *verify.ValuesProof) error {
	const patches = "; generate patches writes policies for any chart"
	if len(p.Untried) > 0 {
		return errors.New("only its subcharts have values that turn NetworkPolicies on, and Helm keeps no copy of those: give --chart" + patches)
	}
	return errors.New("its chart has no values that turn NetworkPolicies on" + patches)
}
