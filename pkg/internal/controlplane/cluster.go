package controlplane

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Options are the choices of one cluster.
type Options struct {
	// Dir holds everything of the cluster, logs included; a folder without
	// content, or one to be made. "" is a new folder under the system's
	// temporary folder, which Stop removes.
	Dir string
	// Users is how many users without any right there are: least-1, least-2 …
	// They may do what every authenticated user may: discovery and version.
	Users int
}

// Cluster is one running control plane.
type Cluster struct {
	dir       string
	removeDir bool
	tokens    map[string]string // by user
	authority []byte            // PEM
	server    string            // https://127.0.0.1:port
	client    *http.Client

	etcd, api *process
	others    []*process // started after the API server, stopped before it
	apiArgs   []string
	stopOnce  sync.Once
}

// Start builds what is missing (minutes, once per machine and version) and
// starts a cluster (seconds). It returns when the API server answers and the
// node takes pods. The cluster stops when ctx is done or Stop is called.
func Start(ctx context.Context, options Options) (*Cluster, error) {
	if _, err := Tool(ctx, "kube-apiserver"); err != nil {
		return nil, err
	}
	var err error
	// Between choosing a free port and listening on it somebody else may take
	// it, hence more than one attempt.
	for range 3 {
		var c *Cluster
		if c, err = newCluster(options); err != nil {
			return nil, err
		}
		if err = c.start(ctx); err == nil {
			context.AfterFunc(ctx, c.Stop)
			return c, nil
		}
		c.Stop()
		if ctx.Err() != nil {
			break
		}
	}
	return nil, fmt.Errorf("starting a control plane: %w", err)
}

func newCluster(options Options) (*Cluster, error) {
	c := &Cluster{removeDir: options.Dir == ""}
	var err error
	if c.removeDir {
		c.dir, err = os.MkdirTemp("", "airflowsec-cluster-")
	} else if c.dir, err = filepath.Abs(options.Dir); err == nil {
		err = os.MkdirAll(c.dir, 0o700)
	}
	if err != nil {
		return nil, err
	}
	c.tokens, err = writeCredentials(c.dir, options.Users)
	if err != nil {
		return nil, err
	}
	c.authority, err = os.ReadFile(c.path("ca.crt"))
	return c, err
}

func (c *Cluster) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, 2*time.Minute, errors.New("two minutes have passed"))
	defer cancel()
	ports, err := freePorts(2)
	if err != nil {
		return err
	}
	c.server = "https://127.0.0.1:" + ports[0]
	c.client = newClient(c.authority)
	for user, token := range c.tokens {
		if err := writeKubeconfig(c.kubeconfig(user), c.server, user, token, c.authority); err != nil {
			return err
		}
	}
	if err := c.startStorage(ctx, ports[0], "http://127.0.0.1:"+ports[1]); err != nil {
		return err
	}
	if err := c.startOthers(ctx); err != nil {
		return err
	}
	return c.addNode(ctx)
}

// startStorage starts etcd and the API server.
func (c *Cluster) startStorage(ctx context.Context, port, etcd string) (err error) {
	if err := os.WriteFile(c.path("audit.yaml"), []byte(auditPolicy), 0o600); err != nil {
		return err
	}
	c.etcd, err = c.run(ctx, "etcd", "--data-dir="+c.path("etcd"), "--unsafe-no-fsync",
		"--listen-client-urls="+etcd, "--advertise-client-urls="+etcd, "--listen-peer-urls=http://127.0.0.1:0")
	if err != nil {
		return err
	}
	c.apiArgs = []string{
		"--etcd-servers=" + etcd, "--bind-address=127.0.0.1", "--secure-port=" + port,
		"--tls-cert-file=" + c.path("api.crt"), "--tls-private-key-file=" + c.path("api.key"),
		"--token-auth-file=" + c.path("tokens.csv"), "--authorization-mode=RBAC",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + c.path("accounts.key"),
		"--service-account-signing-key-file=" + c.path("accounts.key"),
		"--service-cluster-ip-range=10.96.0.0/16", "--allow-privileged=true",
		"--audit-policy-file=" + c.path("audit.yaml"), "--audit-log-path=" + c.AuditLog(), "--audit-log-maxsize=0",
	}
	return c.StartAPI(ctx)
}

