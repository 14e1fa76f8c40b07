package release

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A tag of an action can be moved to other code, a commit cannot.
func TestWorkflowsPinTheirActions(t *testing.T) {
	pinned := regexp.MustCompile(`^[\w.-]+(/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)
	files, err := filepath.Glob(filepath.Join(root(t), ".github", "workflows", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no workflows (%v)", err)
	}
	files = append(files, filepath.Join(root(t), "action.yml"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Ext(file) == ".yaml" && !strings.Contains(string(text), "\npermissions:\n  contents: read\n\n") {
			t.Errorf("%s does not start from reading the repository only", file)
		}
		for line := range strings.Lines(string(text)) {
			if _, action, found := strings.Cut(strings.TrimSpace(line), "uses: "); found && action != "./" && !pinned.MatchString(action) {
				t.Errorf("%s: %s is not pinned to a commit with its version beside it", file, action)
			}
		}
	}
}
