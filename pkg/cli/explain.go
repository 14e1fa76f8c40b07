package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
)

func newExplainCommand(streams Streams) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "explain RULE|rules",
		Short: "Say what a rule is about, why it matters and how to fix it",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if args[0] == "rules" {
				return render.Rules(streams.Out, render.Format(output), rules.All(), renderOptions(streams))
			}
			r := rules.Find(args[0])
			if r == nil {
				return fmt.Errorf("there is no rule %q; the rules command lists them", args[0])
			}
			return render.Explain(streams.Out, render.Format(output), r, renderOptions(streams))
		},
		ValidArgsFunction: completeRules,
	}
	addOutputFlag(cmd, &output, "table, markdown, json or yaml")
	return cmd
}

func newRulesCommand(streams Streams) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "List the rules",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return render.Rules(streams.Out, render.Format(output), rules.All(), renderOptions(streams))
		},
	}
	addOutputFlag(cmd, &output, "table, wide, json or yaml")
	return cmd
}

func completeRules(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	out := []string{"rules\tall of them"}
	for _, r := range rules.All() {
		out = append(out, r.ID+"\t"+r.Title)
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// catalogue is what a profile may name. Functions are those that the objects
// of a release do not show, so that somebody has to say them.
func catalogue() profile.Catalogue {
	out := profile.Catalogue{Components: airflow.ComponentWords()}
	for _, r := range rules.All() {
		out.Rules = append(out.Rules, r.ID)
	}
	for _, f := range []airflow.Function{airflow.PodOperator, airflow.PodOperatorXCom, airflow.PodOperatorDeferrable, airflow.JobOperator, airflow.JobOperatorDeferrable} {
		out.Functions = append(out.Functions, string(f))
	}
	return out
}

// renderOptions suit the short answers: colour and wrapping where a person looks.
func renderOptions(streams Streams) render.Options {
	color, _ := useColor("auto", streams)
	return render.Options{Color: color, Width: width(streams), Tool: version}
}
