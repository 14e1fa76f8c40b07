package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// evidenceFlags name files that tell what neither a cluster nor a chart does.
type evidenceFlags struct {
	advisories string
}

// evidence is what those files say.
type evidence struct {
	advisories *snapshot.Advisories
}

func (f *evidenceFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.advisories, "advisories", "", "File or directory with further records about Airflow's flaws (OSV JSON); of two about one flaw the newer counts")
}

func (f *evidenceFlags) read() (out evidence, err error) {
	if f.advisories != "" {
		out.advisories, err = collect.ReadAdvisories(f.advisories)
	}
	return out, err
}

// into puts the evidence beside what a source reads.
func (e evidence) into(from source) source {
	return func(ctx context.Context, each func(*snapshot.Snapshot) error) error {
		return from(ctx, func(s *snapshot.Snapshot) error {
			e.beside(s)
			return each(s)
		})
	}
}

// beside adds to one snapshot. What a saved snapshot already holds gives way to what was given now.
func (e evidence) beside(s *snapshot.Snapshot) {
	if e.advisories != nil {
		s.Advisories = e.advisories
	}
}
