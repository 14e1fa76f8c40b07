// Command kubectl-airflowsec is the plugin's one program: kubectl airflowsec,
// helm airflowsec, and kubectl's completion for it.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/airflowsec/kubectl-airflowsec/pkg/cli"
)

// garbagePercent lets the heap of a few megabytes that most runs need grow
// without a collection, which would cost more than all rules together.
const garbagePercent = 200

func main() {
	debug.SetGCPercent(garbagePercent)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Main(ctx, os.Args, cli.Streams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr})
	stop()
	os.Exit(code)
}
