package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/netpol"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/reach"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// reachFlags are reach's words, as typed.
type reachFlags struct {
	source  sourceFlags
	with    []string
	profile string
	output  string
	color   string
	all     bool
	quiet   bool
}

// reachOptions are what reach does, with no word left to interpret but those for ends, which the release explains.
type reachOptions struct {
	source   source
	with     []string
	profile  *profile.Profile
	from, to string // empty: the whole matrix
	format   render.Format
	render   render.Options
	streams  Streams
}

func newReachCommand(streams Streams) *cobra.Command {
	flags := reachFlags{source: sourceFlags{kube: newKubeFlags()}}
	cmd := &cobra.Command{
		Use:   "reach [RELEASE] [FROM] [TO[:PORT]]",
		Short: "Say whether a connection is allowed, whether Airflow needs it, and which rule decides",
		Long: `Says whether NetworkPolicies let one part of a release reach another, whether
Airflow needs that, which policy and rule decide in each direction, and what to
change. Without FROM and TO it prints the whole matrix, or draws it.

Three words are RELEASE FROM TO. Two are FROM TO, of the only release there is.
One is RELEASE, and none the only release: both ask for the whole matrix.

FROM and TO are a component in Airflow's words or the chart's (worker, redis), a
workload (deployment/NAME), a pod, an IP address or range, a host that Airflow
connects to, or one of the places internet, dns, kubernetes (the API server) and
ingress (where browsers come from). PORT is a number, a number with a protocol
(53/UDP), or the name of a port of the pod or its Service; without it, all ports
are asked that the far end has.

--with adds policies that are not applied yet; one with the name of a policy in
force takes its place. Policies of other namespaces are not read: what stands at
the far end there is taken to let everything in.

Exit codes: 0 no needed connection among those asked is cut, 1 one is,
2 did not run, 3 none is cut, but something could not be read or told.`,
		Example: `  # may a worker reach the API server of Airflow 3, and who decides
  $HOST reach airflow worker api-server:8080 -n airflow

  # the whole matrix, and as a picture
  $HOST reach airflow -n airflow
  $HOST reach airflow -n airflow -o svg > airflow.svg

  # what would change if these policies were applied
  $HOST reach airflow -n airflow --with policies.yaml`,
		Args: cobra.MaximumNArgs(3),
		RunE: runs(flags.toOptions, streams),
	}
	flags.source.add(cmd)
	flags.add(cmd)
	cmd.ValidArgsFunction = completeReach(flags.source.kube, streams)
	return cmd
}

func (f *reachFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVar(&f.with, "with", nil, "Policies that are not applied yet: a file, a directory, or - for standard input")
	flags.StringVar(&f.profile, "profile", "restricted", "Hardening profile: baseline, restricted, paranoid, or a file; its egress and ingressFrom are needed too")
	addOutputFlag(cmd, &f.output, reachFormats)
	flags.BoolVar(&f.all, "all", false, "List and draw every pair, also those that are all alike")
	flags.StringVar(&f.color, "color", "auto", "Colour the table: auto, always, never (NO_COLOR is honoured)")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "No progress, no warnings and no legend")
	completeWords(cmd, "color", "auto", "always", "never")
	_ = cmd.RegisterFlagCompletionFunc("profile", cobra.FixedCompletions(profile.Names(), cobra.ShellCompDirectiveDefault))
}

// reachFormats are the formats of reach in words.
const reachFormats = "table, json, yaml, dot, mermaid or svg"

func (f *reachFlags) toOptions(args []string, streams Streams) (*reachOptions, error) {
	o := &reachOptions{streams: streams, with: f.with}
	var err error
	if o.format = render.Format(f.output); !slices.Contains(render.ReachFormats(), o.format) {
		return nil, fmt.Errorf("-o %q: use %s", f.output, reachFormats)
	}
	if f.source.kube.all {
		return nil, errors.New("reach is about one release; -A does not go with it")
	}
	if slices.Contains(f.with, "-") && (slices.Contains(f.source.files, "-") || f.source.from == "-") {
		return nil, errors.New("standard input can be read once: give - to one flag only")
	}
	if f.quiet {
		o.streams.ErrOut = io.Discard
	}
	if o.profile, err = loadProfile(f.profile); err != nil {
		return nil, err
	}
	color, err := useColor(f.color, streams)
	if err != nil {
		return nil, err
	}
	o.render = render.Options{Color: color, Width: width(streams), Quiet: f.quiet, All: f.all}
	release := ""
	release, o.from, o.to = reachWords(args)
	o.source, err = f.source.toSource(release, o.streams, f.quiet)
	return o, err
}

// reachWords tells the three words apart: two are FROM TO, one is RELEASE.
func reachWords(args []string) (release, from, to string) {
	switch len(args) {
	case 0:
		return "", "", ""
	case 1:
		return args[0], "", ""
	case 2:
		return "", args[0], args[1]
	}
	return args[0], args[1], args[2]
}

func (o *reachOptions) run(ctx context.Context) error {
	return o.source(ctx, func(s *snapshot.Snapshot) error {
		model := airflow.New(s)
		report, err := o.ask(ctx, model)
		if err != nil {
			return about(model.Release, err)
		}
		if err := render.Reach(o.streams.Out, o.format, report, o.render); err != nil {
			return err
		}
		switch {
		case report.AnyCut():
			return errFindings
		case report.Incomplete():
			return errIncomplete
		}
		return nil
	})
}

func (o *reachOptions) ask(ctx context.Context, model *airflow.Model) (*reach.Report, error) {
	if err := refuse(model); err != nil {
		return nil, err
	}
	setting := reach.Setting{Model: model, Flows: model.Flows(o.profile.Parameters.Declarations()), Profile: o.profile.Name}
	var err error
	if setting.Proposed, err = o.proposed(ctx, model.Namespace); err != nil {
		return nil, err
	}
	if o.to == "" {
		return reach.Whole(setting), nil
	}
	return reach.Ask(setting, o.from, o.to)
}

// proposed are the policies of --with; those that name no namespace belong to the release's.
func (o *reachOptions) proposed(ctx context.Context, namespace string) ([]netpol.Policy, error) {
	if len(o.with) == 0 {
		return nil, nil
	}
	objects, err := collect.ReadPolicies(ctx, collect.Files{
		Paths: o.with, Stdin: o.streams.In, Namespace: namespace, Now: now(),
		Warn: func(text string) { fmt.Fprintln(o.streams.ErrOut, "warning:", text) },
	})
	if err != nil {
		return nil, err
	}
	var out []netpol.Policy
	for i := range objects {
		policy, err := reach.PolicyOf(&objects[i])
		if err != nil {
			return nil, err
		}
		out = append(out, policy)
	}
	return out, nil
}
