package cli

import (
	"github.com/spf13/cobra"

	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/render"
)

func newAccessCommand(streams Streams) *cobra.Command {
	kube := newKubeFlags()
	var secrets bool
	cmd := &cobra.Command{
		Use:   "access",
		Short: "Print the exact Role the plugin itself needs",
		Long: `Prints the exact rights the other commands use, to give to whoever runs them.
Without Secret read the release is recognised by its labels, and values, hooks
and history are reported as not seen.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			namespace, err := kube.namespace()
			if err != nil {
				return err
			}
			return render.Objects(streams.Out, collect.Access(secrets, kube.all, namespace))
		},
	}
	kube.add(cmd)
	cmd.Flags().BoolVar(&secrets, "secrets", true, "Include reading Secrets; Helm keeps its releases in them")
	return cmd
}
