package collect

import (
	"context"
	"fmt"
	"maps"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// assemble picks what belongs to the release, adds what bears on it, and masks
// it all. What is not picked is forgotten unmasked and unseen.
func (r *run) assemble(ctx context.Context) error {
	w := newOwnership(&r.s.Release, r.answers.objects)
	w.decide()
	if len(w.kept()) == 0 && r.record == nil {
		return fmt.Errorf("release %s in namespace %s has no live object that could be read, and no usable record (%s)",
			r.found.Name, r.found.Namespace, r.coverage[snapshot.ReleaseRecord].Reason)
	}
	if r.record != nil && r.revision != r.found.Revision {
		w.asRecorded()
	}
	r.s.Backups = backupsOf(r.found.Namespace, slices.Concat(r.answers.objects, r.around))
	w.surround()
	for _, o := range w.kept() {
		r.keep(*o)
	}
	for i := range r.around {
		if o := &r.around[i]; r.matters(o, w) {
			r.keep(copied(*o))
		}
	}
	r.survey(w)
	return r.follow(ctx)
}

// keep masks a live object and puts it into the snapshot. The record's objects are masked already.
func (r *run) keep(o snapshot.Object) {
	if o.Origin == snapshot.Live {
		r.masker.object(o.Content)
		o.Managers = r.masker.owners(o.Managers)
		if o.Namespace != "" && o.Namespace != r.found.Namespace { // no plan changes it
			o.Managers = nil
		}
	}
	r.s.Objects = append(r.s.Objects, o)
}

// matters says whether a cluster-wide object bears on the release. Of the
// cluster's DaemonSets those that use the node's own network may be its network plugin.
func (r *run) matters(o *snapshot.Object, w *ownership) bool {
	if o.Group() == veleroGroup { // told by Backups
		return false
	}
	switch snapshot.Kind(o.Kind) {
	case snapshot.ClusterRoleBinding:
		return w.installed[identity(o.Ref)] || w.concerns(o)
	case snapshot.DaemonSet:
		return o.Namespace != r.found.Namespace && o.At("spec", "template", "spec", "hostNetwork") == true
	}
	return true
}

// follow reads what the kept objects refer to outside the namespace: the
// ClusterRoles of bindings, the Gateways of routes, the stores that namespaces share and the
// StorageClasses of claims.
func (r *run) follow(ctx context.Context) error {
	roles, parents, shared, storage := map[[2]string]bool{}, map[[2]string]bool{}, map[[2]string]bool{}, map[[2]string]bool{}
	for i := range r.s.Objects {
		o := &r.s.Objects[i]
		if kind, name := roleOf(o); kind == snapshot.ClusterRole {
			roles[[2]string{"", name}] = true
		}
		if o.Kind == string(snapshot.HTTPRoute) {
			for _, parent := range parentsOf(o) {
				parents[parent] = true
			}
		}
		for _, name := range classesOf(o) {
			storage[[2]string{"", name}] = true
		}
		for _, ref := range o.LeansOn() {
			if ref.Kind == string(snapshot.ClusterSecretStore) {
				shared[[2]string{"", ref.Name}] = true
			}
		}
	}
	r.lean(snapshot.ClusterRole, snapshot.ClusterRoleBinding, snapshot.RoleBinding)
	r.lean(snapshot.Gateway, snapshot.HTTPRoute)
	r.lean(snapshot.ClusterSecretStore, snapshot.ExternalSecret)
	r.lean(snapshot.StorageClass, snapshot.VolumeClaim, snapshot.StatefulSet)
	g, got := newGroup(ctx), newAnswers()
	r.getAll(g, got, clusterRoles, roles)
	r.getAll(g, got, gateways, parents)
	r.getAll(g, got, stores, shared)
	r.getAll(g, got, classes, storage)
	if err := g.Wait(); err != nil {
		return stopped(ctx, err)
	}
	for _, c := range got.coverage {
		r.note(c)
	}
	for _, o := range got.objects {
		r.keep(o)
	}
	return nil
}

// lean notes the coverage of a kind that is read only as far as others refer to
// it: complete, unless those could not be read.
func (r *run) lean(kind snapshot.Kind, on ...snapshot.Kind) {
	for _, base := range on {
		switch c := r.coverage[base]; c.State {
		case snapshot.Forbidden, snapshot.NotCollected:
			r.note(snapshot.Coverage{Kind: kind, State: snapshot.NotCollected, Reason: "which ones matter is not known without " + string(base)})
		default:
			r.note(snapshot.Coverage{Kind: kind, State: c.State})
		}
	}
}

// getAll reads objects by namespace and name. One that does not exist is no gap: a reference may dangle.
func (r *run) getAll(g group, got *answers, what reading, refs map[[2]string]bool) {
	for _, key := range slices.SortedFunc(maps.Keys(refs), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		g.run("reading "+what.String(), func(ctx context.Context) error {
			content, err := r.cluster.reader.get(ctx, what.in(r.cluster.version(ctx, what)), key[0], key[1])
			if apierrors.IsNotFound(err) {
				return nil
			}
			return got.take(ctx, what.kind, "get "+what.String(), content, err)
		})
	}
}

// parentsOf are the Gateways a route hangs on.
func parentsOf(route *snapshot.Object) [][2]string {
	var out [][2]string
	list, _ := route.At("spec", "parentRefs").([]any)
	for _, parent := range list {
		kind, _ := in(parent, "kind").(string)
		name, _ := in(parent, "name").(string)
		namespace, _ := in(parent, "namespace").(string)
		if namespace == "" {
			namespace = route.Namespace
		}
		if kind == "" || kind == string(snapshot.Gateway) {
			out = append(out, [2]string{namespace, name})
		}
	}
	return out
}
