package collect

import (
	"context"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// secretsAfter writes what an overlay makes of the chart's own Secrets, live and
// in Helm's record: the keys that it brings, takes away or gives another value.
// Charts make some keys anew at each rendering, so that a value counts as another
// one only where two renderings without the overlay agree on it. What stays is the cluster's.
func (s *StoredChart) secretsAfter(ctx context.Context, out *snapshot.Snapshot, before, after []snapshot.Object) error {
	was, is := secretsOf(before), secretsOf(after)
	if maps.EqualFunc(was, is, func(a, b snapshot.Object) bool { return maps.Equal(dataOf(a), dataOf(b)) }) {
		return nil
	}
	again, err := s.objects(ctx, nil)
	if err != nil {
		return err
	}
	c := secretChange{was: was, again: secretsOf(again), is: is}
	out.Objects, out.Release.Manifest = c.in(out.Objects), c.in(out.Release.Manifest)
	return nil
}

// secretChange are the chart's Secrets of two renderings without an overlay and of one with it.
type secretChange struct {
	was, again, is map[snapshot.Ref]snapshot.Object
}

// in are objects after the change.
func (c secretChange) in(list []snapshot.Object) []snapshot.Object {
	var out []snapshot.Object
	seen := map[snapshot.Ref]bool{}
	for _, o := range list {
		if old, rendered := c.was[o.Ref]; rendered && o.Origin != snapshot.Hook {
			next, stays := c.is[o.Ref]
			if !stays {
				continue
			}
			o = withKeys(o, dataOf(old), dataOf(c.again[o.Ref]), dataOf(next))
		}
		seen[o.Ref] = true
		out = append(out, o)
	}
	for _, ref := range slices.SortedFunc(maps.Keys(c.is), snapshot.Ref.Compare) {
		if _, rendered := c.was[ref]; !rendered && !seen[ref] {
			out = append(out, c.is[ref])
		}
	}
	return out
}

// secretsOf are the Secrets among objects that upgrades write: not those of hooks.
func secretsOf(list []snapshot.Object) map[snapshot.Ref]snapshot.Object {
	out := map[snapshot.Ref]snapshot.Object{}
	for _, o := range list {
		if o.Kind == string(snapshot.Secret) && o.Group() == "" && o.Origin != snapshot.Hook {
			out[o.Ref] = o
		}
	}
	return out
}

func dataOf(o snapshot.Object) map[string]any {
	data, _ := o.At("data").(map[string]any)
	return data
}

// withKeys is a live Secret with what changes between two renderings.
func withKeys(o snapshot.Object, before, again, after map[string]any) snapshot.Object {
	o.Content = runtime.DeepCopyJSON(o.Content)
	data, _ := o.Content["data"].(map[string]any)
	if data == nil {
		data = map[string]any{}
		o.Content["data"] = data
	}
	for key := range before {
		if _, stays := after[key]; !stays {
			delete(data, key)
		}
	}
	for key, value := range after {
		old, had := before[key]
		if !had || old == again[key] && old != value {
			data[key] = value
		}
	}
	return o
}
