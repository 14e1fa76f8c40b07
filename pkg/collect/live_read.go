package collect

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// run is one release being read.
type run struct {
	*answers // the namespace's objects, unmasked until they are kept
	cluster  *Cluster
	found    Found
	revision int
	record   *record
	past     past
	around   []snapshot.Object // cluster-wide objects, shared by all releases
	marks    []snapshot.Object // the landmarks, shared as well
	masker   *masker
	s        *snapshot.Snapshot
}

func (c *Cluster) read(ctx context.Context, found Found, revision int) (*snapshot.Snapshot, error) {
	m, err := newMasker()
	if err != nil {
		return nil, err
	}
	if revision == 0 {
		revision = found.Revision
	}
	s := newSnapshot(snapshot.Recognised, found.Name, found.Namespace, c.now())
	s.Release.Chart = found.Chart
	r := &run{answers: newAnswers(), cluster: c, found: found, revision: revision, masker: m, s: s}
	if err := r.fetch(ctx); err != nil {
		return nil, err
	}
	if err := r.unpackRecord(); err != nil {
		return nil, err
	}
	if err := r.assemble(ctx); err != nil {
		return nil, err
	}
	r.remember()
	r.s.Coverage = slices.Collect(maps.Values(r.coverage))
	m.seal(r.s)
	return r.s, nil
}

// fetch reads the record and the live objects side by side.
func (r *run) fetch(ctx context.Context) error {
	if err := r.checkRevision(); err != nil {
		return err
	}
	g := newGroup(ctx)
	g.run("reading the release", r.fetchRecord)
	r.fetchPast(g)
	r.cluster.sharedLists(g)
	g.run("reading the namespace", r.fetchNamespace)
	for _, what := range inNamespace {
		g.run(asking(what, r.found.Namespace), func(ctx context.Context) error {
			return r.cluster.list(ctx, what, r.found.Namespace, r.answers)
		})
	}
	if err := g.Wait(); err != nil {
		return stopped(ctx, err)
	}
	r.cluster.shared.into(r)
	return nothingRead(r.coverage)
}

func (r *run) checkRevision() error {
	release := "release " + r.found.Name + " in namespace " + r.found.Namespace
	switch {
	case r.revision == 0 || slices.Contains(r.found.Revisions, r.revision):
		return nil
	case len(r.found.Revisions) == 0:
		return fmt.Errorf("%s: no revision can be read: %s", release, r.found.unread.Reason)
	}
	return fmt.Errorf("%s has no revision %d; stored: %s", release, r.revision, numbers(r.found.Revisions))
}

func (r *run) fetchRecord(ctx context.Context) (err error) {
	if r.found.stored == nil {
		c := r.found.unread
		if c.Reason == "" {
			c = snapshot.Coverage{State: snapshot.NotCollected, Reason: "Helm holds no record of this release"}
		}
		c.Kind = snapshot.ReleaseRecord
		r.note(c)
		return nil
	}
	r.record, err = r.cluster.reader.body(ctx, r.found.stored, r.revision)
	r.note(unreadRecord(err))
	if err != nil && ctx.Err() == nil && r.revision != r.found.Revision {
		return fmt.Errorf("revision %d cannot be read: %s", r.revision, failure(err))
	}
	return ctx.Err()
}

func (r *run) fetchNamespace(ctx context.Context) error {
	content, err := r.cluster.reader.get(ctx, theNamespace.in("v1"), "", r.found.Namespace)
	return r.take(ctx, snapshot.Namespace, "get namespace "+r.found.Namespace, content, err)
}

// unpackRecord moves what the record says into the snapshot, and holds its chart against an archive.
func (r *run) unpackRecord() error {
	if r.record == nil {
		return nil
	}
	if err := r.record.fill(&r.s.Release, r.masker); err != nil {
		r.coverage[snapshot.ReleaseRecord] = snapshot.Coverage{Kind: snapshot.ReleaseRecord, State: snapshot.NotCollected, Reason: err.Error()}
		r.record = nil
		return nil
	}
	if !r.cluster.Held.given() {
		return nil
	}
	archive, err := r.cluster.genuine()
	if err != nil {
		return err
	}
	r.s.Release.Reference, err = archive.holdRecord(r.record, capabilitiesOf(r.cluster.shared.version), r.masker)
	return err
}

// objects lists one resource as snapshot objects, not yet masked.
func (r *reader) objects(ctx context.Context, what reading, version, namespace string) ([]snapshot.Object, error) {
	var out []snapshot.Object
	opts := metav1.ListOptions{LabelSelector: what.labels, FieldSelector: what.fields}
	if what.object != "" {
		return out, r.eachBare(ctx, what.in(version), namespace, opts, func(m *metav1.PartialObjectMetadata) {
			out = append(out, bareObject(what, version, m))
		})
	}
	var bad error
	err := r.each(ctx, what.in(version), namespace, opts, func(content map[string]any) {
		o, err := liveObject(content)
		if err != nil {
			bad = err
			return
		}
		out = append(out, o)
	})
	return out, errors.Join(err, bad)
}

// liveObject is what the API server sent as a snapshot object, not yet masked.
func liveObject(content map[string]any) (snapshot.Object, error) {
	managers := trim(content)
	o, err := newObject(content, snapshot.Live, "")
	if err != nil {
		return o, plain("the API server sent an object whose %s", err)
	}
	o.Managers = managers
	return o, nil
}

// statusKept is what rules read of a status.
var statusKept = []string{"phase", "desiredNumberScheduled", "podIPs"}

// trim drops what changes by itself and judges nothing: it is more than half of
// a pod, and a namespace can hold thousands of finished tasks. It gives what the
// dropped part tells of the owners of fields.
func trim(content map[string]any) (managers []snapshot.Manager) {
	if status, ok := content["status"].(map[string]any); ok {
		maps.DeleteFunc(status, func(key string, _ any) bool { return !slices.Contains(statusKept, key) })
		if len(status) == 0 {
			delete(content, "status")
		}
	}
	if meta, ok := content["metadata"].(map[string]any); ok {
		kind, _ := content["kind"].(string)
		managers = fieldOwners(kind, meta)
		delete(meta, "managedFields")
		delete(meta, "resourceVersion")
	}
	return managers
}

// bareObject is an object of which only its existence is known.
func bareObject(what reading, version string, m *metav1.PartialObjectMetadata) snapshot.Object {
	ref := snapshot.Ref{APIVersion: what.in(version).GroupVersion().String(), Kind: what.object, Namespace: m.Namespace, Name: m.Name}
	meta := map[string]any{"name": ref.Name}
	if ref.Namespace != "" {
		meta["namespace"] = ref.Namespace
	}
	return snapshot.Object{Ref: ref, Origin: snapshot.Live, Content: map[string]any{"apiVersion": ref.APIVersion, "kind": ref.Kind, "metadata": meta}}
}

func numbers(list []int) string {
	var words []string
	for _, n := range list {
		words = append(words, strconv.Itoa(n))
	}
	return strings.Join(words, ", ")
}
