package collect

import (
	"context"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// secretsAfter are what an overlay makes of the chart's own Secrets: the keys
// that it brings, takes away or gives another value. Charts make some keys anew
// at each rendering, so that a value counts as another one only where two
// renderings without the overlay agree on it. What stays is the cluster's.
func (s *StoredChart) secretsAfter(ctx context.Context, live []snapshot.Object, before, after []snapshot.Object) ([]snapshot.Object, error) {
	was, is := secretsOf(before), secretsOf(after)
	if maps.EqualFunc(was, is, func(a, b snapshot.Object) bool { return maps.Equal(dataOf(a), dataOf(b)) }) {
		return live, nil
	}
	again, err := s.objects(ctx, nil)
	if err != nil {
		return nil, err
	}
	same := secretsOf(again)
	var out []snapshot.Object
	seen := map[snapshot.Ref]bool{}
	for _, o := range live {
		if old, rendered := was[o.Ref]; rendered && o.Origin != snapshot.Hook {
			next, stays := is[o.Ref]
			if !stays {
				continue
			}
			o = withKeys(o, dataOf(old), dataOf(same[o.Ref]), dataOf(next))
		}
		seen[o.Ref] = true
		out = append(out, o)
	}
	for _, ref := range slices.SortedFunc(maps.Keys(is), snapshot.Ref.Compare) {
		if _, rendered := was[ref]; !rendered && !seen[ref] {
			out = append(out, is[ref])
		}
	}
	return out, nil
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
