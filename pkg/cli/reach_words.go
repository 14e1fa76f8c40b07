package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/airflowsec/kubectl-airflowsec/pkg/reach"
)

// completeReach offers the releases that flags point at, and the words that
// stand for an end in any release; ports and names only the release knows.
func completeReach(kube *kubeFlags, streams Streams) func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	releases := completeReleases(kube, streams)
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		switch len(args) {
		case 0:
			found, directive := releases(cmd, args, typed)
			return append(slices.Clone(found), reach.Words()...), directive
		case 1, 2:
			return reach.Words(), cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}
