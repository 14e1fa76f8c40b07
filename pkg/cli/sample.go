package cli

import (
	"bytes"
	"compress/gzip"
	_ "embed" // the sample is part of the program
	"fmt"

	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// sample is testdata/sample/airflow.yaml, packed: a saved snapshot of a small
// release with everything at its defaults.
//
//go:embed sample.yaml.gz
var sample []byte

func readSample() (*snapshot.Snapshot, error) {
	text, err := gzip.NewReader(bytes.NewReader(sample))
	if err != nil {
		return nil, fmt.Errorf("the built-in sample: %w", err)
	}
	return collect.ReadSnapshot(text, "sample")
}
