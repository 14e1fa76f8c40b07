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

// installCompletion makes the link kubectl completes through.
func installCompletion(streams Streams) error {
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("the program's own place is unknown: %w", err)
	}
	link := filepath.Join(binDir(program), "kubectl_complete-"+pluginName+filepath.Ext(program))
	switch target, err := os.Readlink(link); {
	case err == nil && target == program:
		fmt.Fprintln(streams.Out, link, "is already there")
		return nil
	case err == nil:
		if err := os.Remove(link); err != nil {
			return fmt.Errorf("%s cannot be replaced: %w", link, err)
		}
	case !errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%s is there and is not a link", link)
	}
	if err := os.Symlink(program, link); err != nil {
		return fmt.Errorf("%s cannot be made: %w", link, err)
	}
	fmt.Fprintln(streams.Out, "made", link)
	return nil
}

// binDir is where kubectl finds this program: the directory on PATH that
// holds it, or a link to it as Krew makes one; else the program's own.
func binDir(program string) string {
	found, err := exec.LookPath("kubectl-" + pluginName)
	if err != nil {
		return filepath.Dir(program)
	}
	if real, err := filepath.EvalSymlinks(found); err != nil || real != program {
		return filepath.Dir(program)
	}
	return filepath.Dir(found)
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
