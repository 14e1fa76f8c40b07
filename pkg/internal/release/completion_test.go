package release

import (
	"slices"
	"strings"
	"testing"
)

// completed asks the plugin, or its host for it, what can follow the words.
func (s started) completed(t *testing.T, words ...string) []string {
	t.Helper()
	asked := started{env: s.env, words: []string{s.words[0], "__complete"}}
	stdout, stderr, code := asked.run(t, append(s.words[1:len(s.words):len(s.words)], words...)...)
	if code != 0 {
		t.Fatalf("completing %v after %v: exit code %d\n%s", words, s.words, code, stderr)
	}
	var names []string
	for line := range strings.Lines(stdout) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
		if name != "help" && !strings.HasPrefix(name, ":") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// compareCompletions holds the commands, which Helm takes from completion.yaml,
// and flags and arguments, which only the plugin knows, to the plain binary's.
func compareCompletions(t *testing.T, installed, plain started) {
	t.Helper()
	for _, words := range [][]string{{""}, {"check", "--f"}, {"completion", ""}} {
		got, want := installed.completed(t, words...), plain.completed(t, words...)
		if !slices.Equal(got, want) || len(want) < 2 {
			t.Errorf("%q completes to %q, the plain binary offers %q", words, got, want)
		}
	}
}
