package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// evidenceFlags name files that tell what neither a cluster nor a chart does.
type evidenceFlags struct {
	advisories string
	endOfLife  string
	scans      []string
	signatures []string
	key        string
}

// evidence is what those files say.
type evidence struct {
	advisories *snapshot.Advisories
	endOfLife  *snapshot.EndOfLife
	scans      []snapshot.Scan
	signatures []snapshot.Signature
}

func (f *evidenceFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.advisories, "advisories", "", "File or directory with further records about Airflow's flaws (OSV JSON); of two about one flaw the newer counts")
	cmd.Flags().StringVar(&f.endOfLife, "end-of-life", "", "File or directory with further tables of ends of life (endoflife.date's JSON, or this program's own form); of two about one product the newer counts")
	cmd.Flags().StringArrayVar(&f.scans, "image-report", nil, "Scanner's report on an image, or a directory of them (Trivy or Grype JSON); repeatable")
	cmd.Flags().StringArrayVar(&f.signatures, "image-signature", nil, "Signature on an image: a Sigstore bundle, or what cosign download signature prints; repeatable, needs --image-key")
	cmd.Flags().StringVar(&f.key, "image-key", "", "Public key, in PEM, that verifies --image-signature")
}

func (f *evidenceFlags) read() (out evidence, err error) {
	if f.advisories != "" {
		if out.advisories, err = collect.ReadAdvisories(f.advisories); err != nil {
			return out, err
		}
	}
	if f.endOfLife != "" {
		if out.endOfLife, err = collect.ReadEndOfLife(f.endOfLife); err != nil {
			return out, err
		}
	}
	for _, path := range f.scans {
		var scans []snapshot.Scan
		if scans, err = collect.ReadScans(path); err != nil {
			return out, err
		}
		out.scans = append(out.scans, scans...)
	}
	if (f.key == "") != (len(f.signatures) == 0) {
		return out, errors.New("--image-signature and --image-key go together: a signature is verified with a key")
	}
	out.signatures, err = collect.ReadSignatures(f.signatures, f.key)
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
	if e.endOfLife != nil {
		s.EndOfLife = e.endOfLife
	}
	if len(e.scans) > 0 {
		s.Scans = e.scans
		s.Given(snapshot.ImageScan)
	}
	if len(e.signatures) > 0 {
		s.Signatures = e.signatures
		s.Given(snapshot.PolicyReport)
	}
}
