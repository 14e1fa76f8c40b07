package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
)

const revisionsEach = 10

// BenchmarkEveryRelease reads all releases of a cluster, one after the other, as
// check -A does: 50, 100 and 200 of them with ten revisions each. Time per
// release must not grow, and memory must stay under 300 MB.
func BenchmarkEveryRelease(b *testing.B) {
	c := controlplane.ForTest(b, controlplane.Options{})
	install(b, c, "helm3", "official", "first", "af")
	f := newFiller(b, c)
	made := 1
	for _, n := range []int{50, 100, 200} {
		f.fill(made, n)
		made = n
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			resetPeak()
			for b.Loop() {
				readEverything(b, c, n)
			}
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*n), "ms/release")
			b.ReportMetric(peakMB(), "MB-peak")
		})
	}
}

func readEverything(b *testing.B, c *controlplane.Cluster, want int) {
	cluster := as(b, c.Kubeconfig(controlplane.Admin))
	found, _, err := cluster.Releases(context.Background(), "")
	if err != nil || len(found) != want {
		b.Fatalf("found %d releases, %v", len(found), err)
	}
	for _, f := range found {
		if _, err := cluster.Read(context.Background(), f, 0); err != nil {
			b.Fatal(err)
		}
	}
}

// filler copies one release into many namespaces. Nothing runs there: pods cost the benchmark, not the reader.
type filler struct {
	b         *testing.B
	client    dynamic.Interface
	revisions [][]byte
	workloads []string
}

func newFiller(b *testing.B, c *controlplane.Cluster) *filler {
	config := as(b, c.Kubeconfig(controlplane.Admin)).Config
	config.QPS = -1
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		b.Fatal(err)
	}
	f := &filler{b: b, client: client}
	first := stored(b, c, "first", "af", 1)
	for n := 1; n <= revisionsEach; n++ {
		f.revisions = append(f.revisions, revised(b, first, n, statusOf(n)))
	}
	for _, name := range []string{"scheduler", "api-server", "dag-processor"} {
		f.workloads = append(f.workloads, fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata:
  name: af-%[1]s
  namespace: NAMESPACE
  labels: {tier: airflow, component: %[1]s, release: af, chart: airflow-1.22.0}
spec:
  replicas: 0
  selector: {matchLabels: {component: %[1]s}}
  template:
    metadata: {labels: {tier: airflow, component: %[1]s, release: af}}
    spec: {containers: [{name: c, image: apache/airflow:3.2.2}]}
`, name))
	}
	return f
}

func statusOf(revision int) string {
	if revision == revisionsEach {
		return "deployed"
	}
	return "superseded"
}

func (f *filler) fill(from, to int) {
	f.b.Helper()
	var g errgroup.Group
	g.SetLimit(16)
	for i := from; i < to; i++ {
		g.Go(func() error {
			namespace := fmt.Sprintf("team-%03d", i)
			docs := []string{"apiVersion: v1\nkind: Namespace\nmetadata: {name: NAMESPACE}\n"}
			docs = append(docs, f.workloads...)
			for n, text := range f.revisions {
				docs = append(docs, secret(namespace, "af", n+1, statusOf(n+1), text))
			}
			for _, doc := range docs {
				if err := f.create(strings.ReplaceAll(doc, "NAMESPACE", namespace)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		f.b.Fatal(err)
	}
}

func (f *filler) create(doc string) error {
	o := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(doc), &o.Object); err != nil {
		return err
	}
	gv, err := schema.ParseGroupVersion(o.GetAPIVersion())
	if err != nil {
		return err
	}
	gvr := gv.WithResource(strings.ToLower(o.GetKind()) + "s")
	_, err = f.client.Resource(gvr).Namespace(o.GetNamespace()).Create(context.Background(), o, metav1.CreateOptions{})
	return err
}

// resetPeak makes the kernel forget this process's peak memory; only Linux can.
func resetPeak() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
}

// peakMB is this process's peak memory since resetPeak; 0 where the kernel does not tell.
func peakMB() float64 {
	text, _ := os.ReadFile("/proc/self/status")
	var kB float64
	if _, rest, found := strings.Cut(string(text), "VmHWM:"); found {
		_, _ = fmt.Sscan(rest, &kB)
	}
	return kB / 1024
}

// BenchmarkOneRelease compares a whole check with kubectl's get of the same kinds in the same namespace.
func BenchmarkOneRelease(b *testing.B) {
	c := controlplane.ForTest(b, controlplane.Options{})
	install(b, c, "helm3", "official", "team", "af")
	root, err := controlplane.Root()
	if err != nil {
		b.Fatal(err)
	}
	plugin := filepath.Join(b.TempDir(), "kubectl-airflowsec")
	build := exec.CommandContext(b.Context(), "go", "build", "-o", plugin, "./cmd/kubectl-airflowsec")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	kubectl, err := controlplane.Tool(b.Context(), "kubectl")
	if err != nil {
		b.Fatal(err)
	}
	for name, command := range map[string][]string{
		"kubectl get": {kubectl, "get", "-n", "team", "-o", "json", "deploy,sts,ds,jobs,cronjobs,pods,cm,secrets,sa,roles,rolebindings,svc,ing,netpol,pdb,hpa,pvc"},
		"check":       {plugin, "check", "af", "-n", "team", "--fail-on", "none", "-o", "json"},
		"list":        {plugin, "list", "-n", "team"},
	} {
		b.Run(name, func(b *testing.B) {
			var cpu time.Duration
			for b.Loop() {
				cmd := exec.CommandContext(b.Context(), command[0], command[1:]...)
				cmd.Env = c.Env(controlplane.Admin)
				if out, err := cmd.Output(); len(out) == 0 {
					b.Fatal(err)
				}
				cpu += cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
			}
			// On a busy machine this compares better than the time that passed.
			b.ReportMetric(float64(cpu.Milliseconds())/float64(b.N), "cpu-ms/op")
		})
	}
}
