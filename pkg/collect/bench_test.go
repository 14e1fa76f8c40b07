package collect

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// benchManifests is the community chart's default render where there is a
// corpus, else a stand-in of about the same size.
func benchManifests(b *testing.B) []byte {
	b.Helper()
	if dir := os.Getenv("AIRFLOWSEC_CORPUS"); dir != "" {
		if text, err := os.ReadFile(filepath.Join(dir, "community-8.9.0", "00-defaults", "manifest.yaml")); err == nil {
			return text
		}
	}
	var c canaries
	return []byte(strings.Repeat("---"+c.plant(canaryManifests), 7))
}

func BenchmarkParseMaskSeal(b *testing.B) {
	text := benchManifests(b)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		m := testMasker(b)
		objects, err := parseManifests(bytes.NewReader(text), "f", "airflow", m)
		if err != nil {
			b.Fatal(err)
		}
		s := newSnapshot(snapshot.FromFiles, "rel", "airflow", fixedTime)
		s.Objects = objects
		m.seal(s)
	}
}

func BenchmarkWriteSnapshot(b *testing.B) {
	m := testMasker(b)
	objects, err := parseManifests(bytes.NewReader(benchManifests(b)), "f", "airflow", m)
	if err != nil {
		b.Fatal(err)
	}
	s := newSnapshot(snapshot.FromFiles, "rel", "airflow", fixedTime)
	s.Objects = objects
	m.seal(s)
	b.ReportAllocs()
	for b.Loop() {
		var out bytes.Buffer
		if err := WriteSnapshot(&out, s); err != nil {
			b.Fatal(err)
		}
	}
}
