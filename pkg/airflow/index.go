package airflow

import (
	"strings"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

type objectKey struct {
	kind            snapshot.Kind
	namespace, name string
}

// objectIndex finds objects by name without walking the snapshot each time.
type objectIndex struct {
	snapshot *snapshot.Snapshot
	byKey    map[objectKey]*snapshot.Object
}

func newIndex(s *snapshot.Snapshot) *objectIndex {
	index := &objectIndex{snapshot: s, byKey: make(map[objectKey]*snapshot.Object, len(s.Objects))}
	for i := range s.Objects {
		o := &s.Objects[i]
		key := objectKey{snapshot.Kind(o.Kind), o.Namespace, o.Name}
		if _, known := index.byKey[key]; !known {
			index.byKey[key] = o
		}
	}
	return index
}

func (x *objectIndex) find(kind snapshot.Kind, namespace, name string) *snapshot.Object {
	return x.byKey[objectKey{kind, namespace, name}]
}

// unread says why an object that was not found may exist all the same; empty
// where its kind was read completely, so that it is not there.
func (x *objectIndex) unread(kind snapshot.Kind) string {
	c := x.snapshot.CoverageOf(kind)
	switch {
	case c.State == snapshot.Read:
		return ""
	case c.Reason != "":
		return string(kind) + " objects were not read: " + c.Reason
	default:
		return string(kind) + " objects were not read (" + string(c.State) + ")"
	}
}

// controller is the kind and name of the object's controller; empty where it has none.
func controller(o *snapshot.Object) (kind snapshot.Kind, name string) {
	refs, _ := o.At("metadata", "ownerReferences").([]any)
	for _, entry := range refs {
		ref, _ := entry.(map[string]any)
		if controls, _ := ref["controller"].(bool); controls {
			kind, _ := ref["kind"].(string)
			name, _ := ref["name"].(string)
			return snapshot.Kind(kind), name
		}
	}
	return "", ""
}

// owner climbs to the topmost controller of an object that can be named:
// through objects that were read, else by the names that ReplicaSets get from
// Deployments and Jobs from CronJobs.
func (x *objectIndex) owner(o *snapshot.Object) (kind snapshot.Kind, name string) {
	for range 4 { // Pod, Job, CronJob and one to spare: owner references may form a ring
		k, n := controller(o)
		if k == "" {
			break
		}
		kind, name = k, n
		above := x.find(k, o.Namespace, n)
		if above == nil {
			return x.guess(k, o.Namespace, n)
		}
		o = above
	}
	return kind, name
}

// makers are the controllers that make other controllers, which they name after themselves and a suffix.
var makers = map[snapshot.Kind]snapshot.Kind{snapshot.ReplicaSet: snapshot.Deployment, snapshot.Job: snapshot.CronJob}

func (x *objectIndex) guess(kind snapshot.Kind, namespace, name string) (snapshot.Kind, string) {
	maker, known := makers[kind]
	dash := strings.LastIndex(name, "-")
	if known && dash > 0 && x.find(maker, namespace, name[:dash]) != nil {
		return maker, name[:dash]
	}
	return kind, name
}

// ownerSeen says whether an object is made by another one of the snapshot, which then speaks for it.
func (x *objectIndex) ownerSeen(o *snapshot.Object) bool {
	kind, name := x.owner(o)
	return kind != "" && x.find(kind, o.Namespace, name) != nil
}
