package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestTheSameBytesEveryTime runs every format twenty times, half of them on
// one processor, from manifests and from their saved snapshot.
func TestTheSameBytesEveryTime(t *testing.T) {
	var c canaries
	dir := t.TempDir()
	release, saved := filepath.Join(dir, "release.yaml"), filepath.Join(dir, "saved.yaml")
	if err := os.WriteFile(release, []byte(c.plant(secretPlaces)), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "1795262400")
	if out := printed([]string{"snapshot", "-f", release, "-o", saved}); out != "" {
		t.Fatal(out)
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, format := range []string{"table", "wide", "json", "yaml", "sarif", "junit", "markdown"} {
		first := printed([]string{"check", "-o", format, "-f", release})
		for run := range 20 {
			runtime.GOMAXPROCS([]int{1, 8}[run%2])
			if got := printed([]string{"check", "-o", format, "-f", release}); got != first {
				t.Errorf("run %d prints other %s than the first", run, format)
			}
			if got := printed([]string{"check", "-o", format, "--from", saved}); withoutPlace(got, release, saved) != withoutPlace(first, release, saved) {
				t.Errorf("run %d prints other %s from the snapshot", run, format)
			}
		}
	}
	for _, line := range networkLines(nil) {
		if line[0] == "generate" && line[1] == "values" {
			continue // renders a chart
		}
		first := printed(append(line, "-f", release))
		for run := range 6 {
			runtime.GOMAXPROCS([]int{1, 8}[run%2])
			if printed(append(line, "-f", release)) != first {
				t.Errorf("run %d of %v prints other bytes than the first", run, line)
			}
			if got := printed(append(line, "--from", saved)); withoutPlace(got, release, saved) != withoutPlace(first, release, saved) {
				t.Errorf("run %d of %v prints other bytes from the snapshot", run, line)
			}
		}
	}
	for range 5 {
		if got := printed([]string{"snapshot", "-f", release, "-o", "-"}); got != read(t, saved) {
			t.Error("two snapshots of one release differ")
		}
	}
}

// withoutPlace leaves out where the source was, which a snapshot cannot know of itself.
func withoutPlace(text string, paths ...string) string {
	for _, path := range paths {
		text = strings.ReplaceAll(text, path, "SOURCE")
	}
	return text
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
