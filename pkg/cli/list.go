package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func newListCommand(streams Streams) *cobra.Command {
	kube := newKubeFlags()
	var output string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the Airflow releases of a namespace or, with -A, of the cluster",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return list(cmd.Context(), kube, streams, output)
		},
	}
	kube.add(cmd)
	addOutputFlag(cmd, &output, "table, json or yaml", "table")
	return cmd
}

func list(ctx context.Context, kube *kubeFlags, streams Streams, output string) error {
	progress := newProgress(streams, false)
	defer progress.stop()
	cluster, err := kube.cluster(streams, progress.show)
	if err != nil {
		return err
	}
	found, err := kube.releases(ctx, cluster, "")
	if err != nil {
		return err
	}
	rows := []render.ReleaseRow{}
	for _, one := range found {
		s, err := cluster.Read(ctx, one, 0)
		if err != nil {
			return err
		}
		rows = append(rows, releaseRow(s))
	}
	progress.stop()
	return render.Releases(streams.Out, output, rows)
}

func releaseRow(s *snapshot.Snapshot) render.ReleaseRow {
	id := airflow.New(s).Identity
	return render.ReleaseRow{Identity: id, Revision: s.Release.Revision, Status: s.Release.Status, Record: string(s.Release.Record)}
}
