package cli

import (
	"context"
	"fmt"
	"strings"

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
	addOutputFlag(cmd, &output, "table, wide, json or yaml")
	return cmd
}

func list(ctx context.Context, kube *kubeFlags, streams Streams, output string) error {
	progress := newProgress(streams, false)
	defer progress.stop()
	cluster, err := kube.cluster(streams, progress.show)
	if err != nil {
		return err
	}
	found, err := kube.listed(ctx, cluster)
	if err != nil {
		return err
	}
	rows := []render.Release{}
	for _, one := range found {
		s, err := cluster.Read(ctx, one, 0)
		switch {
		case err == nil:
			rows = append(rows, releaseRow(s))
		case ctx.Err() != nil:
			return err
		default:
			rows = append(rows, render.Release{Namespace: one.Namespace, Name: one.Name, Revision: one.Revision, Status: one.Status, Support: oneLine(err)})
		}
	}
	progress.stop()
	if len(rows) == 0 {
		fmt.Fprintln(streams.ErrOut, "no Airflow release found; -A looks in all namespaces")
	}
	return render.Releases(streams.Out, render.Format(output), rows, renderOptions(streams))
}

func releaseRow(s *snapshot.Snapshot) render.Release {
	id := airflow.New(s).Identity
	support := id.Unsupported
	if support == "" {
		support = "supported"
	}
	return render.Release{
		Namespace: id.Namespace, Name: id.Release, Revision: s.Release.Revision, Status: s.Release.Status,
		Chart: id.Chart.Name, ChartVersion: id.Chart.Version, Dialect: string(id.Dialect),
		AirflowVersion: id.Version, Executor: strings.Join(id.Executors, ","), Support: support,
	}
}
