package collect

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/airflowsec/kubectl-airflowsec/pkg/snapshot"
)

// mostPast bounds the other revisions that are read; Helm itself keeps ten unless told otherwise.
const mostPast = 20

// past are the other revisions of a release while they are read.
type past struct {
	mu   sync.Mutex
	read []pastRevision
}

// pastRevision is one of them, masked.
type pastRevision struct {
	revision
	values    map[string]any
	installed []snapshot.Object
	config    map[string]any // the user's values, as they were read
	stored    map[string]any // what it keeps as its chart's
}

// pastRevisions are those to read beside the one that is judged: all others,
// or, where an older one was asked for, those before it.
func (r *run) pastRevisions() []revision {
	var out []revision
	for _, other := range r.found.stored.revisions {
		if other.number < r.revision || other.number > r.revision && r.revision == r.found.Revision {
			out = append(out, other)
		}
	}
	return out
}

// fetchPast starts reading the other revisions. It costs as much as the
// release itself for each, so that only runs that ask for it do it.
func (r *run) fetchPast(g group) {
	if !r.cluster.History {
		return
	}
	if r.found.stored == nil {
		r.note(snapshot.Coverage{Kind: snapshot.History, State: snapshot.NotCollected, Reason: "Helm holds no record of this release"})
		return
	}
	list := r.pastRevisions()
	r.note(snapshot.Coverage{Kind: snapshot.History, State: snapshot.Read})
	if left := len(list) - mostPast; left > 0 {
		list = list[left:]
		r.note(snapshot.Coverage{Kind: snapshot.History, State: snapshot.NotCollected,
			Reason: fmt.Sprintf("of %d other revisions the newest %d were read", left+mostPast, mostPast)})
	}
	for _, each := range list {
		g.run(fmt.Sprintf("reading revision %d", each.number), func(ctx context.Context) error { return r.fetchOnePast(ctx, each) })
	}
}

func (r *run) fetchOnePast(ctx context.Context, which revision) error {
	rec, err := r.cluster.reader.body(ctx, r.found.stored, which.number)
	one := pastRevision{revision: which}
	if err == nil {
		one, err = rec.past(which, r.masker)
	}
	r.note(coverageOf(snapshot.History, fmt.Sprintf("read revision %d", which.number), err))
	if err != nil {
		return ctx.Err()
	}
	r.past.mu.Lock()
	defer r.past.mu.Unlock()
	r.past.read = append(r.past.read, one)
	return nil
}

// past is what is looked at of an older revision.
func (r *record) past(which revision, m *masker) (pastRevision, error) {
	installed, hooks, err := r.manifests(m)
	if err != nil {
		return pastRevision{}, plain("%s", err)
	}
	return pastRevision{revision: which, values: m.values(r.Config), installed: append(installed, hooks...), config: r.Config, stored: r.Chart.Values}, nil
}

// remember keeps, of the other revisions, the texts whose secrets the judged
// one does not hold: of their values all, of their objects those that are in
// use to this day; of all revisions what upgrades left among the chart's values.
// What Helm makes at random for each revision is of no use to anybody.
func (r *run) remember() {
	if r.record == nil {
		return
	}
	recorded, live := idsIn(r.s.Release.Values), map[string]bool{}
	for _, o := range slices.Concat(r.s.Release.Manifest, r.s.Release.Hooks) {
		maps.Copy(recorded, idsIn(o.Content))
	}
	for i := range r.s.Objects {
		maps.Copy(live, idsIn(r.s.Objects[i].Content))
	}
	slices.SortFunc(r.past.read, func(a, b pastRevision) int { return a.number - b.number })
	for _, one := range r.past.read {
		values, _ := cutDown(one.values, func(m snapshot.Masked) bool { return !recorded[m.ID] }).(map[string]any)
		said := idsIn(values)
		kept := one.kept(func(m snapshot.Masked) bool { return !recorded[m.ID] && !said[m.ID] && live[m.ID] })
		past := snapshot.Past{Revision: one.number, Status: one.status, Values: values, Kept: kept}
		if !r.ownValues(one.number, one.stored) {
			past.Left = r.leftovers(one.stored, recorded)
		}
		r.keepPast(past)
	}
	switch now := r.record; {
	case r.ownValues(now.Version, now.Chart.Values):
		r.s.Release.AsChart = asChart(now.helmChart(), now.Config)
	case r.cluster.History:
		r.s.Release.Layers = nil // which would say the same again
		r.keepPast(snapshot.Past{Revision: now.Version, Status: now.Info.Status, Left: r.leftovers(now.Chart.Values, recorded)})
	}
}

func (r *run) keepPast(p snapshot.Past) {
	if len(p.Values)+len(p.Left)+len(p.Kept) > 0 {
		r.s.Release.Past = append(r.s.Release.Past, p)
	}
}

// kept are the texts of the revision's objects with a secret that is asked for.
func (r *pastRevision) kept(is func(m snapshot.Masked) bool) []snapshot.Kept {
	var out []snapshot.Kept
	for _, o := range r.installed {
		eachText(o.Content, "", func(path, text string) {
			if holds(text, is) {
				out = append(out, snapshot.Kept{Object: o.Ref, Path: path, Text: text})
			}
		})
	}
	return out
}

// besideSecrets are the keys that say what stands beside them: of variables, connections and whole objects.
var besideSecrets = set("name", "key", "kind", "id", "type")

// cutDown keeps the texts below a node with a secret that is asked for, and
// what names them. Entries of lists keep their places. It is nil where nothing stays.
func cutDown(node any, is func(m snapshot.Masked) bool) any {
	return cutTo(node, "", func(_, text string) bool { return holds(text, is) })
}

// cutTo is cutDown for texts that are asked for by what they stand under, too.
func cutTo(node any, name string, keep func(name, text string) bool) any {
	switch at := node.(type) {
	case map[string]any:
		return cutMap(at, keep)
	case []any:
		out, some := make([]any, len(at)), false
		for i := range at {
			out[i] = cutTo(at[i], name, keep)
			some = some || out[i] != nil
		}
		if some {
			return out
		}
	case string:
		if keep(name, at) {
			return at
		}
	}
	return nil
}

func cutMap(at map[string]any, keep func(name, text string) bool) any {
	out := map[string]any{}
	for key, value := range at {
		name := key
		if beside, isText := at["name"].(string); isText && key == "value" {
			name = beside
		}
		if below := cutTo(value, name, keep); below != nil {
			out[key] = below
		}
	}
	if len(out) == 0 {
		return nil
	}
	for key, value := range at {
		if text, isText := value.(string); isText && besideSecrets[key] && len(snapshot.MaskedIn(text)) == 0 {
			out[key] = text
		}
	}
	return out
}

func holds(text string, is func(m snapshot.Masked) bool) bool {
	return slices.ContainsFunc(snapshot.MaskedIn(text), func(m snapshot.Masked) bool { return m.Size > 0 && is(m) })
}

// idsIn are the masked values below a node.
func idsIn(node any) map[string]bool {
	out := map[string]bool{}
	eachText(node, "", func(_, text string) {
		for _, m := range snapshot.MaskedIn(text) {
			out[m.ID] = true
		}
	})
	return out
}

// eachText walks all texts below a node in the order of keys, with their JSON pointers.
func eachText(node any, path string, use func(path, text string)) {
	switch at := node.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(at)) {
			eachText(at[key], path+"/"+strings.NewReplacer("~", "~0", "/", "~1").Replace(key), use)
		}
	case []any:
		for i := range at {
			eachText(at[i], path+"/"+strconv.Itoa(i), use)
		}
	case string:
		use(path, at)
	}
}
