package cli

import (
	"runtime"

	"github.com/spf13/cobra"

	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
)

// Set when a release is built (-ldflags -X); a plain go build says so.
var (
	version = "0.1.0-dev"
	commit  = "unknown"
	date    = "unknown"
)

func newVersionCommand(streams Streams) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the plugin's version",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := render.Version{Version: version, Commit: commit, Date: date, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
			return render.PrintVersion(streams.Out, render.Format(output), v)
		},
	}
	addOutputFlag(cmd, &output, "table, json or yaml")
	return cmd
}
