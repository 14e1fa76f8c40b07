package e2e

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// install installs a fixture chart in a namespace, which it makes where it is missing.
func install(t testing.TB, c *controlplane.Cluster, helm, chart, namespace, release string, args ...string) {
	t.Helper()
	root, err := controlplane.Root()
	if err != nil {
		t.Fatal(err)
	}
	args = append([]string{"install", release, filepath.Join(root, "testdata", "charts", chart), "-n", namespace, "--create-namespace"}, args...)
	if _, err := c.Run(t.Context(), controlplane.Admin, helm, args...); err != nil {
		t.Fatal(err)
	}
}

func apply(t testing.TB, c *controlplane.Cluster, manifest string) {
	t.Helper()
	if err := c.Apply(t.Context(), manifest); err != nil {
		t.Fatal(err)
	}
}

// as is the cluster in the eyes of a user.
func as(t testing.TB, kubeconfig string) *collect.Cluster {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	return &collect.Cluster{Config: config, Now: func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) }}
}

// find is one release of a namespace.
func find(t testing.TB, c *collect.Cluster, namespace, release string) collect.Found {
	t.Helper()
	found, coverage, err := c.Releases(context.Background(), namespace)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if f.Name == release && (namespace == "" || f.Namespace == namespace) {
			return f
		}
	}
	t.Fatalf("no release %s in namespace %s among %+v; coverage %+v", release, namespace, found, coverage)
	return collect.Found{}
}

// read finds and reads one release.
func read(t testing.TB, c *collect.Cluster, namespace, release string) *snapshot.Snapshot {
	t.Helper()
	s, err := c.Read(context.Background(), find(t, c, namespace, release), 0)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// judge runs every rule.
func judge(t testing.TB, s *snapshot.Snapshot) *check.Report {
	t.Helper()
	report, err := check.Run(airflow.New(s), rules.All(), &profile.Profile{Name: "all", Level: rule.Paranoid})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// written is a snapshot as saved.
func written(t testing.TB, s *snapshot.Snapshot) string {
	t.Helper()
	var b bytes.Buffer
	if err := collect.WriteSnapshot(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// all are the objects of one kind as "name name".
func all(s *snapshot.Snapshot, kind snapshot.Kind) string {
	var out []string
	for _, o := range s.OfKind(kind) {
		out = append(out, o.Name)
	}
	return strings.Join(out, " ")
}

func least(n int) string { return fmt.Sprintf("least-%d", n) }
