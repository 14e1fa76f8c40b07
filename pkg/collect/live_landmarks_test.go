package collect

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

var landmarkObjects = join(
	"apiVersion: v1\nkind: Service\nmetadata: {name: kube-dns, namespace: kube-system, labels: {k8s-app: kube-dns}, annotations: {a: "+canary+"}}\nspec: {clusterIP: 10.96.0.10, clusterIPs: [10.96.0.10], selector: {k8s-app: kube-dns}, ports: [{name: dns, protocol: UDP, port: 53, targetPort: dns}]}",
	"apiVersion: v1\nkind: Service\nmetadata: {name: metrics, namespace: kube-system}",
	"apiVersion: v1\nkind: Service\nmetadata: {name: kubernetes, namespace: default}\nspec: {clusterIPs: [10.96.0.1], ports: [{port: 443, targetPort: 6443}]}",
	"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: kubernetes, namespace: default}\naddressType: IPv4\nendpoints: [{addresses: [172.18.0.2], conditions: {ready: true}}]\nports: [{name: https, protocol: TCP, port: 6443}]",
	"apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: other, namespace: default}",
)

func namesAround(s *snapshot.Snapshot) string {
	var out []string
	for _, o := range s.Around {
		out = append(out, o.Namespace+"/"+o.String())
	}
	return strings.Join(out, " ")
}

func TestTheClustersOwnServices(t *testing.T) {
	f := newFakeAPI(t, join(scheduler("team", "af"), landmarkObjects))
	c := f.cluster()
	found, _, err := c.Releases(t.Context(), "team")
	if err != nil {
		t.Fatal(err)
	}
	s, err := c.Read(t.Context(), found[0], 0)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := namesAround(s), "default/endpointslice/kubernetes default/service/kubernetes kube-system/service/kube-dns"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := s.CoverageOf(snapshot.ClusterServices); got != (snapshot.Coverage{Kind: snapshot.ClusterServices, State: snapshot.Read}) {
		t.Errorf("got %+v", got)
	}
	slice, api, dns := s.Around[0], s.Around[1], s.Around[2]
	if masked := snapshot.MaskedIn(dns.Annotations()["a"]); len(masked) != 1 || len(masked[0].ID) > 3 {
		t.Errorf("an annotation is %q: a digest that is left can be guessed from", dns.Annotations()["a"])
	}
	if got := fmt.Sprint(slice.At("endpoints"), slice.At("ports"), slice.At("addressType")); got != "[map[addresses:[172.18.0.2] conditions:map[ready:true]]] [map[name:https port:6443 protocol:TCP]]IPv4" {
		t.Errorf("the slice is %s", got)
	}
	if got := fmt.Sprint(api.At("spec", "clusterIPs"), dns.At("spec", "selector"), dns.At("spec", "clusterIP")); got != "[10.96.0.1] map[k8s-app:kube-dns]10.96.0.10" {
		t.Errorf("the Services are %s", got)
	}
	for i := range s.Objects {
		if strings.HasPrefix(s.Objects[i].Namespace, "kube-") {
			t.Errorf("%s counts as the release's", s.Objects[i])
		}
	}
	if again, err := c.Read(t.Context(), found[0], 0); err != nil || namesAround(again) != namesAround(s) {
		t.Errorf("a second read: %v", err)
	}
	for _, path := range []string{"/namespaces/kube-system/services/kube-dns", "/namespaces/default/endpointslices/kubernetes"} {
		if n := f.count(path); n != 1 {
			t.Errorf("%d requests for %s", n, path)
		}
	}
	var text bytes.Buffer
	if err := WriteSnapshot(&text, s); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(text.String(), canary) {
		t.Error("an annotation is not masked")
	}
}

// What tells where things are is saved and read back as it was.
func TestSurroundingsAreReplayed(t *testing.T) {
	f := newFakeAPI(t, join(scheduler("team", "af"), landmarkObjects, neighbour("other", "app: other", "10.0.0.9")))
	s, _ := one(t, f, "team")
	var first, second bytes.Buffer
	if err := WriteSnapshot(&first, s); err != nil {
		t.Fatal(err)
	}
	again, err := ReadSnapshot(bytes.NewReader(first.Bytes()), "s")
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteSnapshot(&second, again); err != nil || !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Errorf("got\n%s\nwant\n%s", second.Bytes(), first.Bytes())
	}
	if len(again.Around) != 4 || again.Around[0].At("ports") == nil {
		t.Errorf("got %+v", again.Around)
	}
}

