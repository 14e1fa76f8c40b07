package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/cli"
)

// BenchmarkCheckFile is the whole of `check -f` but the program's start: on
// the community chart's default render where the corpus is at hand, else on
// the fixture of the scripts.
func BenchmarkCheckFile(b *testing.B) {
	path := filepath.Join(os.Getenv("AIRFLOWSEC_CORPUS"), "community-8.9.0", "00-defaults", "manifest.yaml")
	if _, err := os.Stat(path); err != nil {
		path = filepath.Join(b.TempDir(), "release.yaml")
		if err := os.WriteFile(path, []byte(secretPlaces), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		cli.Main(context.Background(), []string{"kubectl-airflowsec", "check", "-f", path}, cli.Streams{In: strings.NewReader(""), Out: io.Discard, ErrOut: io.Discard})
	}
}

// BenchmarkVersion is what every command pays after the program's start.
func BenchmarkVersion(b *testing.B) {
	for b.Loop() {
		cli.Main(context.Background(), []string{"kubectl-airflowsec", "version"}, cli.Streams{Out: io.Discard, ErrOut: io.Discard})
	}
}
