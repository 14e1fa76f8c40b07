package collect

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	apifields "k8s.io/apimachinery/pkg/fields"
	apilabels "k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

// fakeAPI is an API server as far as this package uses one: get and list, with
// selectors, pages and metadata-only answers. A test that is about the API
// server itself uses a real one; this is for faults that a real one has rarely.
type fakeAPI struct {
	t      testing.TB
	server *httptest.Server
	// fault may answer a request in the server's place; it returns whether it did.
	fault func(http.ResponseWriter, *http.Request) bool
	page  int

	mu       sync.Mutex
	objects  []map[string]any
	requests []string
	bodies   []string // the names of stored releases whose body left the server
}

func newFakeAPI(t testing.TB, manifests ...string) *fakeAPI {
	f := &fakeAPI{t: t, page: 1000}
	for _, text := range manifests {
		f.add(text)
	}
	f.server = httptest.NewServer(f)
	t.Cleanup(f.server.Close)
	return f
}

// newServer serves a handler and returns host:port.
func newServer(t testing.TB, handler http.HandlerFunc) string {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// cluster reads the fake as a user would.
func (f *fakeAPI) cluster() *Cluster {
	return &Cluster{
		Config: &rest.Config{Host: f.server.URL, Timeout: 20 * time.Second},
		Now:    func() time.Time { return time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC) },
	}
}

// add takes YAML documents.
func (f *fakeAPI) add(text string) {
	for doc := range strings.SplitSeq(text, "\n---\n") {
		o := map[string]any{}
		if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
			f.t.Fatalf("%v in %s", err, doc)
		}
		if o["kind"] != nil {
			f.objects = append(f.objects, o)
		}
	}
}

// addRecord stores a release as Helm does.
func (f *fakeAPI) addRecord(namespace, name string, number int, status, body string) {
	object := recordPrefix + name + ".v" + strconv.Itoa(number)
	f.objects = append(f.objects, map[string]any{
		"apiVersion": "v1", "kind": "Secret", "type": recordType,
		"metadata": map[string]any{
			"name": object, "namespace": namespace,
			"labels": map[string]any{"owner": "helm", "name": name, "status": status, "version": strconv.Itoa(number)},
		},
		"data": map[string]any{"release": base64.StdEncoding.EncodeToString([]byte(body))},
	})
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests = append(f.requests, r.Method+" "+r.URL.Path)
	switch {
	case f.fault != nil && f.fault(w, r):
	case r.URL.Path == "/version":
		f.answer(w, map[string]any{"gitVersion": "v1.36.3"})
	case r.URL.Path == "/apis":
		f.answer(w, f.groups())
	default:
		f.resource(w, r)
	}
}

func (f *fakeAPI) groups() map[string]any {
	var groups []any
	for _, o := range f.objects {
		group, version, found := strings.Cut(o["apiVersion"].(string), "/")
		if found {
			groups = append(groups, map[string]any{"name": group, "versions": []any{map[string]any{"version": version}}})
		}
	}
	return map[string]any{"kind": "APIGroupList", "groups": append(groups, map[string]any{"name": "apps", "versions": []any{}})}
}

// resource answers /api/v1/... and /apis/GROUP/VERSION/... .
func (f *fakeAPI) resource(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	apiVersion := parts[1]
	rest := parts[2:]
	if parts[0] == "apis" {
		apiVersion, rest = parts[1]+"/"+parts[2], parts[3:]
	}
	namespace := ""
	if rest[0] == "namespaces" && len(rest) > 2 {
		namespace, rest = rest[1], rest[2:]
	}
	var found []map[string]any
	for _, o := range f.objects {
		meta := o["metadata"].(map[string]any)
		if o["apiVersion"] == apiVersion && plural(o["kind"].(string)) == rest[0] &&
			(namespace == "" || meta["namespace"] == namespace) && (len(rest) < 2 || meta["name"] == rest[1]) && selected(o, r) {
			found = append(found, o)
		}
	}
	switch {
	case len(rest) < 2:
		f.list(w, r, apiVersion, found)
	case len(found) == 1:
		f.answer(w, found[0])
	default:
		f.fail(w, http.StatusNotFound, "NotFound", nil)
	}
}

func plural(kind string) string {
	kind = strings.ToLower(kind)
	switch {
	case strings.HasSuffix(kind, "cy"):
		return strings.TrimSuffix(kind, "y") + "ies"
	case strings.HasSuffix(kind, "s"):
		return kind + "es"
	}
	return kind + "s"
}

func selected(o map[string]any, r *http.Request) bool {
	meta := o["metadata"].(map[string]any)
	wanted, err := apilabels.Parse(r.URL.Query().Get("labelSelector"))
	own, _ := meta["labels"].(map[string]any)
	if err != nil || !wanted.Matches(apilabels.Set(texts(own))) {
		return false
	}
	selector, err := apifields.ParseSelector(r.URL.Query().Get("fieldSelector"))
	kind, _ := o["type"].(string)
	return err == nil && selector.Matches(apifields.Set{"metadata.name": meta["name"].(string), "type": kind})
}

func (f *fakeAPI) list(w http.ResponseWriter, r *http.Request, apiVersion string, found []map[string]any) {
	from, _ := strconv.Atoi(r.URL.Query().Get("continue"))
	to, next := min(from+f.page, len(found)), ""
	if to < len(found) {
		next = strconv.Itoa(to)
	}
	kind, items := "List", []any{}
	bare := strings.Contains(r.Header.Get("Accept"), "PartialObjectMetadataList")
	for _, o := range found[from:to] {
		name, _ := o["metadata"].(map[string]any)["name"].(string)
		if !bare && strings.HasPrefix(name, recordPrefix) {
			f.bodies = append(f.bodies, name)
		}
		if bare {
			o = map[string]any{"metadata": o["metadata"]}
		}
		items = append(items, o)
	}
	if bare {
		kind, apiVersion = "PartialObjectMetadataList", "meta.k8s.io/v1"
	}
	f.answer(w, map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"continue": next}, "items": items})
}

func (f *fakeAPI) answer(w http.ResponseWriter, content any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(content); err != nil {
		f.t.Error(err)
	}
}

// fail answers with a Status that holds the canary.
func (f *fakeAPI) fail(w http.ResponseWriter, code int, reason string, meta map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]any{
		"apiVersion": "v1", "kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": canary, "metadata": meta,
	})
}

// refuse makes one resource answer with an error.
func (f *fakeAPI) refuse(resource string, code int, reason string) {
	f.fault = func(w http.ResponseWriter, r *http.Request) bool {
		if !slices.Contains(strings.Split(r.URL.Path, "/"), resource) {
			return false
		}
		f.fail(w, code, reason, nil)
		return true
	}
}

// count is how many requests held a text in their method and path.
func (f *fakeAPI) count(part string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, r := range f.requests {
		if strings.Contains(r, part) {
			n++
		}
	}
	return n
}
