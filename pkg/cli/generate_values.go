package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/emit"
	"github.com/airflowsec/kubectl-airflowsec/pkg/harden"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/verify"
)

// valuesFlags are the words of generate values, as typed.
type valuesFlags struct {
	source  sourceFlags
	profile string
	output  string
	only    []string
	needs   string
	quiet   bool
}

// valuesOptions are what generate values does, with no word left to interpret.
type valuesOptions struct {
	trying
	profile *profile.Profile
	format  render.Format
	// kinds are what the overlay is for; everything says that nobody has chosen.
	kinds      []string
	everything bool
	needs      []airflow.DeclaredNeed
	evidence   evidence
	streams    Streams
}

const valuesLong = `Writes values for the release's own chart that close findings about Pod Security,
rights and tokens, that set options of Airflow's own where one value is safe and
every working Airflow goes on working with it, and that turn on the chart's own
NetworkPolicies where they cut nothing. What somebody has to decide is named
with the reason; --only leaves Airflow's options out. Above each key stand the
rules that it closes and what it does.

A catalogue says which key of which chart reaches which field; keys that this
chart does not have (by its schema or its values.yaml) are never written. Both
charts take the map of a security context whole, so each is written with what is
there now. Keys that many components share come first; where you have set a
narrower one, that one is written.

The overlay is minimal: without any of its keys a finding comes back, or
something that is there today is lost. That is worked out on a copy first, and
then tried by rendering the chart without each key. Keys that reach different
objects are left out in the same rendering, and there are at most 16 such
renderings; standard error names the keys that were not left out. Options of
Airflow's are left out in one rendering, because none acts on what another
closes. A large chart takes some seconds for each.

Then the chart is rendered with the overlay and judged again: every finding that
is claimed closed is closed, none is new, pods change in nothing else, and every
needed connection passes. What values cannot close is named with the reason.
Helm keeps the chart with a release, but not its subcharts: theirs need --chart.

Exit codes: 0 written and the proof holds, 1 written, but a toggle stays off or
the proof does not hold (standard error says what), 2 nothing is written: the
release cannot be rendered, or, with --only networkpolicy, its chart has no such
toggle (generate patches writes policies for any chart), 3 written, but something
could not be read or tried.`

func newGenerateValuesCommand(streams Streams) *cobra.Command {
	flags := valuesFlags{source: sourceFlags{kube: newKubeFlags(), history: true}}
	cmd := &cobra.Command{
		Use:   "values [RELEASE]",
		Short: "Write the smallest values overlay that closes what the chart's values can close",
		Long:  valuesLong,
		Example: `  # look at the proof, then upgrade
  $HOST generate values airflow -n airflow > hardened.yaml
  helm upgrade airflow apache-airflow/airflow -n airflow --reset-then-reuse-values -f hardened.yaml

  # for a chart that is not installed yet
  $HOST generate values airflow -n airflow --chart ./airflow --values prod.yaml

  # the overlay and its proof as data
  $HOST generate values airflow -n airflow --only pss,rbac -o json`,
		Args: cobra.MaximumNArgs(1),
		RunE: runs(flags.toOptions, streams),
	}
	flags.source.add(cmd)
	flags.source.evidence.add(cmd)
	flags.add(cmd)
	cmd.ValidArgsFunction = completeReleases(flags.source.kube, streams)
	return cmd
}

func (f *valuesFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.profile, "profile", "restricted", "Hardening profile: baseline, restricted, paranoid, or a file; its egress and ingressFrom are kept")
	flags.StringVarP(&f.output, "output", "o", string(render.ValuesFormat), "Output format: values, json or yaml")
	flags.StringSliceVar(&f.only, "only", planKinds, "What to close: networkpolicy, rbac, pss")
	flags.StringVar(&f.needs, "needs", "", "File with rights that DAGs need beside what Airflow's own operators do (docs/schema/needs.json)")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "No progress, no warnings and no summary of the proof")
	completeWords(cmd, "output", string(render.ValuesFormat), "json", "yaml")
	completeWords(cmd, "only", planKinds...)
	_ = cmd.RegisterFlagCompletionFunc("profile", cobra.FixedCompletions(profile.Names(), cobra.ShellCompDirectiveDefault))
}

func (f *valuesFlags) toOptions(args []string, streams Streams) (*valuesOptions, error) {
	o := &valuesOptions{streams: streams, kinds: f.only, everything: slices.Equal(f.only, planKinds), format: render.Format(f.output)}
	if err := f.validate(o.format); err != nil {
		return nil, err
	}
	if f.quiet {
		o.streams.ErrOut = quietly{}
	}
	var err error
	if o.profile, err = loadProfile(f.profile); err != nil {
		return nil, err
	}
	if o.needs, err = loadNeeds(f.needs); err != nil {
		return nil, err
	}
	if o.evidence, err = f.source.evidence.read(); err != nil {
		return nil, err
	}
	o.trying = f.source.toTrying(first(args), o.streams, f.quiet)
	return o, nil
}

func (f *valuesFlags) validate(format render.Format) error {
	s := &f.source
	if err := s.validate(); err != nil {
		return err
	}
	if !slices.Contains([]render.Format{render.ValuesFormat, render.JSON, render.YAML}, format) {
		return fmt.Errorf("-o %q: use values, json or yaml", format)
	}
	if err := validKinds(f.only); err != nil {
		return err
	}
	switch {
	case s.kube.all:
		return errors.New("values are for one release; -A does not go with them")
	case s.sample || s.from != "" || len(s.files) > 0:
		return errors.New("values are tried by rendering the chart: read the cluster, or give --chart")
	}
	return nil
}

func (o *valuesOptions) run(ctx context.Context) error { return try(ctx, o.trying, o) }

func (o *valuesOptions) write(model *airflow.Model, set *render.ValuesSet) error {
	if set.Network != nil && !(set.Network.Empty() && set.Overlay != nil) {
		if err := render.ValuesProof(o.streams.ErrOut, set.Network, set.Unread); err != nil {
			return err
		}
	}
	if err := render.OverlayProof(o.streams.ErrOut, set); err != nil {
		return err
	}
	if o.format == render.ValuesFormat {
		return emit.Values(o.streams.Out, model, set.Changes)
	}
	return render.Values(o.streams.Out, o.format, set)
}

// noToggle says why there is nothing to write.
func noToggle(p *verify.ValuesProof) error {
	const patches = "; generate patches writes policies for any chart"
	if len(p.Untried) > 0 {
		return errors.New("only its subcharts have values that turn NetworkPolicies on, and Helm keeps no copy of those: give --chart" + patches)
	}
	return errors.New("its chart has no values that turn NetworkPolicies on" + patches)
}

// sortedChanges are values in the order of their keys.
func sortedChanges(list []harden.ValuesChange) []harden.ValuesChange {
	out := slices.Clone(list)
	slices.SortStableFunc(out, func(a, b harden.ValuesChange) int { return slices.Compare(a.Path, b.Path) })
	return out
}
