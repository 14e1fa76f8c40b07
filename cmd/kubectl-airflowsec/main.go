// Command kubectl-airflowsec is the plugin's one program: kubectl airflowsec,
// helm airflowsec, and kubectl's completion for it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/airflowsec/kubectl-airflowsec/pkg/cli"
	_ "github.com/airflowsec/kubectl-airflowsec/pkg/memory" // when garbage is collected
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends what does not heed the first
	code := cli.Main(ctx, os.Args, cli.Streams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr})
	stop()
	os.Exit(code)
}
