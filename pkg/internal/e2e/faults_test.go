package e2e

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/airflowsec/kubectl-airflowsec/pkg/airflow"
	"github.com/airflowsec/kubectl-airflowsec/pkg/check"
	"github.com/airflowsec/kubectl-airflowsec/pkg/collect"
	"github.com/airflowsec/kubectl-airflowsec/pkg/internal/controlplane"
	"github.com/airflowsec/kubectl-airflowsec/pkg/profile"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rule"
	"github.com/airflowsec/kubectl-airflowsec/pkg/rules"
	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func grantAll(t testing.TB, c *controlplane.Cluster, user string) {
	t.Helper()
	grant(t, c, user, collect.Access(true, true, ""))
}

// through is the cluster behind a proxy that treats some requests badly.
func through(t testing.TB, c *controlplane.Cluster, wrap func(http.Handler) http.Handler) *collect.Cluster {
	t.Helper()
	proxy, err := c.Proxy(wrap)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = proxy.Close() })
	kubeconfig, err := proxy.Kubeconfig(controlplane.Admin)
	if err != nil {
		t.Fatal(err)
	}
	return as(t, kubeconfig)
}

// onlyHonest compares a read with faults to a whole one: what was lost is said,
// and no rule that needs it passes.
func onlyHonest(t *testing.T, whole, s *snapshot.Snapshot) {
	t.Helper()
	lost := map[snapshot.Kind]bool{}
	for _, kind := range lostKinds(whole, s) {
		lost[kind] = true
	}
	if len(lost) == 0 {
		t.Error("nothing was lost: the test does not test")
	}
	report, err := check.Run(airflow.New(s), rules.All(), &profile.Profile{Name: "all", Level: rule.Paranoid})
	if errors.Is(err, check.ErrNothing) && strings.Contains(err.Error(), "was read (") {
		return // no workload came through, and the error says which lists failed
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, result := range report.Results {
		for _, need := range rules.Find(result.Rule).Needs {
			if result.Outcome == rule.Passed && lost[need] {
				t.Errorf("%s passed, although it needs %s", result.Rule, need)
			}
		}
	}
}

// TestAPIServerFails covers overload, silence, and an end in the middle of a run.
func TestAPIServerFails(t *testing.T) {
	c := controlplane.ForTest(t, controlplane.Options{})
	install(t, c, "helm3", "official", "team", "af")
	admin := as(t, c.Kubeconfig(controlplane.Admin))
	found := find(t, admin, "team", "af")
	whole := read(t, admin, "team", "af")
	ctx := context.Background()

	t.Run("overloaded for a moment", func(t *testing.T) {
		var once sync.Map
		s, err := through(t, c, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if _, seen := once.LoadOrStore(r.URL.String(), true); !seen {
					w.Header().Set("Retry-After", "1")
					w.WriteHeader(http.StatusTooManyRequests)
					return
				}
				next.ServeHTTP(w, r)
			})
		}).Read(ctx, found, 0)
		if err != nil || written(t, s) != written(t, whole) {
			t.Errorf("waiting as told did not bring the same snapshot: %v", err)
		}
	})
	t.Run("overloaded for good", func(t *testing.T) {
		s, err := through(t, c, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/pods") {
					w.WriteHeader(http.StatusTooManyRequests)
					return
				}
				next.ServeHTTP(w, r)
			})
		}).Read(ctx, found, 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := s.CoverageOf(snapshot.Pod).Reason; got != "list pods in namespace team: the API server is overloaded (429)" {
			t.Errorf("got %q", got)
		}
		onlyHonest(t, whole, s)
	})
	t.Run("connections break half-way", func(t *testing.T) {
		var requests atomic.Int32
		s, err := through(t, c, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if requests.Add(1) > 12 {
					panic(http.ErrAbortHandler)
				}
				next.ServeHTTP(w, r)
			})
		}).Read(ctx, found, 0)
		if err != nil {
			t.Fatal(err)
		}
		onlyHonest(t, whole, s)
	})
	t.Run("silent", func(t *testing.T) {
		if err := c.PauseAPI(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.ResumeAPI() }()
		hasty := as(t, c.Kubeconfig(controlplane.Admin))
		hasty.Config.Timeout = time.Second
		for { // the kernel stops a process a little after it was told to
			if _, _, err := hasty.Releases(ctx, "team"); err != nil {
				break
			}
		}
		if _, err := hasty.Read(ctx, found, 0); err == nil || err.Error() != "nothing could be read: the API server did not answer in time" {
			t.Errorf("got %v", err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		short, cancel := context.WithTimeout(ctx, 5*time.Millisecond)
		defer cancel()
		if _, err := admin.Read(short, found, 0); err == nil {
			t.Error("a cancelled run gave a snapshot")
		}
	})
	t.Run("stopped half-way", func(t *testing.T) {
		const answered = 8
		var requests atomic.Int32
		var first sync.WaitGroup
		first.Add(answered)
		stop := sync.OnceFunc(func() {
			first.Wait()
			c.StopAPI()
		})
		s, err := through(t, c, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if requests.Add(1) > answered {
					stop()
				} else {
					defer first.Done()
				}
				next.ServeHTTP(w, r)
			})
		}).Read(ctx, found, 0)
		if err != nil {
			t.Fatal(err)
		}
		onlyHonest(t, whole, s)
	})
	t.Run("stopped", func(t *testing.T) {
		if _, err := as(t, c.Kubeconfig(controlplane.Admin)).Read(ctx, found, 0); err == nil || err.Error() != "nothing could be read: the API server cannot be reached (connection refused)" {
			t.Errorf("got %v", err)
		}
	})
}
