package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func newSnapshotCommand(streams Streams) *cobra.Command {
	flags := sourceFlags{kube: newKubeFlags(), history: true}
	var output string
	cmd := &cobra.Command{
		Use:   "snapshot [RELEASE] -o FILE",
		Short: "Save everything a command reads, secrets masked, to replay with --from",
		Long: `Saves everything the other commands read of a release into one file. Secrets are
masked before anything is written: the file tells which values are equal, and
nothing about what they are. check --from FILE answers as the live run did.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if output == "" {
				return errors.New("name the file to write with -o, or - for standard output")
			}
			if flags.kube.all {
				return errors.New("a snapshot holds one release; -A does not go with it")
			}
			read, err := flags.toSource(first(args), streams, false)
			if err != nil {
				return err
			}
			return saveSnapshot(cmd.Context(), read, output, streams)
		},
	}
	flags.add(cmd)
	flags.evidence.add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "", "File to write, or - for standard output")
	cmd.ValidArgsFunction = completeReleases(flags.kube, streams)
	return cmd
}

func saveSnapshot(ctx context.Context, read source, output string, streams Streams) error {
	return read(ctx, func(s *snapshot.Snapshot) error {
		if output == "-" {
			return collect.WriteSnapshot(streams.Out, s)
		}
		return replaceFile(output, func(w io.Writer) error { return collect.WriteSnapshot(w, s) })
	})
}

// replaceFile writes a file whole or not at all.
func replaceFile(path string, write func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	defer func() {
		if err != nil {
			os.Remove(file.Name())
		}
	}()
	if err = write(file); err != nil {
		file.Close()
		return err
	}
	if err = file.Close(); err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	if err = os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("%s cannot be written: %w", path, err)
	}
	return nil
}
