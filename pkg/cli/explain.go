package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
)

const ruleFormats = "text, markdown, json or yaml"

func newExplainCommand(streams Streams) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "explain RULE|rules",
		Short: "Say what a rule is about, why it matters and how to fix it",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if args[0] == "rules" {
				return render.RuleList(streams.Out, output, rules.All())
			}
			r := rules.Find(args[0])
			if r == nil {
				return fmt.Errorf("there is no rule %q; the rules command lists them", args[0])
			}
			return render.Rule(streams.Out, output, r)
		},
		ValidArgsFunction: completeRules,
	}
	addOutputFlag(cmd, &output, ruleFormats, "text")
	return cmd
}

func newRulesCommand(streams Streams) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "List the rules",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			return render.RuleList(streams.Out, output, rules.All())
		},
	}
	addOutputFlag(cmd, &output, ruleFormats, "text")
	return cmd
}

func completeRules(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	out := []string{"rules\tall of them"}
	for _, r := range rules.All() {
		out = append(out, r.ID+"\t"+r.Title)
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

func knownRules() []string {
	var out []string
	for _, r := range rules.All() {
		out = append(out, r.ID)
	}
	return out
}
