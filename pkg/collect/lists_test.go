package collect

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/klog/v2"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

func configMaps(namespace string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c-%d, namespace: %s, labels: {release: af}}\n---\n", i, namespace)
	}
	return b.String()
}

func readerOf(t *testing.T, f *fakeAPI) *reader {
	t.Helper()
	r, err := newReader(f.cluster().Config)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (f *fakeAPI) countConfigMaps(r *reader) (n int, err error) {
	err = r.each(context.Background(), inConfigMaps.gvr(), "team", metav1.ListOptions{}, func(map[string]any) { n++ })
	return n, err
}

func TestListsGoThroughAllPages(t *testing.T) {
	f := newFakeAPI(t, configMaps("team", 25))
	f.page = 10
	r := readerOf(t, f)
	if n, err := f.countConfigMaps(r); err != nil || n != 25 {
		t.Errorf("got %d objects, %v", n, err)
	}
	if n := f.count("/configmaps"); n != 3 {
		t.Errorf("%d requests", n)
	}
}

// The API server forgets where a slow list stood, and offers to go on from now.
func TestListsGoOnAfterAnExpiredToken(t *testing.T) {
	f := newFakeAPI(t, configMaps("team", 25))
	f.page = 10
	expired := false
	f.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("continue") != "10" || expired {
			return false
		}
		expired = true
		f.fail(w, http.StatusGone, "Expired", map[string]any{"continue": "10"})
		return true
	}
	if n, err := f.countConfigMaps(readerOf(t, f)); err != nil || n != 25 || !expired {
		t.Errorf("got %d objects, %v", n, err)
	}
	f.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Query().Get("continue") == "" {
			return false
		}
		f.fail(w, http.StatusGone, "Expired", nil)
		return true
	}
	if _, err := f.countConfigMaps(readerOf(t, f)); err == nil || failure(err) != "the list changed while it was read" {
		t.Errorf("got %v", err)
	}
}

func TestListsWaitWhenToldTo(t *testing.T) {
	f := newFakeAPI(t, configMaps("team", 3))
	times := 0
	f.fault = func(w http.ResponseWriter, _ *http.Request) bool {
		if times++; times > 1 {
			return false
		}
		w.Header().Set("Retry-After", "1")
		f.fail(w, http.StatusTooManyRequests, "TooManyRequests", nil)
		return true
	}
	if n, err := f.countConfigMaps(readerOf(t, f)); err != nil || n != 3 || times != 2 {
		t.Errorf("got %d objects after %d requests, %v", n, times, err)
	}
}

func TestASilentServerBecomesCoverage(t *testing.T) {
	f := newFakeAPI(t, scheduler("team", "af"))
	c := f.cluster()
	c.Config.Timeout = 200 * time.Millisecond
	found, _, err := c.Releases(context.Background(), "team")
	if err != nil {
		t.Fatal(err)
	}
	c.Config.Host = "http://" + silent(t, f, "pods")
	c = &Cluster{Config: c.Config, Now: c.Now}
	s, err := c.Read(context.Background(), found[0], 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.CoverageOf(snapshot.Pod); got.Reason != "list pods in namespace team: the API server did not answer in time" {
		t.Errorf("got %+v", got)
	}
}

// silent serves the fake, but for one resource, which gets no answer.
func silent(t *testing.T, f *fakeAPI, resource string) string {
	done := make(chan struct{})
	server := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/"+resource) {
			<-done
			return
		}
		f.ServeHTTP(w, r)
	})
	t.Cleanup(func() { close(done) })
	return server
}

func TestAPanicBecomesAnErrorThatShowsNoValue(t *testing.T) {
	g := newGroup(context.Background())
	g.run("reading pods", func(context.Context) error { panic(canary) })
	err := g.Wait()
	if err == nil || strings.Contains(err.Error(), canary) || !strings.Contains(err.Error(), "internal error while reading pods (lists_test.go:") {
		t.Errorf("got %v", err)
	}
}

// kubectl's -v 8 and above make client-go log bodies; ours hold Secrets.
func TestNoVerbosityLogsBodies(t *testing.T) {
	var log bytes.Buffer
	flags := flag.NewFlagSet("klog", flag.PanicOnError)
	klog.InitFlags(flags)
	for name, value := range map[string]string{"v": "10", "logtostderr": "false"} {
		if err := flags.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	klog.SetOutput(&log)
	defer func() {
		_ = flags.Set("v", "0")
		_ = flags.Set("logtostderr", "true")
	}()
	f := newFakeAPI(t, scheduler("team", "af"))
	one(t, f, "team")
	klog.Flush()
	if !strings.Contains(log.String(), "/api/v1/namespaces/team/secrets") {
		t.Error("the log names no request: the test does not test")
	}
	if strings.Contains(log.String(), "Y2FuYXJ5LTNmOWE") || strings.Contains(log.String(), "Response Body") {
		t.Error("the log holds a body")
	}
}