func TestTheClustersOwnServicesRefused(t *testing.T) {
	f := newFakeAPI(t, join(scheduler("team", "af"), landmarkObjects))
	f.fault = func(w http.ResponseWriter, r *http.Request) bool {
		for _, namespace := range []string{"default", "kube-system", "openshift-dns"} {
			if strings.Contains(r.URL.Path, "/namespaces/"+namespace+"/") {
				f.fail(w, http.StatusForbidden, "Forbidden", nil)
				return true
			}
		}
		return false
	}
	s, _ := one(t, f, "team")
	if len(s.Around) != 0 {
		t.Errorf("got %s", namesAround(s))
	}
	for _, c := range s.Coverage {
		switch {
		case c.Kind == snapshot.ClusterServices:
			// The two resources are asked for side by side: either reason may come first.
			parts := strings.Split(c.Reason, "; ")
			slices.Sort(parts)
			if c.State != snapshot.Forbidden || fmt.Sprint(parts) != "[this user may not get the cluster's own endpointslices.discovery.k8s.io this user may not get the cluster's own services]" {
				t.Errorf("got %+v", c)
			}
		case c.State == snapshot.Forbidden && c.Kind != snapshot.APIServers:
			t.Errorf("%s suffers: %s", c.Kind, c.Reason)
		}
	}
}

// Where DNS is tells nothing of a release: alone it is not an answer.
func TestTheClustersOwnServicesAloneAreNothing(t *testing.T) {
	f := newFakeAPI(t, join(scheduler("team", "af"), landmarkObjects))
	c := f.cluster()
	found, _, err := c.Releases(t.Context(), "team")
	if err != nil {
		t.Fatal(err)
	}
	f.fault = func(w http.ResponseWriter, r *http.Request) bool {
		for _, path := range []string{"/namespaces/default/", "/namespaces/kube-system/", "/namespaces/openshift-dns/", "/version", "/apis"} {
			if strings.Contains(r.URL.Path, path) && !strings.HasPrefix(r.URL.Path, "/apis/") || strings.HasSuffix(r.URL.Path, "/endpointslices/kubernetes") {
				return false
			}
		}
		f.fail(w, http.StatusForbidden, "Forbidden", nil)
		return true
	}
	if _, err := c.Read(t.Context(), found[0], 0); err == nil || !strings.Contains(err.Error(), "nothing could be read") {
		t.Errorf("got %v", err)
	}
}

func neighbour(name, labels, ip string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: team, labels: {%s}, annotations: {a: %s}}\nspec: {containers: [{name: c, image: i, env: [{name: A, value: %[3]s}]}]}\nstatus: {phase: Running, podIPs: [{ip: %[4]s}]}",
		name, labels, canary, ip)
}

func TestNeighboursInTheNamespace(t *testing.T) {
	f := newFakeAPI(t, join(scheduler("team", "af"),
		neighbour("web-1-a", "app: web, pod-template-hash: '1'", "10.0.0.1"), neighbour("web-2-b", "app: web, pod-template-hash: '2'", "10.0.0.2"),
		neighbour("agent", "app: agent", "10.0.0.3"), strings.Replace(neighbour("elsewhere", "app: x", "10.0.0.4"), "namespace: team", "namespace: elsewhere", 1),
		strings.Replace(neighbour("done", "app: done", "10.0.0.5"), "Running", "Succeeded", 1),
		strings.Replace(neighbour("host", "app: agent", "10.0.0.6"), "spec: {", "spec: {hostNetwork: true, ", 1),
		strings.Replace(neighbour("af-scheduler-x", "tier: airflow, component: scheduler, release: af", "10.0.0.7"), "annotations: {", "ownerReferences: [], annotations: {", 1),
	))
	s, _ := one(t, f, "team")
	if got, want := namesAround(s), "team/pod/agent team/pod/host team/pod/web-1-a"; got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	want := "map[apiVersion:v1 kind:Pod metadata:map[labels:map[app:web pod-template-hash:1] name:web-1-a namespace:team] status:map[podIPs:[map[ip:10.0.0.1]]]]"
	if got := fmt.Sprint(s.Around[2].Content); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if s.Around[1].At("spec", "hostNetwork") != true {
		t.Error("the host's network is forgotten")
	}
	own := s.Find(snapshot.Pod, "team", "af-scheduler-x")
	if own == nil || fmt.Sprint(own.At("status", "podIPs")) != "[map[ip:10.0.0.7]]" {
		t.Errorf("the release's own pod: %+v", own)
	}
}

// Thousands of foreign pods must not fill the memory.
func TestNeighboursAreBounded(t *testing.T) {
	f := newFakeAPI(t, scheduler("team", "af"))
	for i := range 5000 {
		labels := fmt.Sprintf("app: task, run_id: r%d", i)
		if i%5 == 0 {
			labels = fmt.Sprintf("app: a%d", i)
		}
		f.add(neighbour(fmt.Sprintf("n%04d", i), labels, "10.0.0.1"))
	}
	s, _ := one(t, f, "team")
	if len(s.Around) != mostNeighbours {
		t.Errorf("%d pods are kept", len(s.Around))
	}
	if got := s.CoverageOf(snapshot.Pod); got.State != snapshot.Read || got.Reason != "of 1001 kinds of pods beside the release, 500 are kept" {
		t.Errorf("got %+v", got)
	}
}
