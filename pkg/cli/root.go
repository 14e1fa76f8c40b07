package cli

import (
	"context"
	"flag"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/klog/v2"

	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
)

// maxVerbosity is the last klog level at which client-go logs no bodies:
// from 8 on it prints what the API server answers, Secrets included.
const maxVerbosity = 7

func newRootCommand(invoked string, streams Streams) *cobra.Command {
	root := &cobra.Command{
		Use:   pluginName,
		Short: "Check the security of an Apache Airflow release on Kubernetes",
		Long: `Checks the security of an Apache Airflow release, installed or not yet,
against a hardening profile. It reads and never writes.`,
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: invoked},
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetIn(streams.In)
	root.SetOut(streams.Out)
	root.SetErr(streams.ErrOut)
	addVerbosity(root.PersistentFlags())
	root.AddCommand(
		newListCommand(streams),
		newCheckCommand(streams),
		newDiffCommand(streams),
		newGenerateCommand(streams),
		newPostRenderCommand(streams),
		newReachCommand(streams),
		newExplainCommand(streams),
		newRulesCommand(streams),
		newSnapshotCommand(streams),
		newAccessCommand(streams),
		newVersionCommand(streams),
		newCompletionCommand(root, streams),
	)
	nameHost(root, invoked)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w (see %s --help)", err, cmd.CommandPath())
	})
	return root
}

// nameHost puts the program's name into the examples of a command and those below it.
func nameHost(cmd *cobra.Command, invoked string) {
	cmd.Example = strings.ReplaceAll(cmd.Example, "$HOST", invoked)
	for _, below := range cmd.Commands() {
		nameHost(below, invoked)
	}
}

// runs is what a command does: turn its words into options, and run those.
func runs[T interface{ run(context.Context) error }](toOptions func([]string, Streams) (T, error), streams Streams) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		o, err := toOptions(args, streams)
		if err != nil {
			return err
		}
		return o.run(cmd.Context())
	}
}

// addVerbosity gives -v its meaning in kubectl: client-go's own talk about requests.
func addVerbosity(flags *pflag.FlagSet) {
	flags.VarP(verbosity{}, "v", "v", "Log level of requests to the API server, 0 to "+strconv.Itoa(maxVerbosity)+" (bodies are never logged)")
}

// verbosity sets klog's level when parsed, capped where bodies would be logged.
type verbosity struct{}

// String is the default shown in help texts.
func (verbosity) String() string { return "0" }

// Type is the placeholder shown in help texts.
func (verbosity) Type() string { return "level" }

// Set takes a level from the command line.
func (verbosity) Set(text string) error {
	level, err := strconv.Atoi(text)
	if err != nil || level < 0 {
		return fmt.Errorf("%q is not a log level", text)
	}
	var set flag.FlagSet
	klog.InitFlags(&set)
	return set.Set("v", strconv.Itoa(min(level, maxVerbosity)))
}

func addOutputFlag(cmd *cobra.Command, into *string, formats string) {
	cmd.Flags().StringVarP(into, "output", "o", string(render.Table), "Output format: "+formats)
	completeWords(cmd, "output", strings.FieldsFunc(strings.ReplaceAll(formats, " or ", ", "), func(r rune) bool { return r == ',' || r == ' ' })...)
}
