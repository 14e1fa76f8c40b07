package collect

import (
	"context"
	"encoding/json"
	"slices"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// shared is what is the same for every release of a cluster.
type shared struct {
	mu      sync.Mutex
	answers *answers // nil until all of them are in
	marks   *answers // the landmarks, read with them
	version string
	// apiServers are the API server's own pods.
	apiServers []snapshot.APIServer

	groupsOnce sync.Once
	groups     map[string][]string // served versions by API group; nil where that could not be read
}

// sharedLists starts the cluster-wide lists, once for all releases.
func (c *Cluster) sharedLists(g group) {
	g.run("reading cluster-wide objects", func(ctx context.Context) error {
		c.shared.mu.Lock()
		defer c.shared.mu.Unlock()
		if c.shared.answers != nil {
			return nil
		}
		return c.readShared(ctx)
	})
}

func (c *Cluster) readShared(ctx context.Context) error {
	g, got, marks := newGroup(ctx), newAnswers(), newAnswers()
	g.run("reading the server version", func(ctx context.Context) error { return c.readVersion(ctx, got) })
	g.run("reading the API server's pods", func(ctx context.Context) error { return c.readAPIServers(ctx, got) })
	for _, what := range acrossCluster {
		g.run(asking(what, ""), func(ctx context.Context) error { return c.list(ctx, what, "", got) })
	}
	for _, what := range velero {
		g.run(asking(what, what.namespace), func(ctx context.Context) error { return c.list(ctx, what, what.namespace, got) })
	}
	for _, what := range landmarks {
		for _, name := range what.names {
			g.run("reading the cluster's own Services", func(ctx context.Context) error { return c.getLandmark(ctx, what, name, marks) })
		}
	}
	err := g.Wait()
	if err == nil {
		c.shared.answers, c.shared.marks = got, marks
	}
	return err
}

// list asks for one resource, if it is served, and adds what comes to the answers.
// Only what is optional can be unserved: an API server without Deployments is
// too old, or not one, and says nothing about the release.
func (c *Cluster) list(ctx context.Context, what reading, namespace string, to *answers) error {
	version := c.version(ctx, what)
	var objects []snapshot.Object
	var err error
	if version != "" {
		objects, err = c.reader.objects(ctx, what, version, namespace)
	}
	if version == "" || what.optional && apierrors.IsNotFound(err) {
		to.note(snapshot.Coverage{Kind: what.kind, State: snapshot.Unserved})
		return ctx.Err()
	}
	if err == nil {
		to.add(objects...)
	}
	to.note(coverageOf(what.kind, asking(what, namespace), err))
	return ctx.Err()
}

// version is the API version to ask for; empty where the server has none.
// Built-in groups are not looked up. Where the look-up fails, the request itself will tell.
func (c *Cluster) version(ctx context.Context, what reading) string {
	if !what.optional {
		return what.versions[0]
	}
	c.shared.groupsOnce.Do(func() { c.shared.groups = c.reader.groups(ctx) })
	if c.shared.groups == nil {
		return what.versions[0]
	}
	served := c.shared.groups[what.group]
	for _, version := range what.versions {
		if slices.Contains(served, version) {
			return version
		}
	}
	if len(served) > 0 {
		return served[0] // a version from after this program was written
	}
	return ""
}

// groups asks once which API groups there are, instead of asking for each
// resource that most clusters lack.
func (r *reader) groups(ctx context.Context) map[string][]string {
	text, err := answer(ctx, r.raw.Get().AbsPath("/apis"))
	var list metav1.APIGroupList
	if err != nil || json.Unmarshal(text, &list) != nil || len(list.Groups) == 0 {
		return nil
	}
	out := map[string][]string{}
	for _, g := range list.Groups {
		for _, v := range g.Versions {
			out[g.Name] = append(out[g.Name], v.Version)
		}
	}
	return out
}

func (c *Cluster) readVersion(ctx context.Context, got *answers) error {
	var version struct {
		GitVersion string `json:"gitVersion"`
	}
	text, err := answer(ctx, c.reader.raw.Get().AbsPath("/version"))
	if err == nil && (json.Unmarshal(text, &version) != nil || version.GitVersion == "") {
		err = plain("the answer names no version")
	}
	got.note(coverageOf(snapshot.ServerVersion, "get /version", err))
	c.shared.version = version.GitVersion
	return ctx.Err()
}

// into hands a release its own copy: masking changes objects in place.
func (s *shared) into(r *run) {
	r.s.ServerVersion, r.s.APIServers = s.version, slices.Clone(s.apiServers)
	for _, c := range s.answers.coverage {
		r.note(c)
	}
	for _, c := range s.marks.coverage {
		r.note(c)
	}
	r.around, r.marks = s.answers.objects, s.marks.objects
}

// copied is an object that may be masked without changing the original.
func copied(o snapshot.Object) snapshot.Object {
	o.Content = runtime.DeepCopyJSON(o.Content)
	return o
}
