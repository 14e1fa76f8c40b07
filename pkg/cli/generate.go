package cli

import (
	"github.com/spf13/cobra"
)

func newGenerateCommand(streams Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "generate",
		Short: "Write what closes findings, proved before it is printed",
		Long: `Writes patches, values or the wiring of a secrets manager. What is printed has been
tried on a copy first: a summary of the proof goes to standard error. Nothing is
written to the cluster; apply the output yourself.

Exit codes: 0 written and the proof holds, 1 written and the proof does not
hold (standard error says what), 2 did not run and nothing is written,
3 written, but something could not be read.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newGeneratePatchesCommand(streams), newGenerateValuesCommand(streams), newGenerateSecretsCommand(streams))
	return cmd
}
