// Command cluster brings up a local control plane with an Airflow release to try
// the plugin on. It needs Go and nothing else:
//
//	go run ./pkg/internal/controlplane/cmd/cluster            # until Ctrl-C
//	go run ./pkg/internal/controlplane/cmd/cluster -detach    # in the background
//	go run ./pkg/internal/controlplane/cmd/cluster -stop
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
)

// options are the flags' values.
type options struct {
	chart, helm         string
	tools, detach, stop bool
}

func main() {
	var o options
	flag.StringVar(&o.chart, "chart", "community", "chart to install: community or official under testdata/charts, or a folder")
	flag.StringVar(&o.helm, "helm", "helm3", "helm3 or helm4")
	flag.BoolVar(&o.tools, "tools", false, "only build the commands that tests need")
	flag.BoolVar(&o.detach, "detach", false, "return when the cluster is up and leave it running")
	flag.BoolVar(&o.stop, "stop", false, "stop the cluster that runs")
	flag.Parse()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := run(ctx, o); err != nil && !errors.Is(err, context.Canceled) {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) error {
	if o.tools {
		return controlplane.BuildTools(ctx)
	}
	cache, err := controlplane.CacheDir()
	if err != nil {
		return err
	}
	dir := filepath.Join(cache, "cluster")
	if o.stop {
		return askToStop(dir)
	}
	if conn, err := dial(dir); err == nil {
		fmt.Fprintln(os.Stderr, "A cluster runs already; stop it with -stop.")
		printKubeconfig(filepath.Join(dir, "kubeconfig-"+controlplane.Admin))
		return conn.Close()
	}
	if err := controlplane.BuildTools(ctx); err != nil {
		return err
	}
	if o.detach {
		return detach(dir, o)
	}
	return serve(ctx, dir, o)
}

// running is a cluster with its release and the socket to stop it.
type running struct {
	cluster *controlplane.Cluster
	control *control
}

// serve runs the cluster until ctx is done or somebody asks for the end.
func serve(ctx context.Context, dir string, o options) error {
	r, err := open(ctx, dir, o)
	if err != nil {
		return err
	}
	printKubeconfig(r.cluster.Kubeconfig(controlplane.Admin))
	fmt.Fprintf(os.Stderr, "Release airflow runs in namespace airflow. Users without rights: least-1 to least-3, each with a kubeconfig-<user> beside admin's.\n")
	r.wait(ctx)
	return nil
}

// open starts a cluster in dir, whose former content is removed, and installs
// the release.
func open(ctx context.Context, dir string, o options) (r running, err error) {
	if err := os.RemoveAll(dir); err != nil {
		return r, err
	}
	if r.control, err = listen(dir); err != nil {
		return r, err
	}
	r.cluster, err = controlplane.Start(ctx, controlplane.Options{Dir: dir, Users: 3})
	if err != nil {
		r.control.close()
		return r, err
	}
	if err := install(ctx, r.cluster, o); err != nil {
		r.stop()
		return r, err
	}
	return r, nil
}

func (r running) wait(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-r.control.stop:
	}
	r.stop()
}

// stop closes the socket last: that is what -stop waits for.
func (r running) stop() {
	r.cluster.Stop()
	r.control.close()
}

func install(ctx context.Context, c *controlplane.Cluster, o options) error {
	chart := o.chart
	if chart == "community" || chart == "official" {
		var err error
		if chart, err = controlplane.Chart(chart); err != nil {
			return err
		}
	}
	if _, err := c.Run(ctx, controlplane.Admin, o.helm, "install", "airflow", chart, "--namespace", "airflow", "--create-namespace"); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	return c.WaitReady(ctx, "airflow")
}

func printKubeconfig(path string) {
	fmt.Printf("export KUBECONFIG=%s\n", path)
}
