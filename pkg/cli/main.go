package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"strings"

	"k8s.io/cli-runtime/pkg/genericiooptions"
)

// Streams are where a command reads and writes.
type Streams = genericiooptions.IOStreams

// Exit codes, as README.md promises them.
const (
	exitClean      = 0
	exitFindings   = 1
	exitError      = 2
	exitIncomplete = 3
)

var (
	// errFindings says that the answer is printed and holds a finding at or above --fail-on.
	errFindings = errors.New("findings")
	// errIncomplete says that nothing failed, but something could not be read.
	errIncomplete = errors.New("incomplete")
)

// Main runs one command line and says how the process should end. It is the one place that decides.
func Main(ctx context.Context, args []string, streams Streams) (code int) {
	defer func() {
		if recover() != nil { // the value may hold what was being read, so it is not printed
			fmt.Fprintf(streams.ErrOut, "error: internal error; please report it with this stack:\n%s", debug.Stack())
			code = exitError
		}
	}()
	invoked := invokedAs(args[0])
	words := args[1:]
	if strings.HasPrefix(filepath.Base(args[0]), "kubectl_complete-") {
		words = append([]string{"__complete"}, words...)
	}
	root := newRootCommand(invoked, streams)
	root.SetArgs(words)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errFindings):
		return exitFindings
	case errors.Is(err, errIncomplete):
		return exitIncomplete
	case ctx.Err() != nil: // whatever came of that
		fmt.Fprintln(streams.ErrOut, "error: interrupted")
		return exitError
	default:
		fmt.Fprintln(streams.ErrOut, "error:", oneLine(err))
		return exitError
	}
}

// oneLine keeps an error to one sentence on one line, free of control characters.
func oneLine(err error) string {
	text := strings.Join(strings.Fields(err.Error()), " ")
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, text)
}
