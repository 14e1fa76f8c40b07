package controlplane

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// orphan tells the test binary to start a cluster, to print its process numbers
// and to wait for being killed.
const orphan = "AIRFLOWSEC_TEST_ORPHAN"

func TestMain(m *testing.M) {
	if os.Getenv(orphan) == "" {
		os.Exit(m.Run())
	}
	c, err := Start(context.Background(), Options{Dir: os.Getenv(orphan)})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for _, p := range c.processes() {
		fmt.Println(p.handle.Pid)
	}
	fmt.Println("ready")
	select {}
}

func TestCluster(t *testing.T) {
	c := ForTest(t, Options{Users: 2})
	t.Run("charts", func(t *testing.T) { testCharts(t, c) })
	t.Run("CRDs", func(t *testing.T) { testCRDs(t, c) })
	t.Run("rights", func(t *testing.T) { testRights(t, c) })
	t.Run("admission", func(t *testing.T) { testAdmission(t, c) })
	t.Run("node stays", func(t *testing.T) { testNodeStays(t, c) })
	t.Run("proxy", func(t *testing.T) { testProxy(t, c) })
	t.Run("outage", func(t *testing.T) { testOutage(t, c) })
	t.Run("stop", func(t *testing.T) { testStop(t, c) })
}

// testCharts installs both fixture charts with both Helms; each has a hook Job.
func testCharts(t *testing.T, c *Cluster) {
	for _, helm := range []string{"helm3", "helm4"} {
		for chart, job := range map[string]string{"community": "airflow-sync-users", "official": "airflow-create-user"} {
			namespace := chart + "-" + helm
			t.Run(namespace, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
				defer cancel()
				dir, err := Chart(chart)
				if err != nil {
					t.Fatal(err)
				}
				args := []string{"install", "airflow", dir, "-n", namespace, "--create-namespace"}
				if chart == "community" {
					args = append(args, "--set", "airflow.usersUpdate=false")
				}
				if _, err := c.Run(ctx, Admin, helm, args...); err != nil {
					t.Fatal(err)
				}
				if err := c.WaitReady(ctx, namespace); err != nil {
					t.Fatal(err)
				}
				events := mustRun(t, c, Admin, "kubectl", "get", "events", "-n", namespace, "-o", "custom-columns=:reason,:involvedObject.name")
				if !slices.ContainsFunc(strings.Split(events, "\n"), func(line string) bool {
					return slices.Equal(strings.Fields(line), []string{"Completed", job})
				}) {
					t.Errorf("hook Job %s has not completed; events:\n%s", job, events)
				}
			})
		}
	}
}

// testRights shows that a user starts with nothing, gets exactly a Role, and
// that the audit log says what it asked for.
func testRights(t *testing.T, c *Cluster) {
	if _, err := c.Run(t.Context(), "least-1", "kubectl", "get", "pods"); err == nil || !strings.Contains(err.Error(), "Forbidden") {
		t.Fatalf("least-1 lists pods without a Role: %v", err)
	}
	mustRun(t, c, Admin, "kubectl", "create", "role", "pods", "--verb=list", "--resource=pods")
	mustRun(t, c, Admin, "kubectl", "create", "rolebinding", "pods", "--role=pods", "--user=least-1")
	mustRun(t, c, "least-1", "kubectl", "get", "pods")
	got, err := c.Requests("least-1")
	if err != nil {
		t.Fatal(err)
	}
	got = slices.DeleteFunc(got, func(r Request) bool { return r.Resource == "" }) // discovery
	want := []Request{
		{Verb: "list", Resource: "pods", Namespace: "default", Code: http.StatusForbidden},
		{Verb: "list", Resource: "pods", Namespace: "default", Code: http.StatusOK},
	}
	if !slices.Equal(got, want) {
		t.Errorf("least-1 asked %v, want %v", got, want)
	}
	if other, err := c.Requests("least-2"); err != nil || len(other) != 0 {
		t.Errorf("least-2 asked nothing, but the log says %v %v", other, err)
	}
}

func testAdmission(t *testing.T, c *Cluster) {
	err := c.Apply(t.Context(), `
apiVersion: v1
kind: Namespace
metadata: {name: strict, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: v1
kind: Pod
metadata: {name: loose, namespace: strict}
spec: {containers: [{name: c, image: example.com/c:1}]}
`)
	if err == nil || !strings.Contains(err.Error(), `violates PodSecurity "restricted:`) {
		t.Errorf("a pod that breaks restricted is admitted: %v", err)
	}
}

