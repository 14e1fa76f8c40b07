package cli

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestSampleIsPacked keeps the packed sample the same as the readable one.
func TestSampleIsPacked(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", "sample", "airflow.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("sample.yaml.gz", packed(t, text), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(sample))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(unpacked); err != nil || !bytes.Equal(got, text) {
		t.Errorf("sample.yaml.gz is not testdata/sample/airflow.yaml (go test ./pkg/cli -update rewrites it): %v", err)
	}
}

func packed(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
