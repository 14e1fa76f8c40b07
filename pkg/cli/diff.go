package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
)

// diffFlags are the words of diff, as typed.
type diffFlags struct {
	source   sourceFlags
	profile  string
	against  string
	threeWay bool
	revision string
	only     []string
	failOn   string
	output   string
	color    string
	quiet    bool
}

// diffOptions are what diff does, with no word left to interpret.
type diffOptions struct {
	source   source
	profile  *profile.Profile
	kinds    []string
	release  bool // against what Helm installed
	threeWay bool
	external []string // the program that shows differences, and its arguments; nil: this one does
	format   render.Format
	render   render.Options
	quiet    bool
	streams  Streams
}

// What diff compares with.
const (
	againstProfile = "profile"
	againstRelease = "release"
)

const diffLong = `Shows, object by object, the fields that have to change so that a release meets
a hardening profile, and the rules that ask for each: what generate patches, and
generate values where no patch of a live object does it, would change. Options of
Airflow's own appear as keys of the release's values, unless --only chooses what
to compare. Nothing else appears: no defaults of the API server, no managed
fields, no secrets.

--against release shows what was changed since Helm installed the release: every
field that Helm set, what matters for security and was added, and objects that
are gone. - is what is live, + what Helm installed. --three-way lays both side by
side: what Helm installed, what is live, what the profile asks for. Hooks come and
go, and replicas belong to the autoscaler where there is one: neither counts.

--revision A..B compares the findings of two Helm revisions, each judged as Helm
recorded it: which ones B brought and which it removed. A.. compares A with the
deployed one. B may be the older one: it is then the preview of a rollback.

KUBECTL_EXTERNAL_DIFF names the program that shows the differences, with its
arguments, as for kubectl diff; its exit code then counts.

Exit codes: 0 no difference, 1 differences (with --revision A..B: B brings a
finding at or above --fail-on), 2 did not run, 3 nothing differs, but something
could not be read.`

func newDiffCommand(streams Streams) *cobra.Command {
	flags := diffFlags{source: sourceFlags{kube: newKubeFlags(), history: true}}
	cmd := &cobra.Command{
		Use:   "diff [RELEASE]",
		Short: "Show how a release differs from a profile, from what Helm installed, or from another revision",
		Long:  diffLong,
		Example: `  # the distance to the profile restricted
  $HOST diff airflow -n airflow

  # what somebody changed by hand
  $HOST diff airflow -n airflow --against release

  # what the last upgrade brought, and what a rollback to revision 3 would bring
  $HOST diff airflow -n airflow --revision 3..4
  $HOST diff airflow -n airflow --revision 4..3`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if strings.Contains(flags.revision, "..") {
				return runs(flags.toRevisions, streams)(cmd, args)
			}
			return runs(flags.toOptions, streams)(cmd, args)
		},
	}
	flags.source.addSources(cmd)
	flags.source.evidence.add(cmd)
	flags.add(cmd)
	cmd.ValidArgsFunction = completeReleases(flags.source.kube, streams)
	return cmd
}

func (f *diffFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.profile, "profile", "restricted", "Hardening profile: baseline, restricted, paranoid, or a file")
	flags.StringVar(&f.against, "against", againstProfile, "What to compare with: profile, or release (what Helm installed)")
	flags.BoolVar(&f.threeWay, "three-way", false, "Show what Helm installed, what is live and what the profile asks for side by side")
	flags.StringVar(&f.revision, "revision", "", "Helm revision N to read instead of the deployed one, or two revisions to compare: A..B, or A.. for A and the deployed one")
	flags.StringSliceVar(&f.only, "only", planKinds, "Kinds of changes, as for generate patches: "+strings.Join(planKinds, ", "))
	flags.StringVar(&f.failOn, "fail-on", "medium", "With --revision A..B, exit with 1 where B brings findings of this severity or worse: none, low, medium, high, critical")
	flags.StringVarP(&f.output, "output", "o", string(render.Unified), "Output format: "+diffFormats)
	flags.StringVar(&f.color, "color", "auto", "Colour the differences: auto, always, never (NO_COLOR is honoured)")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "No progress, no warnings and no summary")
	completeWords(cmd, "against", againstProfile, againstRelease)
	completeWords(cmd, "only", planKinds...)
	completeWords(cmd, "fail-on", "none", "low", "medium", "high", "critical")
	completeWords(cmd, "output", "diff", "json", "yaml")
	completeWords(cmd, "color", "auto", "always", "never")
	_ = cmd.RegisterFlagCompletionFunc("profile", cobra.FixedCompletions(profile.Names(), cobra.ShellCompDirectiveDefault))
}

