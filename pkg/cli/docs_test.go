package cli

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

var update = flag.Bool("update", false, "rewrite docs/commands")

// TestCommandDocs keeps docs/commands the same as what --help says.
func TestCommandDocs(t *testing.T) {
	dir := filepath.Join("..", "..", "docs", "commands")
	want := map[string][]byte{}
	root := newRootCommand("kubectl airflowsec", Streams{Out: &bytes.Buffer{}, ErrOut: &bytes.Buffer{}})
	index := "# Commands\n\nWritten from the program's own help; the same for `helm airflowsec`.\n\n"
	for _, cmd := range withSubcommands(root) {
		name := wordsOf(cmd)
		file := strings.ReplaceAll(name, " ", "-") + ".md"
		want[file] = []byte(page(cmd))
		index += "- [" + name + "](" + file + "): " + cmd.Short + "\n"
	}
	want["README.md"] = []byte(index)
	if *update {
		rewrite(t, dir, want)
	}
	for name, text := range want {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(got, text) {
			t.Errorf("docs/commands/%s is stale (go test ./pkg/cli -update rewrites it)", name)
		}
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, path := range left {
		if want[filepath.Base(path)] == nil {
			t.Errorf("%s describes no command", path)
		}
	}
}

// withSubcommands are all commands below one, each before its own.
func withSubcommands(parent *cobra.Command) []*cobra.Command {
	var out []*cobra.Command
	for _, cmd := range parent.Commands() {
		if !cmd.Hidden && cmd.Name() != "help" {
			out = append(append(out, cmd), withSubcommands(cmd)...)
		}
	}
	return out
}

// wordsOf are a command's own words, as "generate patches".
func wordsOf(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().CommandPath()+" ")
}

func rewrite(t *testing.T, dir string, pages map[string][]byte) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range pages {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func page(cmd *cobra.Command) string {
	long := cmd.Long
	if long == "" {
		long = cmd.Short + "."
	}
	cmd.InitDefaultHelpFlag()
	usage := strings.TrimSpace(cmd.UsageString())
	return "# kubectl airflowsec " + wordsOf(cmd) + "\n\n" + long + "\n\n```\n" + usage + "\n```\n"
}
