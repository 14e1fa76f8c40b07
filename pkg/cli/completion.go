package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
)

// completionTimeout bounds how long a person waits for release names after pressing tab.
const completionTimeout = 2 * time.Second

func newCompletionCommand(root *cobra.Command, streams Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:       "completion bash|zsh|fish|powershell|install",
		Short:     "Print a shell completion script, or install the link kubectl completes through",
		Long:      "Prints a completion script for a shell. With install it makes the link\nkubectl_complete-airflowsec beside this program: kubectl 1.26 and later then\ncompletes \"kubectl airflowsec\" by itself.",
		Args:      cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		ValidArgs: []string{"bash", "zsh", "fish", "powershell", "install"},
		RunE: func(_ *cobra.Command, args []string) error {
			switch args[0] {
			case "bash":
				return root.GenBashCompletionV2(streams.Out, true)
			case "zsh":
				return root.GenZshCompletion(streams.Out)
			case "fish":
				return root.GenFishCompletion(streams.Out, true)
			case "powershell":
				return root.GenPowerShellCompletionWithDesc(streams.Out)
			}
			return installCompletion(streams)
		},
	}
	return cmd
}

// installCompletion makes the link kubectl completes through. The link names
// its neighbour, so it outlives an upgrade that moves the program.
func installCompletion(streams Streams) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("the program's own place is unknown: %w", err)
	}
	neighbour := commandPath(program)
	target := filepath.Base(neighbour)
	link := filepath.Join(filepath.Dir(neighbour), "kubectl_complete-"+pluginName+filepath.Ext(neighbour))
	switch found, err := os.Readlink(link); {
	case err == nil && found == target:
		fmt.Fprintln(streams.Out, link, "is already there")
		return nil
	case err == nil:
		if err := os.Remove(link); err != nil {
			return fmt.Errorf("%s cannot be replaced: %w", link, err)
		}
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s is there and is not a link", link)
	}
	if err := os.Symlink(target, link); err != nil {
		return fmt.Errorf("%s cannot be made: %w", link, err)
	}
	fmt.Fprintln(streams.Out, "made", link)
	return nil
}

// commandPath is where kubectl finds this program: on PATH, itself or a link
// to it as Krew makes one; else the program's own place.
func commandPath(program string) string {
	found, err := exec.LookPath("kubectl-" + pluginName)
	if err != nil {
		return program
	}
	if real, err := filepath.EvalSymlinks(found); err != nil || real != program {
		return program
	}
	return found
}

// completeReleases offers the names of the releases that flags point at.
func completeReleases(kube *kubeFlags, streams Streams) func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		parent := cmd.Context()
		if parent == nil {
			parent = context.Background()
		}
		ctx, cancel := context.WithTimeout(parent, completionTimeout)
		defer cancel()
		cluster, err := kube.cluster(streams, nil)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		namespace, err := kube.namespace()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		found, _, _ := cluster.Releases(ctx, namespace)
		var out []string
		for _, f := range found {
			out = append(out, f.Name)
		}
		return out, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeWords completes a flag from a fixed list.
func completeWords(cmd *cobra.Command, flag string, list ...string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(list, cobra.ShellCompDirectiveNoFileComp)) // fails only for a flag that is not there
}