// diffFormats are the formats of diff in words.
const diffFormats = "diff, json or yaml"

func (f *diffFlags) toOptions(args []string, streams Streams) (*diffOptions, error) {
	o := &diffOptions{streams: streams, threeWay: f.threeWay, quiet: f.quiet}
	if err := f.validate(); err != nil {
		return nil, err
	}
	var err error
	if f.source.revision, err = oneRevision(f.revision); err != nil {
		return nil, err
	}
	o.format, o.kinds, o.release = render.Format(f.output), f.only, f.against == againstRelease
	if o.format == render.Unified && !f.threeWay {
		o.external = externalDiff()
	}
	if f.quiet {
		o.streams.ErrOut = quietly{}
	}
	if o.profile, err = loadProfile(f.profile); err != nil {
		return nil, err
	}
	if o.render, err = f.renderOptions(streams); err != nil {
		return nil, err
	}
	o.source, err = f.source.toSource(first(args), o.streams, f.quiet)
	return o, err
}

// validate refuses words that do not go together, whatever is compared.
func (f *diffFlags) validate() error {
	if !slices.Contains(render.DiffFormats(), render.Format(f.output)) {
		return fmt.Errorf("-o %q: use %s", f.output, diffFormats)
	}
	if f.against != againstProfile && f.against != againstRelease {
		return fmt.Errorf("--against %q: use %s or %s", f.against, againstProfile, againstRelease)
	}
	if err := validKinds(f.only); err != nil {
		return err
	}
	needsRecord := f.against == againstRelease || f.threeWay
	switch {
	case f.source.kube.all:
		return errors.New("diff is about one release; -A does not go with it")
	case len(f.only) == 0:
		return errors.New("--only names no kind of changes")
	case f.against == againstRelease && !f.threeWay && len(f.only) != len(planKinds):
		return errors.New("--only picks what a profile asks for; it does not go with --against release")
	case needsRecord && f.revision != "":
		return errors.New("what is live is compared with the deployed revision; --revision does not go with --against release and --three-way")
	case needsRecord && (len(f.source.files) > 0 || f.source.chart != ""):
		return errors.New("what Helm installed is known of a release in a cluster or a saved snapshot only; -f and --chart do not go with --against release and --three-way")
	}
	return nil
}

func (f *diffFlags) renderOptions(streams Streams) (render.Options, error) {
	color, err := useColor(f.color, streams)
	return render.Options{Color: color, Width: width(streams), Quiet: f.quiet}, err
}

// severityOf is the severity a --fail-on names; empty for none.
func severityOf(text string) (rule.Severity, error) {
	if text == "none" {
		return "", nil
	}
	if s := rule.Severity(text); s.Rank() > 0 {
		return s, nil
	}
	return "", fmt.Errorf("--fail-on %q: use none, low, medium, high or critical", text)
}

// verdict is how a comparison ends.
func verdict(differs, incomplete bool) error {
	switch {
	case differs:
		return errFindings
	case incomplete:
		return errIncomplete
	}
	return nil
}

func (o *diffOptions) run(ctx context.Context) error {
	return o.source(ctx, o.one(ctx))
}
