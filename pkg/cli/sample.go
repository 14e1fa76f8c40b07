package cli

import (
	"bytes"
	_ "embed" // the sample is part of the program

	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// sample is a saved snapshot of a small release with everything at its defaults.
//
//go:embed sample.yaml
var sample []byte

func readSample() (*snapshot.Snapshot, error) {
	return collect.ReadSnapshot(bytes.NewReader(sample), "sample")
}
