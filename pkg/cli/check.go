package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"golang.org/x/term"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// checkFlags are check's words, as typed.
type checkFlags struct {
	source  sourceFlags
	signed  signedChartFlags
	profile string
	output  string
	failOn  string
	color   string
	quiet   bool
}

// checkOptions are what check does, with no word left to interpret.
type checkOptions struct {
	source  source
	profile *profile.Profile
	format  render.Format
	render  render.Options
	failOn  rule.Severity // empty: never fail
	streams Streams
}

func newCheckCommand(streams Streams) *cobra.Command {
	flags := checkFlags{source: sourceFlags{kube: newKubeFlags(), history: true}}
	cmd := &cobra.Command{
		Use:   "check [RELEASE]",
		Short: "Judge a release: values, manifest, hooks, live objects and future task pods",
		Long: `Judges an Airflow release by the rules of a hardening profile and prints what
breaks them, who gains what from it, and the values key or patch that closes it.

The release is read from the cluster; -f, --chart, --from and --sample need none.
RELEASE may be left out where the namespace holds exactly one Airflow release.

Exit codes: 0 clean, 1 a finding at or above --fail-on, 2 did not run,
3 nothing failed, but something could not be read.`,
		Example: `  # the release airflow in namespace airflow
  $HOST check airflow -n airflow

  # all releases of the cluster, as SARIF
  $HOST check -A -o sarif

  # a chart with values, before it is installed
  $HOST check --chart ./airflow --values prod.yaml

  # the same, when the archive's provenance file is signed by one of these keys
  $HOST check --chart airflow-1.22.0.tgz --keyring airflow-keys.gpg --profile paranoid

  # rendered manifests from standard input
  helm template airflow ./airflow | $HOST check -f -`,
		Args: cobra.MaximumNArgs(1),
		RunE: runs(flags.toOptions, streams),
	}
	flags.source.add(cmd)
	flags.signed.add(cmd)
	flags.source.evidence.add(cmd)
	flags.add(cmd)
	cmd.ValidArgsFunction = completeReleases(flags.source.kube, streams)
	return cmd
}

func (f *checkFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.profile, "profile", "restricted", "Hardening profile: baseline, restricted, paranoid, or a file")
	addOutputFlag(cmd, &f.output, reportFormats())
	cmd.Flags().StringVar(&f.failOn, "fail-on", "medium", "Exit with 1 at findings of this severity or worse: none, low, medium, high, critical")
	cmd.Flags().StringVar(&f.color, "color", "auto", "Colour the table: auto, always, never (NO_COLOR is honoured)")
	cmd.Flags().BoolVarP(&f.quiet, "quiet", "q", false, "No progress and no warnings")
	completeWords(cmd, "fail-on", "none", "low", "medium", "high", "critical")
	completeWords(cmd, "color", "auto", "always", "never")
	_ = cmd.RegisterFlagCompletionFunc("profile", cobra.FixedCompletions(profile.Names(), cobra.ShellCompDirectiveDefault))
}

func (f *checkFlags) toOptions(args []string, streams Streams) (*checkOptions, error) {
	o := &checkOptions{streams: streams}
	var err error
	if o.format = render.Format(f.output); !slices.Contains(render.ReportFormats(), o.format) {
		return nil, fmt.Errorf("-o %q: use %s", f.output, reportFormats())
	}
	if f.failOn != "none" {
		o.failOn = rule.Severity(f.failOn)
		if o.failOn.Rank() == 0 {
			return nil, fmt.Errorf("--fail-on %q: use none, low, medium, high or critical", f.failOn)
		}
	}
	if f.quiet {
		o.streams.ErrOut = quietly{}
	}
	if o.profile, err = loadProfile(f.profile); err != nil {
		return nil, err
	}
	if err := f.hold(o.profile); err != nil {
		return nil, err
	}
	if o.source, err = f.source.toSource(first(args), o.streams, f.quiet); err != nil {
		return nil, err
	}
	o.render, err = f.renderOptions(streams)
	return o, err
}

// hold makes the source compare charts with an archive, and asks the rule about it whatever the profile's level.
func (f *checkFlags) hold(p *profile.Profile) (err error) {
	if !f.signed.given() {
		return nil
	}
	if f.source.sample || f.source.from != "" || len(f.source.files) > 0 {
		return errors.New("only a chart can be compared with an archive: --signed-chart goes with a release of the cluster or with --chart")
	}
	p.On = maps.Clone(p.On)
	if p.On == nil {
		p.On = map[string]bool{}
	}
	p.On[chartIsGenuine] = true
	f.source.held, err = f.signed.toArchive(f.source.chart)
	return err
}

func (f *checkFlags) renderOptions(streams Streams) (render.Options, error) {
	color, err := useColor(f.color, streams)
	return render.Options{Color: color, Width: width(streams), Single: !f.source.kube.all, Quiet: f.quiet, Tool: version, Source: f.source.chartFile()}, err
}

func (o *checkOptions) run(ctx context.Context) error {
	var reports []*check.Report
	catalogue := rules.All()
	err := o.source(ctx, func(s *snapshot.Snapshot) error {
		model := airflow.New(s)
		report, err := judge(model, catalogue, o.profile)
		if err != nil {
			return about(model.Release, err)
		}
		reports = append(reports, report)
		return nil
	})
	var some partial
	if err != nil && (!errors.As(err, &some) || len(reports) == 0) {
		return err
	}
	if err := render.Render(o.streams.Out, o.format, reports, o.render); err != nil {
		return err
	}
	if some != nil {
		return some
	}
	return o.verdict(reports)
}

// judge refuses a chart whose parts nobody here knows: rules would look in the wrong places.
func judge(model *airflow.Model, catalogue []*rule.Rule, with *profile.Profile) (*check.Report, error) {
	if model.Dialect == airflow.Unsupported && len(model.Workloads) > 0 {
		return nil, errors.New(model.Unsupported)
	}
	return check.Run(model, catalogue, with)
}

// about names the release an error is about, where its name is known.
func about(release string, err error) error {
	if release == "" {
		return err
	}
	return fmt.Errorf("release %s: %w", release, err)
}

// verdict turns reports into the error that decides the exit code.
func (o *checkOptions) verdict(reports []*check.Report) error {
	if o.failOn != "" && slices.ContainsFunc(reports, func(r *check.Report) bool { return r.Worst().Rank() >= o.failOn.Rank() }) {
		return errFindings
	}
	if slices.ContainsFunc(reports, (*check.Report).Incomplete) {
		return errIncomplete
	}
	return nil
}

// reportFormats are the formats of a report in words, the ones for people first.
func reportFormats() string {
	return "table, wide, json, yaml, sarif, junit or markdown"
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// quietly is where warnings go with -q.
type quietly struct{}

// Write takes everything and keeps nothing.
func (quietly) Write(p []byte) (int, error) { return len(p), nil }

func useColor(when string, streams Streams) (bool, error) {
	switch when {
	case "always":
		return true, nil
	case "never":
		return false, nil
	case "auto":
		return os.Getenv("NO_COLOR") == "" && printers.AllowsColorOutput(streams.Out), nil
	}
	return false, fmt.Errorf("--color %q: use auto, always or never", when)
}

// width is the terminal's width in columns; 0 where standard output is none.
func width(streams Streams) int {
	file, isFile := streams.Out.(*os.File)
	if !isFile || !term.IsTerminal(int(file.Fd())) {
		return 0
	}
	columns, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

func loadProfile(name string) (*profile.Profile, error) {
	return profile.Load(name, os.ReadFile, catalogue())
}