// testNodeStays looks for the Lease without which the node controller declares
// the node dead after 50 seconds.
func testNodeStays(t *testing.T, c *Cluster) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	err := until(ctx, func(ctx context.Context) (string, error) {
		var lease struct{ Spec struct{ RenewTime string } }
		if err := c.read(ctx, "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-0", &lease); err != nil || lease.Spec.RenewTime == "" {
			return "the node's Lease", nil
		}
		return "", nil
	})
	if err != nil {
		t.Error(err)
	}
}

func testProxy(t *testing.T, c *Cluster) {
	refused := 0
	p, err := c.Proxy(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/configmaps") {
				refused++
				http.Error(w, "no", http.StatusTeapot)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	config, err := p.Kubeconfig(Admin)
	if err != nil {
		t.Fatal(err)
	}
	if out := mustRun(t, c, Admin, "kubectl", "--kubeconfig", config, "get", "nodes", "-o", "name"); out != "node/node-0\n" {
		t.Errorf("through the proxy: %q", out)
	}
	if _, err := c.Run(t.Context(), Admin, "kubectl", "--kubeconfig", config, "get", "configmaps"); err == nil || refused == 0 {
		t.Errorf("the refused request succeeded (%v), refused %d times", err, refused)
	}
}

func testOutage(t *testing.T, c *Cluster) {
	get := func() error {
		_, err := c.Run(t.Context(), Admin, "kubectl", "get", "--raw", "/version", "--request-timeout=2s")
		return err
	}
	if err := c.PauseAPI(); errors.Is(err, errors.ErrUnsupported) {
		t.Log("this system cannot pause a process")
	} else if err != nil {
		t.Fatal(err)
	} else if err := get(); err == nil {
		t.Error("a paused API server answers")
	} else if err := c.ResumeAPI(); err != nil {
		t.Fatal(err)
	} else if err := get(); err != nil {
		t.Errorf("a resumed API server does not answer: %v", err)
	}
	c.StopAPI()
	if err := get(); err == nil {
		t.Error("a stopped API server answers")
	}
	if err := c.StartAPI(t.Context()); err != nil {
		t.Fatal(err)
	}
	if out := mustRun(t, c, Admin, "kubectl", "get", "nodes", "-o", "name"); out != "node/node-0\n" {
		t.Errorf("the restarted API server has lost its data: %q", out)
	}
}

func testStop(t *testing.T, c *Cluster) {
	processes := c.processes()
	if len(processes) != 5 {
		t.Errorf("%d processes run, want etcd, API server, controllers, scheduler and kwok", len(processes))
	}
	c.Stop()
	for _, p := range processes {
		if alive(p.handle.Pid) {
			t.Errorf("%s still runs", p.name)
		}
	}
	if conn, err := net.Dial("tcp", strings.TrimPrefix(c.server, "https://")); err == nil {
		conn.Close()
		t.Error("somebody still listens on the API server's port")
	}
	if exists(c.dir) {
		t.Errorf("%s is left behind", c.dir)
	}
	c.Stop()
}

// TestKilledParent: a test that is killed (by -timeout, by hand) takes its
// control plane with it.
func TestKilledParent(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ties a child's life to its parent's")
	}
	if testing.Short() {
		t.Skip("-short: this test starts a real control plane")
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), orphan+"="+t.TempDir())
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pids []int
	for lines := bufio.NewScanner(stdout); lines.Scan() && lines.Text() != "ready"; {
		pid, err := strconv.Atoi(lines.Text())
		if err != nil {
			t.Error(lines.Text())
			continue
		}
		pids = append(pids, pid)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if len(pids) != 5 {
		t.Fatalf("%d processes ran, want 5", len(pids))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := until(ctx, func(context.Context) (string, error) {
		if slices.ContainsFunc(pids, alive) {
			return "the end of the orphans", nil
		}
		return "", nil
	}); err != nil {
		t.Error(err)
	}
}

func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	return err == nil && p.Signal(syscall.Signal(0)) == nil
}

func mustRun(t *testing.T, c *Cluster, user, tool string, args ...string) string {
	t.Helper()
	out, err := c.Run(t.Context(), user, tool, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