// startOthers starts what works on the API server: controllers, scheduler, kwok.
func (c *Cluster) startOthers(ctx context.Context) error {
	stages, err := Tool(ctx, "kwok")
	if err != nil {
		return err
	}
	stages = filepath.Join(filepath.Dir(stages), stagesName)
	const fast = "--kube-api-qps=500" // with the default of 20 the controllers take five seconds to start
	for _, command := range [][]string{
		{"kube-controller-manager", "--kubeconfig=" + c.kubeconfig(controllersUser), "--leader-elect=false", "--secure-port=0", fast, "--kube-api-burst=1000",
			"--use-service-account-credentials", "--service-account-private-key-file=" + c.path("accounts.key"),
			"--root-ca-file=" + c.path("ca.crt")},
		{"kube-scheduler", "--kubeconfig=" + c.kubeconfig(schedulerUser), "--leader-elect=false", "--secure-port=0", fast},
		{"kwok", "--kubeconfig=" + c.kubeconfig(kwokUser), "--config=" + stages, "--manage-all-nodes=true",
			"--node-lease-duration-seconds=40"},
	} {
		p, err := c.run(ctx, command[0], command[1:]...)
		if err != nil {
			return err
		}
		c.others = append(c.others, p)
	}
	return nil
}

func (c *Cluster) run(ctx context.Context, name string, args ...string) (*process, error) {
	path, err := Tool(ctx, name)
	if err != nil {
		return nil, err
	}
	return startProcess(c.dir, name, path, args...)
}

// Kubeconfig returns the path of a user's kubeconfig: Admin, or least-1 to
// least-n. It panics for any other name, which is a mistake in the caller.
func (c *Cluster) Kubeconfig(user string) string {
	if c.tokens[user] == "" {
		panic(fmt.Sprintf("no user %q, only %q", user, slices.Sorted(maps.Keys(c.tokens))))
	}
	return c.kubeconfig(user)
}

func (c *Cluster) kubeconfig(user string) string { return c.path("kubeconfig-" + user) }
func (c *Cluster) path(name string) string       { return filepath.Join(c.dir, name) }

// PauseAPI makes the API server hang: connections open, answers do not come.
func (c *Cluster) PauseAPI() error { return pause(c.api.handle) }

// ResumeAPI undoes PauseAPI.
func (c *Cluster) ResumeAPI() error { return resume(c.api.handle) }

// StopAPI ends the API server: open connections break and new ones are refused.
func (c *Cluster) StopAPI() { c.api.kill() }

// StartAPI undoes StopAPI: same port, same data. It returns when the API server
// answers.
func (c *Cluster) StartAPI(ctx context.Context) (err error) {
	if c.api, err = c.run(ctx, "kube-apiserver", c.apiArgs...); err != nil {
		return err
	}
	return until(ctx, func(ctx context.Context) (string, error) {
		for _, p := range []*process{c.etcd, c.api} {
			if err := p.ended(); err != nil {
				return "", err
			}
		}
		if _, err := c.request(ctx, http.MethodGet, "/readyz", nil); err != nil {
			return "the API server: " + err.Error(), nil
		}
		return "", nil
	})
}

// Stop ends all processes, the API server before etcd, without which it would
// hang, and waits for each. The data is gone afterwards. It may be called twice.
func (c *Cluster) Stop() {
	c.stopOnce.Do(func() {
		for _, p := range c.processes() {
			p.kill()
		}
		_ = os.RemoveAll(c.path("etcd"))
		if c.removeDir {
			_ = os.RemoveAll(c.dir)
		}
	})
}

// processes returns what has been started, in the order of stopping.
func (c *Cluster) processes() []*process {
	return slices.DeleteFunc(slices.Concat(c.others, []*process{c.api, c.etcd}), func(p *process) bool { return p == nil })
}

// freePorts returns n different ports of 127.0.0.1 that nobody listens on.
func freePorts(n int) ([]string, error) {
	var ports []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer l.Close() // only at the end, so that no port comes twice
		ports = append(ports, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	return ports, nil
}
